"""PyTorch alone, layer by layer: each layer runs over all steps before the next, so that its matrix product
is one. Loops go over unbind(): the derivative of x[t] would fill a tensor as large as x at every step."""

import torch
from torch import nn

PACKAGES = ["torch"]


def scale(work):
    return 1


def leaky_scale(work):
    return 1


class Spike(torch.autograd.Function):
    """A step at 0, with the slope of an atan."""

    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(x)
        ctx.slope = slope
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (ctx.slope / 2) / (1 + (torch.pi * ctx.slope / 2 * x) ** 2), None


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


class Spiking(nn.Module):
    def __init__(self, work, recurrence):
        super().__init__()
        self.decay, self.gain = work.decay, work.gain
        self.step = CompactSpike.apply if work.compact else lambda x: Spike.apply(x, work.slope)
        self.detached = work.detached
        self.recurrence = recurrence

    def forward(self, current):
        v = torch.zeros_like(current[0])
        spike = v
        spikes = []
        for x in current.unbind(0):
            if self.recurrence is not None:
                x = x + self.recurrence(spike)
            h = self.decay * v + self.gain * x
            spike = self.step(h - 1)
            v = (1 - (spike.detach() if self.detached else spike)) * h
            spikes.append(spike)
        return torch.stack(spikes)


class Leaky(nn.Module):
    def __init__(self, work):
        super().__init__()
        self.decay = work.readout_decay

    def forward(self, current):
        y = torch.zeros_like(current[0])
        values = []
        for x in current.unbind(0):
            y = self.decay * y + x
            values.append(y)
        return torch.stack(values)


def later(work):
    """By how many steps each step [made, read] is made later than what it reads."""
    return torch.arange(work.steps).unsqueeze(1) - torch.arange(work.steps)


def recent(work):
    """Whether a step reads another."""
    return (later(work) >= 0) & (later(work) < work.order)


class Parallel(nn.Module):
    step = staticmethod(lambda x: Spike.apply(x, 2))

    def __init__(self, work, weight, bias):
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        self.register_buffer("mask", recent(work).to(weight.dtype) if work.order else None)
        self.places = (work.order - 1 - later(work)).clamp(0, work.order - 1) if work.parallel == "sliding" else None

    def forward(self, current):
        weight = self.weight if self.places is None else self.weight[self.places]
        weight = weight if self.mask is None else weight * self.mask
        h = torch.addmm(self.bias.view(-1, 1), weight, current.flatten(1))
        return self.step(h).view_as(current)


def neurons(work, recurrence=None):
    return Spiking(work, recurrence)


def leaky(work):
    return Leaky(work)


def parallel(work, weight, bias):
    return Parallel(work, weight, bias)
