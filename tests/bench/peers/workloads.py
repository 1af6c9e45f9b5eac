"""What is measured: shapes, neurons, losses, and the files of inputs and starting weights.

A neuron, unless it is a parallel one, charges h = decay v + gain x, fires where h >= 1 with the surrogate atan(slope), and goes
on with v = 0 where it fired, else v = h. Files are little-endian, in the folder of the data:

    NAME.input        uint8   [batches][batch][steps][shape], spikes: 0 or 1; or reals, in 1/255, perhaps of one step for all
    NAME.labels       int32   [batches][batch]
    NAME.safetensors  float32 the starting weights, with the names that they have in the model file
"""

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional


@dataclass(frozen=True)
class Workload:
    name: str
    network: str  # a class of networks/__init__.py
    shape: tuple  # of an input at one step
    weights: dict  # name: shape, [outputs, inputs, ...], or of a bias
    classes: int
    steps: int
    batches: int
    decay: float = 0
    gain: float = 1
    reals: bool = False  # inputs that are no spikes, in 1/255
    still: bool = False  # the same input at all steps
    detached: bool = False  # no derivative goes through the reset
    momentum: bool = False  # SGD with it instead of Adam
    trained: bool = False  # weights come from an epoch of training
    rate: float = 0  # of inputs that are made up: spikes a step
    slope: float = 2  # of the surrogate: (slope / 2) / (1 + (pi slope / 2 (h - 1))^2)
    compact: bool = False  # the surrogate max(2 - 4 |h - 1|, 0), in PyTorch and snnc; the others keep theirs
    spiking_readout: bool = False  # neurons as the hidden ones; else y = readout_decay y + x, without spikes
    readout_decay: float = 0.9
    parallel: str = ""  # psn, masked or sliding,
    order: int = 0  # which see so many steps
    taps: int = 0  # steps of the kernels by which delays learn,
    width: float = 0  # and how many of them a bump is wide
    stride: int = 1  # of convolutions along time
    margin: float = 1e-5  # between any h and the threshold
    batch: int = 128

    def inputs(self):
        return prod(self.shape)


def dense(name, inputs, hidden, classes, recurrent=False, **others):
    weights = {
        "w_hidden": (hidden, inputs),
        **({"w_hidden_2": (hidden, hidden)} if recurrent else {}),
        "w_readout": (classes, hidden),
    }
    return Workload(name, "Dense", (inputs,), weights, classes, **others)


def words(name, rate, **others):
    return dense(name, 700, 256, 20, steps=100, batches=2, decay=0.9, gain=1.0, rate=rate, **others)


def rows(name, parallel="", along=None, **others):
    """A picture row by row. along: weights and biases along time, of parallel neurons."""
    weights = {"w_hidden": (256, 28), "b_hidden": (256,), **(along or {}), "w_readout": (10, 256), "b_readout": (10,)}
    return Workload(name, "Rows", (28,), weights, 10, steps=28, batches=4, reals=True, trained=True, parallel=parallel, **others)


ALL_STEPS = {"w_hidden_2": (28, 28), "b_hidden_2": (28,)}
MASKED = ALL_STEPS | {"w_hidden_3": (28, 28)}  # the last is the mask, which does not learn
SLIDING = {"w_hidden_2": (8,), "b_hidden_2": ()}


