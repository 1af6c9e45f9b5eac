"""snnTorch. Its neurons run step by step; the matrix products in front of them run over all steps at once. It
resets at the step after a spike, which gives the same spikes, and without a derivative."""

import snntorch
import torch
from snntorch import surrogate
from torch import nn

PACKAGES = ["snntorch", "torch"]


def scale(work):
    """The library does not scale inputs, so the weights are."""
    return work.gain


def leaky_scale(work):
    return 1


class Steps(nn.Module):
    def __init__(self, unit, spiking, recurrence=None):
        super().__init__()
        self.unit = unit
        self.spiking = spiking
        self.recurrence = recurrence

    def forward(self, current):
        v = torch.zeros_like(current[0])
        spike = v
        values = []
        for x in current.unbind(0):
            if self.recurrence is not None:
                x = x + self.recurrence(spike)
            spike, v = self.unit(x, v)
            values.append(spike if self.spiking else v)
        return torch.stack(values)


def neurons(work, recurrence=None):
    unit = snntorch.Leaky(beta=work.decay, spike_grad=surrogate.atan(alpha=work.slope), reset_mechanism="zero")
    return Steps(unit, True, recurrence)


def leaky(work):
    return Steps(snntorch.Leaky(beta=work.readout_decay, reset_mechanism="none"), False)
