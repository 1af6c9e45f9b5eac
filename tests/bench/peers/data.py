"""Makes inputs and starting weights of the workloads: see workloads.py for the files.

    data.py FOLDER IMAGES WORKLOAD...

W1: Fashion-MNIST from IMAGES, the folder of its IDX files, and weights after an epoch of training. The
others: words like those of the Spiking Heidelberg Digits, and random weights with which neurons fire about as
often as trained ones.

Libraries round differently, and at the threshold this would make or lose a spike and so change gradients. So
no neuron comes close to its threshold in these batches, with these weights."""

import sys

import numpy as np
import torch

from images import read_images
from networks import pytorch
from workloads import WORKLOADS, loss, write

MARGIN = 1e-5  # between any h and the threshold
REPORT_EVERY = 100  # batches


# ---- margins ----


def distances(work, current, recurrence=None):
    """The smallest |h - 1| of each sample, and the spikes. Both they and current: [batch, steps, neurons]."""
    spikes = np.zeros_like(current)
    v = np.zeros_like(current[:, 0])
    spike = v
    nearest = np.full(len(current), np.inf)
    for t in range(work.steps):
        x = current[:, t] if recurrence is None else current[:, t] + spike @ recurrence.T
        h = work.decay * v + work.gain * x
        spikes[:, t] = spike = (h >= 1).astype(float)
        v = (1 - spike) * h
        nearest = np.minimum(nearest, abs(h - 1).min(1))
    return nearest, spikes


def margins(work, weights, inputs):
    """How near each sample brings any neuron to its threshold, in float64."""
    weights = [weight.astype(float) for weight in weights]
    recurrence = weights[1] if work.recurrent else None
    nearest, hidden = distances(work, inputs.astype(float) @ weights[0].T, recurrence)
    if work.spiking_readout:
        nearest = np.minimum(nearest, distances(work, hidden @ weights[-1].T)[0])
    return nearest, hidden.mean()


def clear_batch(work, weights, draw):
    """A batch without samples too near: spikes, labels, hidden rate. draw(count) gives spikes [count, steps,
    inputs] and labels [count]."""
    spikes, labels = draw(work.batch)
    while True:
        nearest, rate = margins(work, weights, spikes)
        near = np.flatnonzero(nearest < MARGIN)
        if len(near) == 0:
            return spikes, labels, rate
        spikes[near], labels[near] = draw(len(near))


def make(folder, work, weights, draw):
    batches = [clear_batch(work, weights, draw) for _ in range(work.batches)]
    spikes = np.stack([batch[0] for batch in batches])
    labels = np.stack([batch[1] for batch in batches])
    write(folder, work, spikes, labels, weights)
    rate = np.mean([batch[2] for batch in batches])
    print(f"{work.name}: firing rates: input {spikes.mean():.4f}, hidden {rate:.4f}", flush=True)


def uniform(rng, shape):
    """As PyTorch starts a linear layer."""
    return (rng.uniform(-1, 1, shape) / np.sqrt(shape[1])).astype("f4")


# ---- images ----


def train_an_epoch(work, weights, images, labels):
    """Trains with spikes drawn anew for each batch; returns the weights."""
    torch.manual_seed(0)
    network = pytorch.build(work, [torch.from_numpy(weight) for weight in weights])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    batches = torch.randperm(len(images)).split(work.batch)
    for number, batch in enumerate(batches, 1):
        brightness = images[batch]
        spikes = (torch.rand(work.steps, *brightness.shape) < brightness).float()
        optimizer.zero_grad()
        error = loss(work, network(spikes)[1], labels[batch])
        error.backward()
        optimizer.step()
        if number % REPORT_EVERY == 0:
            print(f"{work.name}: training: batch {number} of {len(batches)}, loss {error:.4f}", flush=True)
    return [parameter.detach().numpy() for parameter in network.parameters()]


def make_images(folder, work, source):
    rng = np.random.default_rng(1)
    images, labels = read_images(source, "train")
    weights = [uniform(rng, shape) for shape in work.weight_shapes()]
    weights = train_an_epoch(work, weights, images, labels)
    images, labels = images.numpy(), labels.numpy()

    def draw(count):
        chosen = rng.integers(0, len(images), count)
        random = rng.random((count, work.steps, work.inputs))
        return (random < images[chosen, None]).astype("u1"), labels[chosen].astype("i4")

    make(folder, work, weights, draw)


# ---- words ----


def word(rng, work):
    """The firing rates of a class [steps, channels], of any scale: moving formants over a floor of noise."""
    time, channel = np.arange(work.steps)[:, None], np.arange(work.inputs)[None, :]
    rates = np.full((work.steps, work.inputs), 0.02)
    for _ in range(3):
        centre, drift, width = rng.uniform(30, 670), rng.uniform(-3, 3), rng.uniform(25, 70)
        start = rng.uniform(5, 40)
        end = start + rng.uniform(25, 60)
        loudness = rng.uniform(0.5, 1) * np.clip(np.minimum(time - start, end - time) / 4, 0, 1)
        rates += loudness * np.exp(-((channel - centre - drift * (time - 50)) ** 2) / (2 * width**2))
    return rates


def word_weights(rng, work):
    """Currents of about unit variance into the hidden layer, smaller ones within it."""
    scales = [0.6 / np.sqrt(work.inputs * work.rate), 0.25 / np.sqrt(work.hidden * 0.08)]
    shapes = work.weight_shapes()
    hidden = [scale * rng.standard_normal(shape) for scale, shape in zip(scales, shapes[:-1])]
    return [*(weight.astype("f4") for weight in hidden), uniform(rng, shapes[-1])]


def make_words(folder, work):
    rng = np.random.default_rng(1)
    words = [word(rng, work) for _ in range(work.classes)]
    weights = word_weights(rng, work)

    def speak(label):
        rates = words[label] * (work.rate / words[label].mean())
        rates = np.roll(rates, (rng.integers(-6, 7), rng.integers(-12, 13)), (0, 1))
        return rng.random(rates.shape) < np.minimum(rates, 0.95)

    def draw(count):
        labels = rng.integers(0, work.classes, count)
        return np.stack([speak(label) for label in labels]).astype("u1"), labels.astype("i4")

    make(folder, work, weights, draw)


def main():
    folder, source = sys.argv[1:3]
    for name in sys.argv[3:]:
        work = WORKLOADS[name]
        if work.spiking_readout:
            make_images(folder, work, source)
        else:
            make_words(folder, work)


main()
