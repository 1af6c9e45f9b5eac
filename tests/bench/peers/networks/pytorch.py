"""PyTorch alone, layer by layer: each layer runs over all steps before the next, so that its matrix product
is one. Loops go over unbind(): the derivative of x[t] would fill a tensor as large as x at every step."""

import torch
from torch import nn

from . import linear
from workloads import READOUT_DECAY

PACKAGES = ["torch"]


class Spike(torch.autograd.Function):
    """A step at 0, with the slope of an atan."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient / (1 + (torch.pi * x) ** 2)


class CompactSpike(torch.autograd.Function):
    """A step at 0, with a slope that is 0 beyond 1 / 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (2 - 4 * x.abs()).clamp(min=0)


def spiking(work, current, recurrence=None):
    """The spikes of a layer. current: [steps, batch, neurons]; recurrence: a linear layer or None."""
    v = torch.zeros_like(current[0])
    spike = v
    spikes = []
    step = CompactSpike if work.compact else Spike
    for x in current.unbind(0):
        if recurrence is not None:
            x = x + recurrence(spike)
        h = work.decay * v + work.gain * x
        spike = step.apply(h - 1)
        v = (1 - spike) * h
        spikes.append(spike)
    return torch.stack(spikes)


def leaky(current):
    """A readout without spikes: y = READOUT_DECAY y + x."""
    y = torch.zeros_like(current[0])
    values = []
    for x in current.unbind(0):
        y = READOUT_DECAY * y + x
        values.append(y)
    return torch.stack(values)


class Network(nn.Module):
    def __init__(self, work, weights):
        super().__init__()
        self.work = work
        self.input = linear(weights[0])
        self.recurrence = linear(weights[1]) if work.recurrent else None
        self.readout = linear(weights[-1])

    def forward(self, x):
        hidden = spiking(self.work, self.input(x), self.recurrence)
        current = self.readout(hidden)
        return hidden, spiking(self.work, current) if self.work.spiking_readout else leaky(current)


def build(work, weights):
    return Network(work, weights)
