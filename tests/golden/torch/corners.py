"""The cases in which a formula has no one derivative: ties, corners, powers of 0, branches that are not taken. Images of 0
and 1 and weights of quarters make sums exact, so that values do meet where two formulas are equal."""
import functools

from case import Matrix, Near, network_case
from networks import Lif, Surrogate, atan, li, rate_of_output
from pytorch import torch

CASES = []
case = functools.partial(network_case, CASES)


class Quarters(Matrix):
    """A weight matrix of small multiples of 1/4."""

    def draw(self, random):
        return random.randint(-3, 5, self.shape) / 4


def constant(x, number):
    return torch.full_like(x, number)


@case("""
    a   = image -> dense(6)
    b   = image -> dense(6)
    out = (max(a, b) - min(a, 0.25)) * abs(b) -> dense(3) -> li()
""", score="mean(out)", w_a=Quarters(6, 7), w_b=Quarters(6, 7), w_out=Matrix(3, 6))
def ties(run):
    a, b = run.dense("a", run.input), run.dense("b", run.input)
    x = (torch.maximum(a, b) - torch.minimum(a, constant(a, 0.25))) * b.abs()
    return li(run.dense("out", x)).mean(0)


@case("""
    hidden = image -> dense(6) -> powered()
    out    = hidden -> dense(3) -> li()
""", score="mean(out)", loss="mse", definitions="""
neuron powered() {                                       # 0 to a learned power, where its membrane is below 0
    param p per neuron = 1.5
    state v = 0
    v      = v / 2 + input
    output = max(v, 0) ^ p
}
""", w_hidden=Quarters(6, 7), powered_p_hidden=Near(1.5, 0.2, 6), w_out=Matrix(3, 6))
def learned_power_of_zero(run):
    v, hidden = 0.0, []
    for x in run.dense("hidden", run.input):
        v = v / 2 + x
        hidden.append(torch.pow(torch.maximum(v, constant(v, 0)), run.params["powered_p_hidden"]))
    return li(run.dense("out", torch.stack(hidden))).mean(0)


@case("""
    hidden = image -> dense(6) -> logged()
    out    = hidden -> dense(3) -> li()
""", score="mean(out)", definitions="""
neuron logged() {                                        # a logarithm only where there is one
    param k = 2
    state v = 0
    v      = v / 2 + input
    output = where(v > 0, log(k * v + 0.5) + k / v, k * v)
}
""", w_hidden=Quarters(6, 7), logged_k_hidden=Near(2, 0.2), w_out=Matrix(3, 6))
def branch_not_taken(run):
    k, v, hidden = run.params["logged_k_hidden"], 0.0, []
    for x in run.dense("hidden", run.input):
        v = v / 2 + x
        taken = torch.where(v > 0, v, constant(v, 1))   # or PyTorch has 0 * inf for the other branch
        hidden.append(torch.where(v > 0, torch.log(k * taken + 0.5) + k / taken, k * v))
    return li(run.dense("out", torch.stack(hidden))).mean(0)


@case("""
    hidden = image -> dense(6) -> rising()
    out    = hidden -> dense(3) -> lif(tau = 2)
""", definitions="""
neuron rising() {                                        # no membrane above 1.1 has a logarithm
    state v = 0
    v     = v / 2 + input
    spike = step(v - 0.9, atan(2))
    v     = where(spike, 0, log(1.1 - v) / 4)
}
""", w_hidden=Quarters(6, 7), w_out=Matrix(3, 6))
def branch_a_spike_did_not_take(run):
    v, hidden = torch.zeros_like(run.input[0, :, :6]), []
    for x in run.dense("hidden", run.input):
        v = v / 2 + x
        run.near(v - 1.1)
        spike = run.fire("hidden", v - 0.9, atan(2))
        silent = spike.detach() == 0
        other = torch.log(1.1 - torch.where(silent, v, constant(v, 0))) / 4
        # The spike sees what the branches differ by, where both are numbers.
        difference = torch.where(v < 1.1, -torch.log((1.1 - v).clamp(min=1e-30)) / 4, constant(v, 0)).detach()
        v = torch.where(silent, other, constant(v, 0)) + (spike - spike.detach()) * difference
        hidden.append(spike)
    return rate_of_output(run, torch.stack(hidden))


@case("""
    a      = image -> dense(6) -> chosen()
    b      = image -> dense(6) -> chosen(pause = 2)
    out    = (max(a, b) -> dense(3)) + (a * (1 - b) -> dense(3)) -> lif(tau = 2)
""", definitions="""
neuron chosen(pause = 1) {                               # spikes that are made of spikes
    state v = 0
    state left = 0
    v     = v / 2 + input
    fire  = step(v - 0.3, atan(2))
    burst = step(v - 1.1, bump)
    spike = where(left > 0, 0, max(fire * (1 - burst), burst))
    left  = where(spike, pause, max(left - 1, 0))
    v     = where(spike, 0, v)
}

surrogate bump() {
    derivative     = exp(-abs(x))
    antiderivative = where(x < 0, exp(x), 2 - exp(-x))
}
""", w_a=Quarters(6, 7), w_b=Quarters(6, 7), w_out=Matrix(3, 6), w_out_2=Matrix(3, 6))
def spikes_of_spikes(run):
    bump = Surrogate(lambda x: torch.exp(-x.abs()))

    def chosen(layer, pause):
        v, left, spikes = 0.0, torch.zeros_like(run.input[0, :, :6]), []
        for x in run.dense(layer, run.input):
            v = v / 2 + x
            fire, burst = run.fire(layer, v - 0.3, atan(2)), run.fire(layer + " burst", v - 1.1, bump)
            either = torch.maximum(fire * (1 - burst), burst)
            spike = torch.where(left > 0, constant(v, 0), either)
            left = spike * pause + (1 - spike) * torch.maximum(left - 1, constant(v, 0))
            v = (1 - spike) * v
            spikes.append(spike)
        return torch.stack(spikes)

    a, b = chosen("a", 1), chosen("b", 2)
    current = run.dense("out", torch.maximum(a, b)) + run.dense("out_2", a * (1 - b))
    return Lif(run, "out").over(current).mean(0)
