"""Trains the network of examples/fashion_mnist in SpikingJelly, as its users would; prints the test accuracy.

    epochs.py IMAGES THREADS EPOCHS SEED

Images are made spikes anew for each batch, in training and in the test, which follows each epoch as in
ours."""

import sys

import torch
from spikingjelly.activation_based import encoding

import networks
from images import read_images
from networks import spikingjelly
from workloads import WORKLOADS, loss

WORK = WORKLOADS["W1"]


def starting_weights():
    return {name: uniform(shape) for name, shape in WORK.weights.items()}


def uniform(shape):
    """As PyTorch starts a linear layer."""
    return torch.empty(shape).uniform_(-1, 1) / shape[1] ** 0.5


def readout(network, encoder, images):
    return network(encoder(images.expand(WORK.steps, *images.shape)))


def train(network, encoder, optimizer, images, labels):
    for batch in torch.randperm(len(images)).split(WORK.batch):
        optimizer.zero_grad()
        loss(WORK, readout(network, encoder, images[batch]), labels[batch]).backward()
        optimizer.step()


@torch.no_grad()
def accuracy(network, encoder, images, labels):
    right = 0
    for x, y in zip(images.split(WORK.batch), labels.split(WORK.batch)):
        right += (readout(network, encoder, x).mean(0).argmax(1) == y).sum().item()
    return right / len(images)


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: epochs.py IMAGES THREADS EPOCHS SEED")
    folder, threads, epochs, seed = sys.argv[1], *map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images, labels = read_images(folder, "train")
    test_images, test_labels = read_images(folder, "t10k")
    network = networks.build(spikingjelly, WORK, starting_weights())
    encoder = encoding.PoissonEncoder(step_mode="m")
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        train(network, encoder, optimizer, images, labels)
        result = accuracy(network, encoder, test_images, test_labels)
    print(f"test accuracy: {result:.4f}")


main()
