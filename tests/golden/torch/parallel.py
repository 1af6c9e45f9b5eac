#!/usr/bin/env python3
"""Record what SpikingJelly's parallel spiking neurons give, in double precision: between two dense connections, as the maps of
maps.py. The model files go to parallel.txt, the arrays to parallel.safetensors.

    parallel.py           write the files beside this script
    parallel.py --check   compute them again and compare with the files that are there
"""
import torch
from spikingjelly.activation_based import neuron, surrogate
from torch.func import functional_call

from maps import STEPS, Case, TooNear, write_files

MARGIN = 1e-3  # between what is compared with 0 and 0: no rounding decides about a spike


class Watched(torch.nn.Module):
    def __init__(self, of):
        super().__init__()
        self.of = of

    def forward(self, h):
        if h.detach().abs().min() < MARGIN:
            raise TooNear
        return self.of(h)


def parallel_case(name, stage, module, frozen=None):
    """`module` is called with the recorded parameters in the place of its own."""
    module.surrogate_function = Watched(module.surrogate_function)
    shapes = {"w_y": tuple(module.weight.shape), "b_y": (STEPS,) if module.bias.dim() else ()}

    def forward(params, x):
        given = {"weight": params["w_y"], "bias": params["b_y"].reshape(module.bias.shape)}
        return functional_call(module, given, x.movedim(1, 0)).movedim(0, 1)

    return Case(name, "5", (5,), stage, forward, shapes, True, frozen=frozen)


def cases():
    yield parallel_case("psn", "psn", neuron.PSN(STEPS, surrogate.ATan()))
    yield parallel_case("psn_sigmoid", "psn(sigmoid(4))", neuron.PSN(STEPS, surrogate.Sigmoid()))
    for order in (1, 2, 3):
        for share in (0, 0.25, 1):
            module = neuron.MaskedPSN(order, STEPS, lambda_init=float(share), surrogate_function=surrogate.ATan(), step_mode="m")
            module = module.double()
            frozen = {"w_y_2": module.mask0.float().numpy()}
            yield parallel_case("masked_psn_%d_%d" % (order, 100 * share), "masked_psn(%d, %s)" % (order, share), module, frozen)
    for order in (1, 2, 3, STEPS):
        yield parallel_case("sliding_psn_%d" % order, "sliding_psn(%d)" % order,
                            neuron.SlidingPSN(order, surrogate_function=surrogate.ATan(), step_mode="m"))


if __name__ == "__main__":
    write_files("parallel", cases())
