"""snnTorch. Its neurons run step by step; the matrix products in front of them run over all steps at once. It
resets at the step after a spike, which gives the same spikes, and without a derivative."""

import snntorch
import torch
from snntorch import surrogate
from torch import nn

from . import linear
from workloads import READOUT_DECAY

PACKAGES = ["snntorch", "torch"]


def lif(work):
    return snntorch.Leaky(beta=work.decay, spike_grad=surrogate.atan(alpha=2.0), reset_mechanism="zero")


def leaky():
    return snntorch.Leaky(beta=READOUT_DECAY, reset_mechanism="none")


class Network(nn.Module):
    def __init__(self, work, weights):
        super().__init__()
        # The library does not scale inputs, so the weights are.
        self.input = linear(work.gain * weights[0])
        self.recurrence = linear(work.gain * weights[1]) if work.recurrent else None
        self.hidden = lif(work)
        self.spiking_readout = work.spiking_readout
        gain = work.gain if work.spiking_readout else 1
        self.readout = linear(gain * weights[-1])
        self.output = lif(work) if work.spiking_readout else leaky()

    def spikes(self, current):
        v = torch.zeros_like(current[0])
        spike = v
        spikes = []
        for x in current.unbind(0):
            if self.recurrence is not None:
                x = x + self.recurrence(spike)
            spike, v = self.hidden(x, v)
            spikes.append(spike)
        return torch.stack(spikes)

    def read(self, current):
        v = torch.zeros_like(current[0])
        values = []
        for x in current.unbind(0):
            spike, v = self.output(x, v)
            values.append(spike if self.spiking_readout else v)
        return torch.stack(values)

    def forward(self, x):
        hidden = self.spikes(self.input(x))
        return hidden, self.read(self.readout(hidden))


def build(work, weights):
    return Network(work, weights)
