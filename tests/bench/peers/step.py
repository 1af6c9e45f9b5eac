"""Times training steps of one workload in one library and prints a line of JSON.

    step.py FOLDER WORKLOAD LIBRARY THREADS STEPS

A step zeroes the gradients, runs forward, the loss, backward and the update, on a ready batch in float32. A first step that takes more than ten minutes, as
one may that compiles, ends the program by SIGALRM; one of a library that has no such neurons ends with 3."""

import importlib
import json
import resource
import signal
import sys
import time
from importlib.metadata import version
from statistics import median

import torch

import networks
from workloads import WORKLOADS, loss, read_batches, read_weights

WARM = 3  # steps that are not measured
PATIENCE = 600  # seconds


class Trainer:
    def __init__(self, work, network):
        self.work = work
        self.network = network
        # The fused updates are the fastest on CPUs.
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, fused=True) if work.momentum \
            else torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def backward(self, inputs, labels):
        """Leaves the gradients; returns the loss."""
        self.optimizer.zero_grad()
        error = loss(self.work, self.network(inputs), labels)
        error.backward()
        return error

    def step(self, inputs, labels):
        self.backward(inputs, labels)
        self.optimizer.step()


def first(trainer, batch):
    """The first step, which counts as one to warm up: what it computes, as reported."""
    began = time.perf_counter()
    signal.alarm(PATIENCE)
    error = trainer.backward(*batch)
    signal.alarm(0)
    trainer.optimizer.step()
    return {"loss": error.item(), "first_s": round(time.perf_counter() - began, 1)}


def timed(trainer, batch):
    began = time.perf_counter()
    trainer.step(*batch)
    return 1000 * (time.perf_counter() - began)


def main():
    if len(sys.argv) != 6:
        sys.exit("usage: step.py FOLDER WORKLOAD LIBRARY THREADS STEPS")
    folder, name, library, threads, steps = sys.argv[1:]
    work = WORKLOADS[name]
    torch.set_num_threads(int(threads))
    module = importlib.import_module(f"networks.{library}")
    if not networks.has(module, work):
        sys.exit(3)
    batches = read_batches(folder, work)
    trainer = Trainer(work, networks.build(module, work, read_weights(folder, work)))
    result = first(trainer, batches[0])
    times = [timed(trainer, batches[n % len(batches)]) for n in range(1, WARM + int(steps))][WARM - 1:]
    print(json.dumps({
        "workload": name, "library": library, "threads": int(threads),
        "step_ms": round(median(times), 3), "min_ms": round(min(times), 3), "max_ms": round(max(times), 3),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **result,
        "versions": ", ".join(f"{package} {version(package)}" for package in module.PACKAGES),
    }))


main()
