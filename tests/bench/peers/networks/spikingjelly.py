"""SpikingJelly, multi-step with its torch code, which is the one for CPUs. The readout without spikes is the
plain loop: the library's own indexes x[t], which is slower."""

import torch
from spikingjelly.activation_based import functional, neuron, surrogate
from torch import nn

from . import linear
from .pytorch import leaky

PACKAGES = ["spikingjelly", "torch"]


def lif(work, mode):
    tau = 1 / (1 - work.decay)
    atan = surrogate.ATan(alpha=2.0)
    return neuron.LIFNode(tau=tau, decay_input=work.gain != 1, surrogate_function=atan, step_mode=mode)


class Network(nn.Module):
    def __init__(self, work, weights):
        super().__init__()
        self.input = linear(weights[0])
        self.recurrence = linear(weights[1]) if work.recurrent else None
        self.hidden = lif(work, "s" if work.recurrent else "m")
        self.readout = linear(weights[-1])
        self.output = lif(work, "m") if work.spiking_readout else leaky

    def recurrent(self, current):
        spike = torch.zeros_like(current[0])
        spikes = []
        for x in current.unbind(0):
            spike = self.hidden(x + self.recurrence(spike))
            spikes.append(spike)
        return torch.stack(spikes)

    def forward(self, x):
        functional.reset_net(self)
        current = self.input(x)
        hidden = self.hidden(current) if self.recurrence is None else self.recurrent(current)
        return hidden, self.output(self.readout(hidden))


def build(work, weights):
    return Network(work, weights)
