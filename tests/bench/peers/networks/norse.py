"""Norse: its neurons without a synaptic current, as cells in a loop over unbind(). It has no atan; its
surrogate here is 1 / (1 + 10 |x|)^2, which takes no more time."""

import torch
from norse.torch import LIBoxCell, LIBoxParameters, LIFBoxCell, LIFBoxParameters
from torch import nn

from . import linear
from workloads import READOUT_DECAY

PACKAGES = ["norse", "torch"]

STEPS_A_SECOND = 1000.0  # of Norse's default step


def inverse_tau(decay):
    return torch.tensor((1 - decay) * STEPS_A_SECOND)


def lif(work):
    return LIFBoxCell(LIFBoxParameters(tau_mem_inv=inverse_tau(work.decay), alpha=torch.tensor(10.0)))


def run(cell, current, recurrence=None):
    state = None
    output = torch.zeros_like(current[0])
    outputs = []
    for x in current.unbind(0):
        if recurrence is not None:
            x = x + recurrence(output)
        output, state = cell(x, state)
        outputs.append(output)
    return torch.stack(outputs)


class Network(nn.Module):
    def __init__(self, work, weights):
        super().__init__()
        # Its neurons scale inputs by 1 - decay; the weights make up for it.
        gain = work.gain / (1 - work.decay)
        self.input = linear(gain * weights[0])
        self.recurrence = linear(gain * weights[1]) if work.recurrent else None
        self.hidden = lif(work)
        if work.spiking_readout:
            self.readout = linear(gain * weights[-1])
            self.output = lif(work)
        else:
            self.readout = linear(weights[-1] / (1 - READOUT_DECAY))
            self.output = LIBoxCell(LIBoxParameters(tau_mem_inv=inverse_tau(READOUT_DECAY)))

    def forward(self, x):
        hidden = run(self.hidden, self.input(x), self.recurrence)
        return hidden, run(self.output, self.readout(hidden))


def build(work, weights):
    return Network(work, weights)
