"""The cases of network structure: recurrence, delays, skip connections, static images, blocks, maps, ..."""
import functools

from case import TWO_LAYERS, Bias, Matrix, Near, network_case
from networks import INPUTS, STEPS, Alif, If, Lif, Plif, atan, delay, li, rate_of_output, repeat
from pytorch import torch

CASES = []
case = functools.partial(network_case, CASES)


@case("""
    input  = poisson(image)
    hidden = (input -> dense(6)) + (hidden[-1] -> dense(6)) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6))
def recurrent(run, past=1):
    neuron, hidden = Lif(run, "hidden"), []
    for t, x in enumerate(run.dense("hidden", run.input)):
        if t >= past:
            x = x + run.dense("hidden_2", hidden[t - past])
        hidden.append(neuron(x))
    return rate_of_output(run, torch.stack(hidden))


@case("""
    hidden = (image -> dense(6, bias)) + (hidden[-3] -> dense(6)) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", binary=False, w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6))
def recurrent_three_steps_ago(run):
    return recurrent(run, past=3)


@case("""
    hidden = (image -> dense(6)) + (hidden[-1] -> dense(6)) -> plif(soft_reset, detach_reset)
    out    = (hidden -> dense(3)) + (out[-1] -> dense(3)) -> alif(soft_reset)
""", score="rate(out)", loss="mse", binary=False, w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6),
      plif_w_hidden=Near(0, 0.5), w_out=Matrix(3, 6), w_out_2=Matrix(3, 3))
def recurrent_twice(run):
    hidden_neuron = Plif(run, "hidden", soft_reset=True, detach_reset=True)
    out_neuron = Alif(run, "out", soft_reset=True)
    hidden, out, outs = torch.zeros_like(run.input[0, :, :6]), torch.zeros_like(run.input[0, :, :3]), []
    for x in run.input:
        hidden = hidden_neuron(run.dense("hidden", x) + run.dense("hidden_2", hidden))
        out = out_neuron(run.dense("out", hidden) + run.dense("out_2", out))
        outs.append(out)
    return torch.stack(outs).mean(0)


@case("""
    input  = poisson(image)
    first  = (input -> dense(6)) + (second[-1] -> dense(6)) -> lif(tau = 2)
    second = first -> dense(5) -> lif(tau = 2)
    out    = second -> dense(3) -> li(tau = 2)
""", score="sum(out)", w_first=Matrix(6, 7), w_first_2=Matrix(6, 5), w_second=Matrix(5, 6),
      w_out=Matrix(3, 5))
def feedback_from_a_later_layer(run):
    first_neuron, second_neuron = Lif(run, "first"), Lif(run, "second")
    second, seconds = torch.zeros_like(run.input[0, :, :5]), []
    for x in run.input:
        first = first_neuron(run.dense("first", x) + run.dense("first_2", second))
        second = second_neuron(run.dense("second", first))
        seconds.append(second)
    return li(run.dense("out", torch.stack(seconds))).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = (hidden -> dense(3)) + (hidden[-2] -> dense(3)) + (input[-3] -> dense(3)) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_out=Matrix(3, 6), w_out_2=Matrix(3, 6), w_out_3=Matrix(3, 7))
def delays(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input))
    current = run.dense("out", hidden) + run.dense("out_2", delay(hidden, 2))
    return Lif(run, "out").over(current + run.dense("out_3", delay(run.input, 3))).mean(0)


@case("""
    input  = poisson(image)
    first  = input -> dense(6) -> lif(tau = 2)
    second = first + (first -> dense(6) -> lif(tau = 2))
    third  = second + (second -> dense(6) -> if(soft_reset))
    out    = (third -> dense(3)) + (input -> dense(3)) -> li(tau = 2)
""", score="sum(out)", w_first=Matrix(6, 7), w_second=Matrix(6, 6), w_third=Matrix(6, 6),
      w_out=Matrix(3, 6), w_out_2=Matrix(3, 7))
def skip_connections(run):
    first = Lif(run, "first").over(run.dense("first", run.input))
    second = first + Lif(run, "second").over(run.dense("second", first))
    third = second + If(run, "third", soft_reset=True).over(run.dense("third", second))
    return li(run.dense("out", third) + run.dense("out_2", run.input)).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6, bias) -> lif(tau = 2)
    out    = hidden -> dense(3, bias) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_out=Matrix(3, 6), b_out=Bias(3))
def bias(run):
    return rate_of_output(run, Lif(run, "hidden").over(run.dense("hidden", run.input)))


