"""Norse: its neurons without a synaptic current, as cells in a loop over unbind(). It has no atan; its
surrogate here is 1 / (1 + 10 |x|)^2, which takes no more time."""

import torch
from norse.torch import LIBoxCell, LIBoxParameters, LIFBoxCell, LIFBoxParameters
from torch import nn

PACKAGES = ["norse", "torch"]

STEPS_A_SECOND = 1000.0  # of Norse's default step

# Its neurons scale inputs by 1 - decay, so these decay; the weights make up for it.
LEAKY_ONLY = True


def scale(work):
    return work.gain / (1 - work.decay)


def leaky_scale(work):
    return 1 / (1 - work.readout_decay)


def inverse_tau(decay):
    return torch.tensor((1 - decay) * STEPS_A_SECOND)


class Cells(nn.Module):
    def __init__(self, cell, recurrence=None):
        super().__init__()
        self.cell = cell
        self.recurrence = recurrence

    def forward(self, current):
        state = None
        output = torch.zeros_like(current[0])
        outputs = []
        for x in current.unbind(0):
            if self.recurrence is not None:
                x = x + self.recurrence(output)
            output, state = self.cell(x, state)
            outputs.append(output)
        return torch.stack(outputs)


def neurons(work, recurrence=None):
    parameters = LIFBoxParameters(tau_mem_inv=inverse_tau(work.decay), alpha=torch.tensor(10.0))
    return Cells(LIFBoxCell(parameters), recurrence)


def leaky(work):
    return Cells(LIBoxCell(LIBoxParameters(tau_mem_inv=inverse_tau(work.readout_decay))))
