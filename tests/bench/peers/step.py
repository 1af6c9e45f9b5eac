"""Times training steps of one workload in one library and prints a line of JSON.

    step.py FOLDER WORKLOAD LIBRARY THREADS STEPS [GRADIENTS]

A step zeroes the gradients, runs forward, the loss, backward and Adam, on a ready batch in float32. The
gradients of the first step are written to the file GRADIENTS, in the layout of the starting weights."""

import importlib
import json
import resource
import sys
import time
from importlib.metadata import version
from statistics import median

import torch

from workloads import WORKLOADS, loss, read_batches, read_weights

WARM = 3  # steps that are not measured


class Trainer:
    def __init__(self, work, network):
        self.work = work
        self.network = network
        # The fused update is the fastest on CPUs.
        self.optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def backward(self, spikes, labels):
        """Leaves the gradients; returns the hidden layer's spikes and the loss."""
        self.optimizer.zero_grad()
        hidden, output = self.network(spikes)
        error = loss(self.work, output, labels)
        error.backward()
        return hidden, error

    def step(self, spikes, labels):
        self.backward(spikes, labels)
        self.optimizer.step()


def write_gradients(network, path):
    gradients = [parameter.grad.ravel() for parameter in network.parameters() if parameter.requires_grad]
    torch.cat(gradients).numpy().astype("<f4").tofile(path)


def first(trainer, batch, path):
    """The first step, which counts as one to warm up: what it computes, as reported."""
    hidden, error = trainer.backward(*batch)
    if path is not None:
        write_gradients(trainer.network, path)
    trainer.optimizer.step()
    return {"loss": error.item(), "input_rate": batch[0].mean().item(), "hidden_rate": hidden.mean().item()}


def timed(trainer, batch):
    began = time.perf_counter()
    trainer.step(*batch)
    return 1000 * (time.perf_counter() - began)


def main():
    if len(sys.argv) not in (6, 7):
        sys.exit("usage: step.py FOLDER WORKLOAD LIBRARY THREADS STEPS [GRADIENTS]")
    folder, name, library, threads, steps = sys.argv[1:6]
    work = WORKLOADS[name]
    torch.set_num_threads(int(threads))
    module = importlib.import_module(f"networks.{library}")
    batches = read_batches(folder, work)
    trainer = Trainer(work, module.build(work, read_weights(folder, work)))
    result = first(trainer, batches[0], sys.argv[6] if len(sys.argv) == 7 else None)
    times = [timed(trainer, batches[n % len(batches)]) for n in range(1, WARM + int(steps))][WARM - 1:]
    print(json.dumps({
        "workload": name, "library": library, "threads": int(threads),
        "step_ms": round(median(times), 3), "min_ms": round(min(times), 3), "max_ms": round(max(times), 3),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **result,
        "versions": ", ".join(f"{package} {version(package)}" for package in module.PACKAGES),
    }))


main()
