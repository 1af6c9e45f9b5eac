"""Makes inputs and starting weights of the workloads: see workloads.py for the files.

    data.py FOLDER IMAGES WORKLOAD...

W1, W4 and those of PSN: Fashion-MNIST from IMAGES, the folder of its IDX files; weights of W1 and PSN after an epoch of training. Those
that are residual: noise. The others: words like those of the Spiking Heidelberg Digits. Where weights are random, they are
scaled so that neurons fire about as often as trained ones.

Libraries round differently, and at the threshold this would make or lose a spike and so change gradients. So no neuron comes
close to its threshold in these batches, with these weights; behind norms, which are of a whole batch, in the first of them."""

import sys

import numpy as np
import torch

import networks
from images import read_images
from networks import pytorch
from workloads import WORKLOADS, loss, write

REPORT_EVERY = 100  # batches


# ---- margins ----


class Margins:
    """How near each sample of a batch brings any neuron to its threshold, in float64."""

    def __init__(self, work, weights):
        self.work = work
        doubles = {name: weight.double() for name, weight in weights.items()}
        self.network = networks.build(pytorch, work, doubles).double()
        for module in self.network.modules():
            if hasattr(module, "step"):
                module.step = self.step

    def step(self, x):
        """x: [batch, ...], or [steps, batch * units] of parallel neurons."""
        nearest = x.abs().unflatten(1, (len(self.nearest), -1)).amin((0, 2)) if self.work.parallel \
            else x.abs().flatten(1).amin(1)
        self.nearest = torch.minimum(self.nearest, nearest)
        return (x >= 0).to(x.dtype)

    @torch.no_grad()
    def near(self, inputs):
        """The numbers of the samples that are too near. inputs: [batch, steps, shape]."""
        self.nearest = torch.full((len(inputs),), torch.inf, dtype=torch.double)
        self.network(torch.from_numpy(inputs).double().transpose(0, 1) / (255 if self.work.reals else 1))
        return np.flatnonzero(self.nearest.numpy() < self.work.margin)


def clear_batch(work, margins, draw):
    """A batch without samples too near: inputs and labels. draw(count) gives inputs [count, steps, shape] and labels
    [count]."""
    inputs, labels = draw(work.batch)
    while True:
        near = margins.near(inputs)
        if len(near) == 0:
            return inputs, labels
        inputs[near], labels[near] = draw(len(near))


def make(folder, work, weights, draw):
    margins = Margins(work, weights)
    batches = [clear_batch(work, margins, draw) for _ in range(work.batches)]
    inputs = np.stack([batch[0] for batch in batches])
    labels = np.stack([batch[1] for batch in batches])
    write(folder, work, inputs, labels, weights)
    print(f"{work.name}: inputs of {inputs.mean():.4f}", flush=True)


def uniform(rng, shape, gain=1):
    """As PyTorch starts a linear layer or a convolution, times `gain`."""
    return torch.tensor(gain * rng.uniform(-1, 1, shape) / np.sqrt(np.prod(shape[1:])), dtype=torch.float32)


# ---- images ----


def train_an_epoch(work, weights, images, labels):
    """Trains with spikes drawn anew for each batch; returns the weights."""
    torch.manual_seed(0)
    network = networks.build(pytorch, work, weights)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    batches = torch.randperm(len(images)).split(work.batch)
    for number, batch in enumerate(batches, 1):
        brightness = images[batch]
        if work.reals:
            inputs = brightness.reshape(-1, work.steps, *work.shape).transpose(0, 1).contiguous()
        else:
            inputs = (torch.rand(work.steps, *brightness.shape) < brightness).float()
        optimizer.zero_grad()
        error = loss(work, network(inputs), labels[batch])
        error.backward()
        optimizer.step()
        if number % REPORT_EVERY == 0:
            print(f"{work.name}: training: batch {number} of {len(batches)}, loss {error:.4f}", flush=True)
    return weights | {name: parameter.detach() for name, parameter in networks.parameters(network).items()}


# With random weights as PyTorch has them, nothing behind the first layer of W4 would fire.
GAINS = {"w_first": 4, "w_second": 6, "w_readout": 2}


def image_weights(rng, work):
    gains = {} if work.trained else GAINS
    weights = {name: uniform(rng, shape, gains.get(name, 1)) for name, shape in work.weights.items()}
    if work.parallel:
        weights["b_hidden_2"] = torch.full_like(weights["b_hidden_2"], -1)
    if work.parallel == "masked":
        weights["w_hidden_3"] = pytorch.recent(work).float()
    if work.parallel == "sliding":
        weights["w_hidden_2"] = 2.0 ** torch.arange(1 - work.order, 1)
    return weights


def make_images(folder, work, source):
    rng = np.random.default_rng(1)
    images, labels = read_images(source, "train")
    weights = image_weights(rng, work)
    if work.trained:
        weights = train_an_epoch(work, weights, images, labels)
    images, labels = images.numpy(), labels.numpy()

    def draw(count):
        chosen = rng.integers(0, len(images), count)
        shape = (count, work.steps, *work.shape)
        if work.reals:
            return np.rint(255 * images[chosen]).reshape(shape).astype("u1"), labels[chosen].astype("i4")
        brightness = images[chosen].reshape(count, 1, *work.shape)
        return (rng.random(shape) < brightness).astype("u1"), labels[chosen].astype("i4")

    make(folder, work, weights, draw)


# ---- noise, and norms ----