@case("""
    hidden = image -> dense(6, bias) -> lif()
    out    = hidden -> dense(3) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_out=Matrix(3, 6))
def static_image(run):
    return rate_of_output(run, Lif(run, "hidden").over(repeat(run.dense("hidden", run.input))))


@case("""
    hidden = (image -> dense(6)) + 0.5 * (hidden[-1] -> dense(6)) -> lif(tau = 2)
    out    = (hidden -> dense(3)) + tanh(image -> dense(3)) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6),
      w_out_2=Matrix(3, 7))
def static_image_and_streams(run):
    neuron, spikes, hidden = Lif(run, "hidden"), torch.zeros_like(run.input[:, :6]), []
    for x in repeat(run.dense("hidden", run.input)):
        spikes = neuron(x + 0.5 * run.dense("hidden_2", spikes))
        hidden.append(spikes)
    current = run.dense("out", torch.stack(hidden)) + torch.tanh(run.dense("out_2", run.input))
    return Lif(run, "out").over(current).mean(0)


@case("""
    out = image -> dense(6) -> if(threshold = 0.5) -> dense(3) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_out=Matrix(6, 7),
      w_out_2=Matrix(3, 6))
def two_layers_in_one_binding(run):
    hidden = If(run, "inner", threshold=0.5).over(repeat(run.dense("out", run.input)))
    return Lif(run, "out").over(run.dense("out_2", hidden)).mean(0)


@case("""
    hidden = image -> poisson -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", shape=(INPUTS,), **TWO_LAYERS)
def poisson_of_a_static_image(run):
    return rate_of_output(run, Lif(run, "hidden").over(run.dense("hidden", repeat(run.input))))


@case("""
    input  = latency(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2)
""", score="sum(out)", binary=False, shape=(INPUTS,), **TWO_LAYERS)
def latency_code(run):
    step = torch.floor((1 - run.input) * (STEPS - 1) + 0.5)
    spikes = torch.stack([((step == t) & (run.input > 0)).to(run.input.dtype) for t in range(STEPS)])
    hidden = Lif(run, "hidden").over(run.dense("hidden", spikes))
    return li(run.dense("out", hidden)).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    left   = hidden -> dense(5) -> lif(tau = 3, threshold = 0.5)
    right  = hidden -> dense(4) -> if(detach_reset)
    out    = (left -> dense(3)) + (right -> dense(3)) + (hidden -> dense(3)) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_left=Matrix(5, 6), w_right=Matrix(4, 6), w_out=Matrix(3, 5),
      w_out_2=Matrix(3, 4), w_out_3=Matrix(3, 6))
def one_stream_used_three_times(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input))
    left = Lif(run, "left", tau=3, threshold=0.5).over(run.dense("left", hidden))
    right = If(run, "right", detach_reset=True).over(run.dense("right", hidden))
    current = run.dense("out", left) + run.dense("out_2", right) + run.dense("out_3", hidden)
    return Lif(run, "out").over(current).mean(0)


@case("""
    h1  = image -> dense(6) -> lif(tau = 2)
    h2  = h1 -> dense(5, bias) -> lif(tau = 2)
    h3  = h2 -> dense(4) -> lif(tau = 2)
    out = h3 -> dense(3) -> lif(tau = 2)
""", binary=False, w_h1=Matrix(6, 7), w_h2=Matrix(5, 6), b_h2=Bias(5), w_h3=Matrix(4, 5), w_out=Matrix(3, 4))
def four_layers(run):
    x = run.input
    for layer in ("h1", "h2", "h3", "out"):
        x = Lif(run, layer).over(run.dense(layer, x))
    return x.mean(0)


@case("""
    block layer(x, width, slope = 2) = x -> dense(width) -> plif(surrogate = atan(slope))
    input  = poisson(image)
    first  = layer(input, 6)
    second = first -> layer(width = 5, slope = 3)
    out    = layer(second, 3)
""", w_first=Matrix(6, 7), plif_w_first=Near(0, 0.5), w_second=Matrix(5, 6), plif_w_second=Near(0, 0.5),
      w_out=Matrix(3, 5), plif_w_out=Near(0, 0.5))
def one_block_three_times(run):
    x = run.input
    for layer, slope in (("first", 2), ("second", 3), ("out", 2)):
        x = Plif(run, layer, surrogate=atan(slope)).over(run.dense(layer, x))
    return x.mean(0)


@case("""
    hidden = image -> dense([2, 3]) -> lif(tau = 20 ms)
    out    = hidden -> dense(3) -> lif(tau = 30 ms, threshold = level)
""", binary=False, shape=(STEPS, 2, 4), data="shape = [2, 4], classes = 3, temporal",
      time="8 steps of 10 ms", definitions="let level = 1.5 / 2", w_hidden=Matrix(6, 8), w_out=Matrix(3, 6))
def shapes_and_units(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input.flatten(2)))
    return Lif(run, "out", tau=3, threshold=0.75).over(run.dense("out", hidden)).mean(0)


