"""SpikingJelly, multi-step with its torch code, which is the one for CPUs. The readout without spikes is the
plain loop: the library's own indexes x[t], which is slower."""

import torch
from spikingjelly.activation_based import functional, neuron, surrogate
from torch import nn

from . import pytorch

PACKAGES = ["spikingjelly", "torch"]
scale = pytorch.scale
leaky_scale = pytorch.leaky_scale
leaky = pytorch.leaky
reset = functional.reset_net


class Recurrent(nn.Module):
    def __init__(self, unit, recurrence):
        super().__init__()
        self.unit = unit
        self.recurrence = recurrence

    def forward(self, current):
        spike = torch.zeros_like(current[0])
        spikes = []
        for x in current.unbind(0):
            spike = self.unit(x + self.recurrence(spike))
            spikes.append(spike)
        return torch.stack(spikes)


def neurons(work, recurrence=None):
    common = {"surrogate_function": surrogate.ATan(alpha=work.slope), "detach_reset": work.detached,
              "step_mode": "s" if recurrence else "m"}
    unit = neuron.IFNode(**common) if work.decay == 1 \
        else neuron.LIFNode(tau=1 / (1 - work.decay), decay_input=work.gain != 1, **common)
    return Recurrent(unit, recurrence) if recurrence else unit


def parallel(work, weight, bias):
    common = {"surrogate_function": surrogate.ATan(alpha=2.0), "step_mode": "m"}
    if work.parallel == "sliding":
        unit = neuron.SlidingPSN(k=work.order, **common)
    elif work.parallel == "masked":
        unit = neuron.MaskedPSN(k=work.order, T=work.steps, lambda_init=1.0, **common)
    else:
        unit = neuron.PSN(T=work.steps, surrogate_function=common["surrogate_function"])
    unit.weight.data.copy_(weight)
    unit.bias.data.copy_(bias.view_as(unit.bias))
    return unit
