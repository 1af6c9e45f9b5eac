"""The cases of the library's less usual neurons and surrogates."""
import math

from case import Near
from library_neurons import chain_case
from networks import Lif, Neuron, Surrogate
from pytorch import torch

CASES = []


# --- Surrogates ------------------------------------------------------------------------------------------

def piecewise_exp(alpha=1):
    return Surrogate(lambda x: alpha / 2 * torch.exp(-alpha * x.abs()))


def soft_sign(alpha=2):
    return Surrogate(lambda x: 1 / (2 * alpha * (1 / alpha + x.abs()) ** 2))


def log_abs(alpha=1):
    return Surrogate(lambda x: 1 / (1 / alpha + x.abs()))


def piecewise_leaky(width=1, leak=0.01):
    return Surrogate(lambda x: torch.where(x.abs() < width, torch.full_like(x, 1 / (2 * width)),
                                           torch.full_like(x, leak)), edges=(width,))


def s2nn(alpha=4, beta=1):
    def derivative(x):
        s = torch.sigmoid(alpha * x)
        return torch.where(x < 0, alpha * s * (1 - s), beta / (x.abs() + 1))
    return Surrogate(derivative)


def q_pseudo_spike(alpha=2):
    return Surrogate(lambda x: (1 + 2 * x.abs() / (alpha - 1)) ** -alpha)


def leaky_relu(leak=0, slope=1):
    return Surrogate(lambda x: torch.where(x >= 0, torch.full_like(x, slope), torch.full_like(x, leak)))


def numerical(alpha=0.3):
    return Surrogate(lambda x: torch.clamp(((x >= 0).to(x.dtype) * 2 - 1) / x, max=alpha), edges=(1 / alpha,))


def log_tailed_relu(alpha=0):
    return Surrogate(lambda x: torch.where(x > 1, 1 / x, torch.where(x > 0, torch.ones_like(x),
                                                                     torch.full_like(x, alpha))), edges=(1,))


def square_wave(period=8):
    return Surrogate(lambda x: 4 / period * torch.cos(2 * math.pi * x / period))


def straight_through():
    return Surrogate(torch.ones_like)


for word, make, one, other in (
        ("piecewise_exp", piecewise_exp, {}, dict(alpha=3)),
        ("soft_sign", soft_sign, {}, dict(alpha=0.7)),
        ("log_abs", log_abs, {}, dict(alpha=3)),
        ("piecewise_leaky", piecewise_leaky, {}, dict(width=0.4, leak=0.2)),
        ("s2nn", s2nn, {}, dict(alpha=2, beta=0.5)),
        ("q_pseudo_spike", q_pseudo_spike, {}, dict(alpha=3)),
        ("leaky_relu", leaky_relu, dict(leak=0.1), dict(leak=0.3, slope=0.8)),
        ("numerical", numerical, {}, dict(alpha=2)),
        ("log_tailed_relu", log_tailed_relu, dict(alpha=0.1), dict(alpha=0.4)),
        ("square_wave", square_wave, {}, dict(period=20)),
        ("straight_through", straight_through, {}, {})):
    calls = ["lif(surrogate = %s(%s))" % (word, ", ".join("%s = %g" % pair for pair in arguments.items()))
             for arguments in (one, other)]
    CASES.append(chain_case(word + "_twice", Lif, (calls[0], dict(surrogate=make(**one))),
                            (calls[1], dict(surrogate=make(**other)))))


# --- Neurons, with SpikingJelly's conventions --------------------------------------------------------------

class Klif(Lif):
    def charge(self, x):
        return torch.relu(self.run.params["klif_scale_" + self.layer] * super().charge(x))


class Qif(Neuron):
    def __init__(self, run, layer, tau=2.0, rest=0.0, critical=0.8, a0=1.0, reset=-0.1, **common):
        super().__init__(run, layer, reset=reset, **common)
        self.tau, self.rest, self.critical, self.a0 = tau, rest, critical, a0

    def charge(self, x):
        return self.v + (x + self.a0 * (self.v - self.rest) * (self.v - self.critical)) / self.tau


class Eif(Neuron):
    def __init__(self, run, layer, tau=2.0, rest=0.0, rheobase=0.8, sharpness=1.0, reset=-0.1, **common):
        super().__init__(run, layer, reset=reset, **common)
        self.tau, self.rest, self.rheobase, self.sharpness = tau, rest, rheobase, sharpness

    def charge(self, x):
        above = torch.as_tensor((self.v - self.rheobase) / self.sharpness, dtype=x.dtype)
        return self.v + (x + self.rest - self.v + self.sharpness * torch.exp(above)) / self.tau


class Izhikevich(Qif):
    def __init__(self, run, layer, tau_w=1.0, a=0.0, b=0.0, **common):
        super().__init__(run, layer, **common)
        self.tau_w, self.a, self.b, self.w = tau_w, a, b, 0.0

    def __call__(self, x):
        self.v = self.charge(x - self.w)
        self.w = self.w + (self.a * (self.v - self.rest) - self.w) / self.tau_w
        spike = self.run.fire(self.layer, self.v - self.threshold, self.surrogate)
        self.v = self.after_reset(spike, self.threshold)
        self.w = self.w + self.b * spike
        return spike


scales = dict(klif_scale_hidden=Near(1, 0.1), klif_scale_out=Near(1.2, 0.1))
for name, make, one, other, params in (
        ("klif", Klif, {}, dict(tau=3, detach_reset=True), scales),
        ("klif_soft", Klif, dict(soft_reset=True), dict(decay_input=False, threshold=0.8), scales),
        ("qif", Qif, {}, dict(tau=3, rest=0.1, critical=0.6, a0=0.5, detach_reset=True), {}),
        ("qif_soft", Qif, dict(soft_reset=True), dict(reset=0, threshold=0.8), {}),
        ("eif", Eif, {}, dict(tau=3, rest=-0.2, rheobase=0.9, sharpness=0.5), {}),
        ("eif_soft", Eif, dict(soft_reset=True, sharpness=0.7), dict(detach_reset=True, threshold=1.2), {}),
        ("izhikevich", Izhikevich, dict(a=0.5, b=0.2), dict(tau_w=3, a=0.4, b=0.5), {}),
        ("izhikevich_soft", Izhikevich, dict(soft_reset=True, b=0.3), dict(detach_reset=True, a=0.2, a0=0.5), {})):
    word = name.split("_")[0]
    calls = ["%s(%s)" % (word, ", ".join(key if value is True else "%s = %s" % (
        key, "false" if value is False else "%g" % value) for key, value in arguments.items()))
             for arguments in (one, other)]
    CASES.append(chain_case(name + "_twice", make, (calls[0], one), (calls[1], other), **params))
