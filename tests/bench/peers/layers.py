"""Kinds of layers, one small network each: stages of snnc, and the same in PyTorch.

    layers.py                              the names and stages, a line each
    layers.py NAME STEPS BATCH             milliseconds of a training step of PyTorch: the least of some

A network takes Fashion-MNIST as spikes at all steps, and a dense layer reads what the last stage makes."""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

from networks.pytorch import Spike

ROUNDS = 5


class AtOnce(nn.Module):
    """A layer without memory, for all steps at once."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Leaky(nn.Module):
    """lif(tau = 2)"""

    def forward(self, x):
        v, spikes = torch.zeros_like(x[0]), []
        for current in x.unbind(0):
            v = v + (current - v) / 2
            spike = Spike.apply(v - 1, 2)
            v = v * (1 - spike)
            spikes.append(spike)
        return torch.stack(spikes)


class Binary(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / 10)

    def forward(self, x):
        weight = self.weight + (self.weight.sign() - self.weight).detach()
        return functional.conv2d(x, weight, padding=1)


def conv(inputs, outputs, kernel, kind=nn.Conv2d, norm=nn.BatchNorm2d, **others):
    """With a norm and neurons behind it."""
    return [AtOnce(kind(inputs, outputs, kernel, bias=False, **others)), AtOnce(norm(outputs)), Leaky()]


def flat():
    return AtOnce(nn.Flatten(1))


def shaped(*shape):
    return [flat(), AtOnce(nn.Unflatten(1, shape))]


NEURONS = "batch_norm -> lif(tau = 2)"
FIRST = f"conv(16, kernel = 3, pad = same) -> {NEURONS}"


def first():
    return conv(1, 16, 3, padding=1)


# name: stages, layers
LAYERS = {
    "conv": (f"{FIRST} -> conv(32, kernel = 3, pad = same) -> {NEURONS}", lambda: first() + conv(16, 32, 3, padding=1)),
    "stride": (f"{FIRST} -> conv(32, kernel = 3, stride = 2, pad = 1) -> {NEURONS}",
               lambda: first() + conv(16, 32, 3, stride=2, padding=1)),
    "7 x 7": (f"{FIRST} -> conv(32, kernel = 7, pad = 3) -> {NEURONS}", lambda: first() + conv(16, 32, 7, padding=3)),
    "1 x 1": (f"{FIRST} -> conv(64, kernel = 1) -> {NEURONS}", lambda: first() + conv(16, 64, 1)),
    "dilation": (f"{FIRST} -> conv(32, kernel = 3, dilation = 2, pad = 2) -> {NEURONS}",
                 lambda: first() + conv(16, 32, 3, dilation=2, padding=2)),
    "replicate": (f"{FIRST} -> conv(32, kernel = 3, pad = 1, edge = replicate) -> {NEURONS}",
                  lambda: first() + conv(16, 32, 3, padding=1, padding_mode="replicate")),
    "depthwise": (f"{FIRST} -> conv(16, kernel = 5, pad = 2, groups = 16) -> {NEURONS}",
                  lambda: first() + conv(16, 16, 5, padding=2, groups=16)),
    "groups": (f"{FIRST} -> conv(32, kernel = 3, pad = 1, groups = 4) -> {NEURONS}",
               lambda: first() + conv(16, 32, 3, padding=1, groups=4)),
    "transposed": (f"conv(32, kernel = 3, stride = 2, pad = 1) -> {NEURONS} -> conv_transpose(16, kernel = 4, stride = 2, pad = 1) -> {NEURONS}",
                   lambda: conv(1, 32, 3, stride=2, padding=1) + conv(32, 16, 4, nn.ConvTranspose2d, stride=2, padding=1)),
    "upsample": (f"conv(16, kernel = 3, stride = 2, pad = 1) -> {NEURONS} -> upsample(2) -> conv(32, kernel = 3, pad = 1) -> {NEURONS}",
                 lambda: conv(1, 16, 3, stride=2, padding=1) + [AtOnce(nn.Upsample(scale_factor=2))] + conv(16, 32, 3, padding=1)),
    "max_pool": (f"{FIRST} -> max_pool(2) -> conv(32, kernel = 3, pad = 1) -> {NEURONS}",
                 lambda: first() + [AtOnce(nn.MaxPool2d(2))] + conv(16, 32, 3, padding=1)),
    "max_pool that overlaps": (f"{FIRST} -> max_pool(3, stride = 2, pad = 1) -> conv(32, kernel = 3, pad = 1) -> {NEURONS}",
                               lambda: first() + [AtOnce(nn.MaxPool2d(3, 2, 1))] + conv(16, 32, 3, padding=1)),
    "avg_pool": (f"{FIRST} -> avg_pool(2) -> conv(32, kernel = 3, pad = 1) -> {NEURONS}",
                 lambda: first() + [AtOnce(nn.AvgPool2d(2))] + conv(16, 32, 3, padding=1)),
    "layer_norm": (f"{FIRST} -> conv(32, kernel = 3, pad = 1) -> layer_norm -> lif(tau = 2)",
                   lambda: first() + conv(16, 32, 3, norm=lambda units: nn.GroupNorm(1, units), padding=1)),
    "dropout": (f"{FIRST} -> dropout(0.3) -> conv(32, kernel = 3, pad = 1) -> {NEURONS}",
                lambda: first() + [AtOnce(nn.Dropout(0.3))] + conv(16, 32, 3, padding=1)),
    "binary": (f"{FIRST} -> conv(32, kernel = 3, pad = 1, synapse = binary) -> {NEURONS}",
               lambda: first() + [AtOnce(Binary(16, 32)), AtOnce(nn.BatchNorm2d(32)), Leaky()]),
    "one axis": (f"reshape([x = 784, c = 1]) -> conv(32, kernel = 9, pad = 4) -> {NEURONS} -> conv(32, kernel = 9, pad = 4) -> {NEURONS}",
                 lambda: shaped(1, 784) + conv(1, 32, 9, nn.Conv1d, nn.BatchNorm1d, padding=4)
                 + conv(32, 32, 9, nn.Conv1d, nn.BatchNorm1d, padding=4)),
    "three axes": (f"reshape([z = 4, y = 14, x = 14, c = 1]) -> {FIRST} -> conv(32, kernel = 3, pad = same) -> {NEURONS}",
                   lambda: shaped(1, 4, 14, 14) + conv(1, 16, 3, nn.Conv3d, nn.BatchNorm3d, padding=1)
                   + conv(16, 32, 3, nn.Conv3d, nn.BatchNorm3d, padding=1)),
}


def timed(network, optimizer, inputs, labels):
    began = time.perf_counter()
    optimizer.zero_grad()
    functional.cross_entropy(network(inputs).mean(0), labels).backward()
    optimizer.step()
    return 1000 * (time.perf_counter() - began)


def main():
    if len(sys.argv) == 1:
        for name, (stages, _) in LAYERS.items():
            print(f"{name}|{stages}")
        return
    name, steps, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs = (torch.rand(steps, batch, 1, 28, 28) < 0.28).float()  # as bright as the pictures are in the mean
    labels = torch.randint(0, 10, (batch,))
    network = nn.Sequential(*LAYERS[name][1](), flat(), nn.LazyLinear(10, bias=False))
    network(inputs)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    print(f"{min(timed(network, optimizer, inputs, labels) for _ in range(ROUNDS)):.1f}")


main()
