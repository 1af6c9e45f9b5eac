#!/usr/bin/env python3
"""Record what PyTorch's norms give, in double precision: between two dense connections, as the maps of maps.py. Of batch
norms, also the running averages after three updates with the batch, and the loss that a test then has. The model files go to
norms.txt, the arrays to norms.safetensors.

    norms.py           write the files beside this script
    norms.py --check   compute them again and compare with the files that are there
"""
import numpy as np
import torch
import torch.nn.functional as F

from maps import STEPS, Case, write_files

SHAPES = {"units": ("5", (5,)), "places": ("y = 2, x = 4, c = 3", (2, 4, 3))}


def normed(x, params, running, training, momentum, eps):
    """x is [samples..., channel]."""
    y = F.batch_norm(x.reshape(-1, x.shape[-1]), running["running_mean_y"], running["running_variance_y"],
                     params.get("gain_y"), params.get("shift_y"), training, momentum, eps)
    return y.reshape(x.shape)


def stepwise(x, params, running, training, momentum, eps):
    def at(tensors, t):
        return {name: tensor[t] for name, tensor in tensors.items() if name[0] in "grs"}
    return torch.stack([normed(x[:, t], at(params, t), at(running, t), training, momentum, eps) for t in range(STEPS)], 1)


def residual(join):
    """A block of ADD, AND or IAND whose branch is the norm."""
    return lambda x, *rest: join(x, normed(x, *rest))


class BatchNorm(Case):
    def __init__(self, name, units, arguments="", norm=normed, affine=True, momentum=0.1, eps=1e-5, temporal=True,
                 stage="batch_norm"):
        shape, extents = SHAPES[units]
        lead = (STEPS,) if norm is stepwise else ()
        params = {"gain_y": lead + extents[-1:], "shift_y": lead + extents[-1:]} if affine else {}
        random = np.random.RandomState(len(name))
        frozen = {"running_mean_y": np.float32(random.standard_normal(lead + extents[-1:])),
                  "running_variance_y": np.float32(random.uniform(0.5, 2, lead + extents[-1:]))}
        super().__init__(name, shape, extents, stage + arguments, None, params, temporal, frozen=frozen)
        self.norm, self.constants = norm, (momentum, eps)
        self.forward = lambda params, x: self.run(params, x, self.averages(), True)
        self.after = self.evaluated

    def averages(self):
        return {name: torch.tensor(array, dtype=torch.float64) for name, array in self.frozen.items()}

    def run(self, params, x, running, training):
        return self.norm(x, {name: params[name] for name in self.params}, running, training, *self.constants)

    def evaluated(self, params, x, loss_of):
        running = self.averages()
        with torch.no_grad():
            for _ in range(3):
                self.run(params, x, running, True)
            loss = loss_of(self.run(params, x, running, False))
        return {"after.loss": np.float32(loss.item()),
                **{"after." + name: np.float32(tensor.numpy()) for name, tensor in running.items()}}


def layer_case(name, units, arguments, dims, affine=True, eps=1e-5):
    shape, extents = SHAPES[units]
    params = {"gain_y": extents[-dims:], "shift_y": extents[-dims:]} if affine else {}
    return Case(name, shape, extents, "layer_norm" + arguments,
                lambda given, x: F.layer_norm(x, extents[-dims:], given.get("gain_y"), given.get("shift_y"), eps), params, True)


def cases():
    yield BatchNorm("batch_units", "units")
    yield BatchNorm("batch_places", "places")
    yield BatchNorm("batch_places_static", "places", temporal=False)
    yield BatchNorm("batch_plain", "places", "(affine = false)", affine=False)
    yield BatchNorm("batch_constants", "places", "(momentum = 0.3, eps = 1e-2)", momentum=0.3, eps=1e-2)
    yield BatchNorm("batch_steps", "places", "(per = [time, c])", stepwise)
    yield BatchNorm("sew_add", "places", "(batch_norm)", residual(lambda x, branch: branch + x), stage="sew_add")
    yield BatchNorm("sew_and", "places", "(batch_norm)", residual(lambda x, branch: branch * x), stage="sew_and")
    yield BatchNorm("sew_iand", "places", "(batch_norm)", residual(lambda x, branch: x * (1 - branch)), stage="sew_iand")
    yield layer_case("layer_units", "units", "", 1)
    yield layer_case("layer_places", "places", "", 3)
    yield layer_case("layer_channels", "places", "(over = c, eps = 1e-2)", 1, eps=1e-2)
    yield layer_case("layer_plain", "places", "(affine = false)", 3, affine=False)


if __name__ == "__main__":
    write_files("norms", cases())
