"""The cases of weights that are made by equations, for maps.py."""
import numpy as np
import torch
import torch.nn.functional as F


def of_outputs(reduce, w):
    """By output, of PyTorch's [outputs, inputs, ...]."""
    return reduce(w.flatten(1)).reshape((-1,) + (1,) * (w.dim() - 1))


def normed(w, gain):
    return gain.reshape((-1,) + (1,) * (w.dim() - 1)) * w / of_outputs(lambda rows: rows.norm(dim=1), w)


def standard(w):
    centred = w - of_outputs(lambda rows: rows.mean(1), w)
    return centred / torch.sqrt(of_outputs(lambda rows: (rows ** 2).mean(1), centred) + 1e-5)


def extremes(w):
    return w / (1 + w.abs().amax(1, keepdim=True)) - 0.3 * w.amin(0, keepdim=True) + 0.2 * w[:, -1:]


def quantized(w, levels):
    """As fake quantisation by output, whose gradient goes straight through."""
    unit = of_outputs(lambda rows: rows.abs().amax(1), w) / levels
    return w + (unit * torch.floor(w / unit + 0.5) - w).detach()


def between_ties(levels):
    """Rounding to single precision moves no weight to another level."""
    def place(drawn):
        w = torch.tensor(drawn["w_y"], dtype=torch.float64)
        unit = of_outputs(lambda rows: rows.abs().amax(1), w) / levels
        level = torch.floor(w / unit + 0.5)
        drawn["w_y"] = np.float32((unit * (level + (w / unit - level).clamp(-0.4, 0.4))).numpy())
    return place


def image_map(w, x):
    return F.conv2d(x.movedim(-1, 1), w, padding=1).movedim(1, -1)


def dense_map(w, x):
    return F.linear(x.flatten(-3), w)


def past_map(w, x):
    """Along time, of [batch, steps, channels]: w is [outputs, inputs, taps], the last tap is now."""
    return F.conv1d(F.pad(x.movedim(1, -1), (w.shape[-1] - 1, 0)), w).movedim(-1, 1)


def bump(places, middle, width):
    """By tap, of middles [outputs, inputs]: Gaussians."""
    return torch.exp(-0.5 * ((places - middle[..., None]) / width) ** 2)


def delayed(weight, delay, taps, width):
    kernel = bump(taps - 1 - torch.arange(taps), delay, width)
    return weight[..., None] * kernel / (kernel.sum(-1, keepdim=True) + 1e-7)


DELAYED = """block delayed(w, width = 0.5, start = linear()) {
    tap    = weights(of = w, per = time, init = position(time), frozen)
    most   = count(tap, over = time) - 1
    weight = weights(of = w, per = [inputs, outputs], init = start, optimizer = weights)
    delay  = weights(of = w, per = [inputs, outputs], init = uniform(0, most), clamp = [0, most], optimizer = delays)
    bump   = exp(-0.5 * ((most - tap - delay) / width) ^ 2)
    output = weight * bump / (sum(bump, over = time) + 1e-7)
}
"""
SPACED = """block spaced(w) {
    size   = weights(of = w, per = [inputs, outputs])
    row    = weights(of = w, per = y, init = position(y), frozen)
    column = weights(of = w, per = x, init = position(x), frozen)
    at_y   = weights(of = w, per = [inputs, outputs])
    at_x   = weights(of = w, per = [inputs, outputs])
    output = size * exp(-0.5 * (row - at_y) ^ 2) * exp(-0.5 * (column - at_x) ^ 2)
}
"""


def spaced(params, x):
    rows, columns = bump(torch.arange(3), params["at_y_y"], 1), bump(torch.arange(3), params["at_x_y"], 1)
    return image_map(params["size_y"][..., None, None] * rows[..., :, None] * columns[..., None, :], x)


def lateral(params, x):
    """The s2net neuron: what is taken from a membrane is what the others have said already, by W W^T over the norm."""
    w, beta, threshold = params["w"], params["beta"], params["b"]
    norm = (w ** 2).sum(1) + 1e-8
    between = w @ w.T / norm[:, None]
    v = h = torch.zeros(x.shape[0], w.shape[0], dtype=torch.float64)
    steps = []
    for t in range(x.shape[1]):
        v = beta * (v - h @ between.T) + (1 - beta) * (x[:, t] @ (w / norm[:, None]).T)
        h = torch.tanh(v - threshold)
        steps.append(h)
    return torch.stack(steps, 1)


