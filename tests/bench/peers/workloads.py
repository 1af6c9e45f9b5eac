"""What is measured: shapes, neurons, losses, and the files of inputs and starting weights.

A neuron charges h = decay v + gain x, fires where h >= 1 with the surrogate 1 / (1 + (pi (h - 1))^2), and
goes on with v = 0 where it fired, else v = h. Files are raw, little-endian, in the folder of the data:

    NAME.spikes   uint8   [batches][batch][steps][inputs], 0 or 1
    NAME.labels   int32   [batches][batch]
    NAME.weights  float32 the matrices behind each other, each [outputs][inputs]: of the inputs, of the
                          recurrence (where there is one), of the readout
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional


@dataclass(frozen=True)
class Workload:
    name: str
    inputs: int
    hidden: int
    classes: int
    steps: int
    batches: int
    decay: float
    gain: float
    rate: float  # of the inputs: spikes a step
    recurrent: bool = False
    compact: bool = False  # the surrogate max(2 - 4 |h - 1|, 0), in PyTorch and snnc; the others keep theirs
    spiking_readout: bool = False  # neurons as the hidden ones; else y = 0.9 y + x, without spikes
    batch: int = 128

    def weight_shapes(self):
        recurrence = [(self.hidden, self.hidden)] if self.recurrent else []
        return [(self.hidden, self.inputs), *recurrence, (self.classes, self.hidden)]


WORKLOADS = {
    work.name: work
    for work in (
        Workload("W1", 784, 800, 10, 25, 4, decay=0.5, gain=0.5, rate=0.285, spiking_readout=True),
        Workload("W2", 700, 256, 20, 100, 2, decay=0.9, gain=1.0, rate=0.015),
        Workload("W2.11", 700, 256, 20, 100, 2, decay=0.9, gain=1.0, rate=0.11),
        Workload("W2r", 700, 256, 20, 100, 2, decay=0.9, gain=1.0, rate=0.015, recurrent=True),
        Workload("W2r.near", 700, 256, 20, 100, 2, decay=0.9, gain=1.0, rate=0.015, recurrent=True, compact=True),
    )
}

READOUT_DECAY = 0.9


def loss(work, output, labels):
    """The loss of a batch. output: [steps, batch, classes], labels: [batch] of int64."""
    scores = output.mean(0)
    if work.spiking_readout:
        return functional.mse_loss(scores, functional.one_hot(labels, work.classes).float())
    return functional.cross_entropy(scores, labels)


def write(folder, work, spikes, labels, weights):
    base = Path(folder) / work.name
    spikes.astype("<u1").tofile(f"{base}.spikes")
    labels.astype("<i4").tofile(f"{base}.labels")
    # The last to be written: where it is, the others are complete.
    np.concatenate([weight.ravel() for weight in weights]).astype("<f4").tofile(f"{base}.weights")


def read_batches(folder, work):
    """A list of (spikes as float32 [steps, batch, inputs], labels as int64 [batch])."""
    base = Path(folder) / work.name
    shape = (work.batches, work.batch, work.steps, work.inputs)
    spikes = np.fromfile(f"{base}.spikes", "<u1").reshape(shape).swapaxes(1, 2)
    labels = np.fromfile(f"{base}.labels", "<i4").reshape(shape[:2])
    return [(torch.tensor(x, dtype=torch.float32).contiguous(), torch.tensor(y, dtype=torch.int64))
            for x, y in zip(spikes, labels)]


def read_weights(folder, work):
    """The starting weights, in the order of work.weight_shapes()."""
    everything = torch.from_numpy(np.fromfile(Path(folder) / f"{work.name}.weights", "<f4"))
    shapes = work.weight_shapes()
    parts = everything.split([rows * columns for rows, columns in shapes])
    return [part.reshape(shape) for part, shape in zip(parts, shapes)]
