"""Times inference of one sample at a time in one library, on one thread, and prints a line: microseconds, the median of whole
samples; then their classes.

    infer.py FOLDER WORKLOAD LIBRARY SAMPLES ROUNDS

Networks are in their mode for tests, and no gradients are kept. What compiles does so before it is measured."""

import importlib
import sys
import time
from statistics import median

import torch

import networks
from workloads import WORKLOADS, read_batches, read_weights

WARM = 3  # samples that are not measured


def timed(network, sample):
    began = time.perf_counter()
    output = network(sample)
    return 1e6 * (time.perf_counter() - began), output


def predicted(work, output):
    scores = output.softmax(2).sum(0) if work.taps else output.mean(0)
    return int(scores[0].argmax())


@torch.inference_mode()
def main():
    folder, name, library, samples, rounds = sys.argv[1:]
    work = WORKLOADS[name]
    torch.set_num_threads(1)
    module = importlib.import_module(f"networks.{library}")
    if not networks.has(module, work):
        sys.exit(3)
    network = networks.build(module, work, read_weights(folder, work)).eval()
    for part in network.modules():
        if hasattr(part, "freeze"):
            part.freeze()
    inputs = read_batches(folder, work)[0][0][:, :int(samples)]
    inputs = [sample.contiguous() for sample in inputs.split(1, dim=1)]
    for n in range(WARM):
        network(inputs[n])
    runs = [timed(network, sample) for _ in range(int(rounds)) for sample in inputs]
    print(f"{median(took for took, _ in runs):.1f}", *(predicted(work, output) for _, output in runs[:len(inputs)]))


main()