LATERAL = ("w     = weights([4, 5])", "norm  = sum(w ^ 2, over = inputs) + 1e-8",
           "gram  = sum((w -> reshape([y = 4, inputs = 5])) * (w -> reshape([y = 4, outputs = 5])), over = y)",
           "i     = x -> dense(5, weights = w / norm)", "beta  = weights(of = i, per = c)", "b     = weights(of = i, per = c)",
           "reset = h[-1] -> dense(5, weights = gram / norm)", "v     = beta * (v[-1] - reset) + (1 - beta) * i",
           "h     = tanh(v - b)")
SHAPE, EXTENTS = "y = 3, x = 4, c = 2", (3, 4, 2)
MAPS = {"dense": ("dense(5, %s)", dense_map, (5, 24)),
        "conv": ("conv(5, kernel = 3, pad = 1, %s)", image_map, (5, 2, 3, 3))}


def synapse_cases(case):
    for kind, (stage, forward, shape) in MAPS.items():
        yield case("weight_norm_" + kind, SHAPE, EXTENTS, stage % "synapse = weight_norm",
                   lambda params, x, forward=forward: forward(normed(params["w_y"], params["gain_y"]), x),
                   {"w_y": shape, "gain_y": (5,)})
        yield case("weight_standard_" + kind, SHAPE, EXTENTS, stage % "synapse = weight_standard",
                   lambda params, x, forward=forward: forward(standard(params["w_y"]), x), {"w_y": shape})
        for synapse, levels in (("int8", 127), ("int16", 32767)):
            one = case("%s_%s" % (synapse, kind), SHAPE, EXTENTS, stage % ("synapse = " + synapse),
                       lambda params, x, forward=forward, levels=levels: forward(quantized(params["w_y"], levels), x),
                       {"w_y": shape})
            one.place = between_ties(levels)
            yield one
    extreme = ("block extreme(w) = w / (1 + max(abs(w), over = inputs)) - 0.3 * min(w, over = outputs)"
               " + 0.2 * last(w, over = inputs)\n")
    yield case("weights_by_extremes", SHAPE, EXTENTS, "dense(5, synapse = extreme)",
               lambda params, x: dense_map(extremes(params["w_y"]), x), {"w_y": (5, 24)}, before=extreme)
    yield case("weight_norm_in_time", "4", (4,), "conv(3, kernel = 2, along = time, synapse = weight_norm)",
               lambda params, x: past_map(normed(params["w_y"], params["gain_y"]), x),
               {"w_y": (3, 4, 2), "gain_y": (3,)}, True)
    scaled = ("block scaled(x) {\n    gain = weights(of = x, per = c)\n    shift = weights(of = x, per = [y, x])\n"
              "    output = tanh(gain * x + shift)\n}\n")
    yield case("parameters_of_a_block", SHAPE, EXTENTS, "scaled(x)",
               lambda params, x: torch.tanh(params["gain_y"] * x + params["shift_y"][..., None]),
               {"gain_y": (2,), "shift_y": (3, 4)}, True, True, before=scaled)
    yield case("delayed", "4", (4,), "conv(3, kernel = 4, along = time, synapse = delayed(width = 0.7))",
               lambda params, x: past_map(delayed(params["weight_y"], params["delay_y"], 4, 0.7), x),
               {"weight_y": (3, 4), "delay_y": (3, 4)}, True, before=DELAYED,
               frozen={"tap_y": np.arange(4, dtype=np.float32)})
    yield case("spaced", SHAPE, EXTENTS, "conv(4, kernel = 3, pad = 1, synapse = spaced)", spaced,
               {"size_y": (4, 2), "at_y_y": (4, 2), "at_x_y": (4, 2)}, before=SPACED,
               frozen={"row_y": np.arange(3, dtype=np.float32), "column_y": np.arange(3, dtype=np.float32)})
    again = ("w = weights([4, 4])", "k = w -> reshape([y = 4, inputs = 4])", "n = sum(w ^ 2, over = inputs) + 0.1")
    yield case("read_again", "4", (4,), "(x -> dense(4, weights = w / n)) * mean(k ^ 2, over = [y, inputs])",
               lambda params, x: (x @ (params["w"] / ((params["w"] ** 2).sum(1, keepdim=True) + 0.1)).T)
               * (params["w"] ** 2).mean(), {"w": (4, 4)}, True, True, lines=again)
    yield case("lateral", "4", (4,), "1 * h", lateral, {"w": (5, 4), "beta": (5,), "b": (5,)}, True, True, lines=LATERAL)