def residual(name, kernel, **others):
    """Nineteen convolutions: a stem, then four stages of two blocks. The third of a stage, if its extent changes, goes around
    the first block."""
    shapes = {"stem": (64, 3, kernel, kernel)}
    for stage, channels in (("first", 64), ("second", 128), ("third", 256), ("fourth", 512)):
        inside = (channels, channels, 3, 3)
        if channels == 64:
            layers = [inside] * 4
        else:
            layers = [(channels, channels // 2, 3, 3), inside, (channels, channels // 2, 1, 1), inside, inside]
        shapes |= {stage + (f"_{n}" if n > 1 else ""): shape for n, shape in enumerate(layers, 1)}
    norms = {f"{kind}_{layer}": shape[:1] for layer, shape in shapes.items()
             for kind in ("gain", "shift", "running_mean", "running_variance")}
    weights = {f"w_{layer}": shape for layer, shape in shapes.items()} | norms
    readout = {"w_readout": (10, 512), "b_readout": (10,)}
    return Workload(name, "Residual", (32, 32, 3), weights | readout, 10, steps=4, batches=2, decay=1, reals=True, still=True,
                    detached=True, momentum=True, batch=32, **others)


def delayed(name, rate, width, **others):
    """Two hidden layers of almost no memory, with norms, behind delays. Inputs are five channels of words each."""
    shapes = {"first": (256, 140), "second": (256, 256), "readout": (20, 256)}
    weights = {kind + layer: shape for layer, shape in shapes.items() for kind in ("w_", "delay_")}
    norms = {f"{kind}_{layer}": (256,) for layer in ("first", "second")
             for kind in ("gain", "shift", "running_mean", "running_variance")}
    taps = {"tap_" + layer: (25,) for layer in shapes}
    decay = 1 - 1 / 1.005
    return Workload(name, "Delayed", (140,), weights | norms | taps, 20, steps=100, batches=2, decay=decay, readout_decay=decay,
                    reals=True, detached=True, slope=5, taps=25, width=width, rate=rate, **others)


def strided(name, rate):
    """Three convolutions along time, each of which halves the steps, with norms. Inputs are five channels of words each."""
    shapes = {"first": (128, 140, 5), "second": (128, 128, 5), "third": (256, 128, 5)}
    weights = {"w_" + layer: shape for layer, shape in shapes.items()} | {"w_readout": (20, 256)}
    norms = {f"{kind}_{layer}": shape[:1] for layer, shape in shapes.items()
             for kind in ("gain", "shift", "running_mean", "running_variance")}
    return Workload(name, "Strided", (140,), weights | norms, 20, steps=100, batches=2, decay=0.5, gain=0.5, reals=True,
                    stride=2, rate=rate)


FILTERS = {"w_first": (32, 1, 3, 3), "w_second": (64, 32, 3, 3), "w_readout": (10, 7 * 7 * 64)}

WORKLOADS = {
    work.name: work
    for work in (
        dense("W1", 784, 800, 10, steps=25, batches=4, decay=0.5, gain=0.5, trained=True,
              spiking_readout=True),
        words("W2", 0.015),
        words("W2.11", 0.11),
        words("W2r", 0.015, recurrent=True),
        words("W2r.near", 0.015, recurrent=True, compact=True),
        Workload("W4", "Convolutional", (28, 28), FILTERS, 10, steps=8, batches=4, decay=0.5, gain=0.5,
                 spiking_readout=True, margin=1e-6, batch=64),
        rows("PSN", "psn", ALL_STEPS),
        rows("PSN.masked", "masked", MASKED, order=8),
        rows("PSN.sliding", "sliding", SLIDING, order=8),
        rows("PSN.lif", decay=0.5, gain=0.5),
        delayed("W3", 0.015, 12.27),
        delayed("W3.narrow", 0.015, 0.5),
        delayed("W3.11", 0.11, 12.27),
        strided("Strided", 0.015),
        residual("SEW", kernel=7),
        residual("SEW.wide", kernel=3),
    )
}


def loss(work, output, labels):
    """The loss of a batch. output: [steps, batch, classes], labels: [batch] of int64."""
    if work.taps:
        return functional.cross_entropy(output.softmax(2).sum(0), labels)
    scores = output.mean(0)
    if work.spiking_readout:
        return functional.mse_loss(scores, functional.one_hot(labels, work.classes).float())
    return functional.cross_entropy(scores, labels)


def write(folder, work, inputs, labels, weights):
    base = Path(folder) / work.name
    inputs.astype("<u1").tofile(f"{base}.input")
    labels.astype("<i4").tofile(f"{base}.labels")
    # The last to be written: where it is, the others are complete.
    save_file(weights, f"{base}.safetensors")


def read_batches(folder, work):
    """A list of (inputs as float32 [steps, batch, shape], labels as int64 [batch])."""
    base = Path(folder) / work.name
    shape = (work.batches, work.batch, 1 if work.still else work.steps, *work.shape)
    inputs = np.fromfile(f"{base}.input", "<u1").reshape(shape).swapaxes(1, 2) / (255 if work.reals else 1)
    if work.still:
        inputs = inputs.repeat(work.steps, 1)
    labels = np.fromfile(f"{base}.labels", "<i4").reshape(shape[:2])
    return [(torch.tensor(x, dtype=torch.float32).contiguous(), torch.tensor(y, dtype=torch.int64))
            for x, y in zip(inputs, labels)]


def read_weights(folder, work):
    """The starting weights by name."""
    return load_file(Path(folder) / f"{work.name}.safetensors")