@case("""
    hidden = image -> dense(6) -> li(tau = 3) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2, decay_input = false) -> li(tau = 1.5)
""", score="sum(out)", binary=False, **TWO_LAYERS)
def filters(run):
    hidden = Lif(run, "hidden").over(li(run.dense("hidden", run.input), tau=3))
    return li(li(run.dense("out", hidden), decay_input=False), tau=1.5).sum(0)


@case("""
    first = image -> lif(tau = 1.5, threshold = 0.4)
    out   = first -> dense(3) -> li(decay_input = false)
""", score="max(out)", loss="mse", binary=False, w_out=Matrix(3, 7))
def neuron_on_the_image(run):
    first = Lif(run, "first", tau=1.5, threshold=0.4).over(run.input)
    return run.maximum(li(run.dense("out", first), decay_input=False))


@case("""
    a   = image -> dense(6, bias) -> lif(tau = 2)
    b   = image -> dense(6) -> li(tau = 2)
    mix = 0.5 * a + tanh(b) - a * b / 4 + 0.1
    out = mix -> dense(3) -> lif(tau = 2)
""", binary=False, w_a=Matrix(6, 7), b_a=Bias(6), w_b=Matrix(6, 7), w_out=Matrix(3, 6))
def maps(run):
    a = Lif(run, "a").over(run.dense("a", run.input))
    b = li(run.dense("b", run.input))
    return rate_of_output(run, 0.5 * a + torch.tanh(b) - a * b / 4 + 0.1)


@case("""
    b   = image -> dense(6) -> li(tau = 2)
    c   = image -> dense(6) -> li(tau = 3)
    p   = sqrt(abs(b) + 0.1) + log(1 + exp(c)) - max(b, c)
    q   = sigmoid(b) * erf(c) + atan(b / (1 + c * c)) + min(b, 0.3) + expm1(0.2 * c)
    out = p + q - (b^2 + 1)^0.7 -> dense(3) -> li(tau = 2)
""", score="sum(out)", binary=False, w_b=Matrix(6, 7), w_c=Matrix(6, 7), w_out=Matrix(3, 6))
def maps_of_every_function(run):
    b, c = li(run.dense("b", run.input)), li(run.dense("c", run.input), tau=3)
    for corner in (b, b - c, b - 0.3):
        run.near(corner)
    p = torch.sqrt(b.abs() + 0.1) + torch.log(1 + torch.exp(c)) - torch.maximum(b, c)
    q = torch.sigmoid(b) * torch.erf(c) + torch.atan(b / (1 + c * c)) + torch.clamp(b, max=0.3)
    mixed = p + q + torch.expm1(0.2 * c) - (b ** 2 + 1) ** 0.7
    return li(run.dense("out", mixed)).sum(0)


READ_MEMBRANE = """
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2)
"""


def membrane(run):
    return li(run.dense("out", Lif(run, "hidden").over(run.dense("hidden", run.input))))


@case(READ_MEMBRANE, score="mean(out)", loss="mse", **TWO_LAYERS)
def mean_mse(run):
    return membrane(run).mean(0)


@case(READ_MEMBRANE, score="last(out)", **TWO_LAYERS)
def last_step(run):
    return membrane(run)[-1]


@case(READ_MEMBRANE, score="mean(out) + 0.5 * last(out) - max(out) / 3", **TWO_LAYERS)
def reductions_mixed(run):
    out = membrane(run)
    return out.mean(0) + 0.5 * out[-1] - run.maximum(out) / 3


@case("""
    input  = poisson(image)
    first  = input -> dense(6) -> lif(tau = 2)
    second = input -> dense(5) -> if(soft_reset)
    out    = first -> concat(second) -> concat(first[-1]) -> dense(3) -> lif(tau = 2)
""", w_first=Matrix(6, 7), w_second=Matrix(5, 7), w_out=Matrix(3, 17))
def joined_spikes(run):
    first = Lif(run, "first").over(run.dense("first", run.input))
    second = If(run, "second", soft_reset=True).over(run.dense("second", run.input))
    joined = torch.cat((first, second, delay(first, 1)), -1)
    return rate_of_output(run, joined)


@case("""
    input  = poisson(image)
    hidden = input -> concat(hidden[-1]) -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", w_hidden=Matrix(6, 13), w_out=Matrix(3, 6))
def joined_to_its_past(run):
    neuron, spikes, hidden = Lif(run, "hidden"), torch.zeros_like(run.input[0, :, :6]), []
    for x in run.input:
        spikes = neuron(run.dense("hidden", torch.cat((x, spikes), -1)))
        hidden.append(spikes)
    return rate_of_output(run, torch.stack(hidden))