def clear_shift(work, norm, values, shift=0):
    """Sets the shift of each channel, or a little more, so that no neuron is near its threshold. values: [steps * batch,
    channels, ...], normed without a shift; returns them with it."""
    neurons = pytorch.neurons(work)
    near = torch.ones(values.shape[1], dtype=torch.bool)
    nearest = None

    def step(x):
        nonlocal nearest
        nearest = x.abs() if nearest is None else torch.minimum(nearest, x.abs())
        return (x >= 0).to(x.dtype)

    neurons.step = step
    while near.any():
        norm.bias[near] = shift + 0.01 * torch.rand(int(near.sum())).double()
        norm.bias.copy_(norm.bias.float())
        nearest = None
        neurons((values[:, near] + norm.bias[near].view(-1, 1, 1)).unflatten(0, (-1, work.batch)))
        near[near.clone()] = nearest.amin((0, 2, 3)) < work.margin
    return values + norm.bias.view(-1, 1, 1)


def norm_start(name, shape):
    return torch.ones(shape) if name.startswith(("gain_", "running_variance_")) else torch.zeros(shape)


@torch.no_grad()
def make_noise(folder, work):
    torch.manual_seed(0)
    rng = np.random.default_rng(1)
    weights = {name: norm_start(name, shape) if len(shape) == 1 else uniform(rng, shape) for name, shape in work.weights.items()}
    inputs = rng.integers(0, 256, (work.batches, work.batch, *work.shape)).astype("u1")
    labels = rng.integers(0, work.classes, (work.batches, work.batch))
    network = networks.build(pytorch, work, weights).double()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_hook(lambda norm, _, values: clear_shift(work, norm, values))
    network(torch.from_numpy(inputs[0] / 255).repeat(work.steps, 1, 1, 1, 1))
    weights |= {name: parameter.float() for name, parameter in networks.parameters(network).items()}
    write(folder, work, inputs, labels, weights)
    print(f"{work.name}: inputs of {inputs.mean() / 255:.4f}", flush=True)


# ---- words ----

CHANNELS = 700  # of words


def word(rng, work):
    """The firing rates of a class [steps, channels], of any scale: moving formants over a floor of noise."""
    time, channel = np.arange(work.steps)[:, None], np.arange(CHANNELS)[None, :]
    rates = np.full((work.steps, CHANNELS), 0.02)
    for _ in range(3):
        centre, drift, width = rng.uniform(30, 670), rng.uniform(-3, 3), rng.uniform(25, 70)
        start = rng.uniform(5, 40)
        end = start + rng.uniform(25, 60)
        loudness = rng.uniform(0.5, 1) * np.clip(np.minimum(time - start, end - time) / 4, 0, 1)
        rates += loudness * np.exp(-((channel - centre - drift * (time - 50)) ** 2) / (2 * width**2))
    return rates


def word_weights(rng, work):
    """Currents of about unit variance into the hidden layer, smaller ones within it."""
    scales = {"w_hidden": 0.6 / np.sqrt(work.inputs() * work.rate), "w_hidden_2": 0.25 / np.sqrt(256 * 0.08)}
    return {name: torch.tensor(scales[name] * rng.standard_normal(shape), dtype=torch.float32)
            if name in scales else uniform(rng, shape) for name, shape in work.weights.items()}


# Where norms shift this much, a tenth of the neurons fire: those of delays, which keep next to nothing, and leaky ones.
DELAYED_SHIFT, STRIDED_SHIFT = -0.12, 0.3


def normed_start(rng, work, name, shape):
    if name.startswith("delay_"):
        return torch.tensor(rng.uniform(0, work.taps - 1, shape), dtype=torch.float32)
    if name.startswith("tap_"):
        return torch.arange(work.taps, dtype=torch.float32)
    if len(shape) == 1:
        return norm_start(name, shape)
    return 255 * uniform(rng, shape) if name == "w_first" else uniform(rng, shape, 6**0.5)


@torch.no_grad()
def make_normed(folder, work, rng, draw):
    torch.manual_seed(0)
    weights = {name: normed_start(rng, work, name, shape) for name, shape in work.weights.items()}
    inputs, labels = (np.stack(part) for part in zip(*(draw(work.batch) for _ in range(work.batches))))
    network = networks.build(pytorch, work, weights).double()

    def shift(norm, _, values):
        """values: [batch, channels, steps]."""
        flat = values.permute(2, 0, 1).flatten(0, 1)[..., None, None]
        start = DELAYED_SHIFT if work.taps else STRIDED_SHIFT
        return clear_shift(work, norm, flat, start).view(-1, work.batch, flat.shape[1]).permute(1, 2, 0)

    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm1d):
            norm.register_forward_hook(shift)
    network(torch.from_numpy(inputs[0] / 255).transpose(0, 1))
    weights |= {name: parameter.float() for name, parameter in networks.parameters(network).items()}
    write(folder, work, inputs, labels, weights)
    print(f"{work.name}: inputs of {inputs.mean():.4f}", flush=True)


def make_words(folder, work):
    rng = np.random.default_rng(1)
    words = [word(rng, work) for _ in range(work.classes)]
    group = CHANNELS // work.inputs()

    def speak(label):
        rates = words[label] * (work.rate / words[label].mean())
        rates = np.roll(rates, (rng.integers(-6, 7), rng.integers(-12, 13)), (0, 1))
        spikes = rng.random(rates.shape) < np.minimum(rates, 0.95)
        return spikes.reshape(work.steps, -1, group).sum(2)

    def draw(count):
        labels = rng.integers(0, work.classes, count)
        return np.stack([speak(label) for label in labels]).astype("u1"), labels.astype("i4")

    if work.network in ("Delayed", "Strided"):
        make_normed(folder, work, rng, draw)
    else:
        make(folder, work, word_weights(rng, work), draw)


def main():
    folder, source = sys.argv[1:3]
    for name in sys.argv[3:]:
        work = WORKLOADS[name]
        if work.network == "Residual":
            make_noise(folder, work)
        elif work.rate == 0:
            make_images(folder, work, source)
        else:
            make_words(folder, work)


main()
