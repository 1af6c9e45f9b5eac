#!/usr/bin/env python3
"""Record streams that have a number of steps of their own, in double precision, as the maps of maps.py: windows along time with
strides, pads and edges, what is cut and joined along time, and what goes behind these step by step. The model files go to
steps.txt, the arrays to steps.safetensors.

    steps.py           write the files beside this script
    steps.py --check   compute them again and compare with the files that are there
"""
import itertools

import torch
import torch.nn.functional as F

from maps import Case, TooNear, padded, write_files
from networks import If, Lif, Run, Step, atan
from synapses import normed

STEPS, MARGIN, FIRES = 7, 1e-3, "lif(threshold = 0.3)"
# Behind batch and time: units that are channels, places without and with them.
SHAPES = {"c": ("4", (4,)), "yx": ("y = 2, x = 2", (2, 2)), "yxc": ("y = 1, x = 2, c = 4", (1, 2, 4))}


def in_time(x, channels):
    """[batch, steps, axes...] as PyTorch's [batch and places, channels, steps]; without channels, all units are places."""
    x = x.movedim(1, -1)
    return x.flatten(0, -3) if channels else x.flatten(0, -2)[:, None]


def back(y, x, channels):
    """What was made of in_time(x), with as many channels as it has."""
    if channels:
        return y.reshape(x.shape[:1] + x.shape[2:-1] + y.shape[1:]).movedim(-1, 1)
    return y.reshape(x.shape[:1] + x.shape[2:] + y.shape[-1:]).movedim(-1, 1)


def along(function, channels=True):
    """A function of [samples, channels, steps] as one of [batch, steps, axes..., channel]."""
    return lambda x: back(function(in_time(x, channels)), x, channels)


def neuron(make, x, **arguments):
    """[batch, steps, ...], spikes of the same."""
    run = Run({}, x)
    one = make(run, "y", **arguments)
    spikes = torch.stack([one(now) for now in x.movedim(1, 0)], 1)
    if run.distance < MARGIN:
        raise TooNear
    return spikes


def fired(x):
    return neuron(Lif, x, threshold=0.3)


def pads_of(pad, covered):
    """Steps before the first and behind the last, of a window that covers so many beside one."""
    return {"causal": (covered, 0), "same": (covered // 2, covered - covered // 2), "valid": (0, 0)}.get(pad, (pad, pad))


def slide(x, w, bias, stride=1, dilation=1, pad="causal", groups=1, edge="zero"):
    """conv(.., along = time) of channels."""
    pads = pads_of(pad, dilation * (w.shape[-1] - 1))
    return along(lambda x: F.conv1d(padded(x, [pads], edge), w, bias, stride, 0, dilation, groups))(x)


def slide_units(x, w, bias, stride=1, dilation=1, pad="causal", edge="zero"):
    """The same of each unit, without channels."""
    pads = pads_of(pad, dilation * (w.shape[-1] - 1))
    return along(lambda x: F.conv1d(padded(x, [pads], edge), w[None, None], bias.reshape(1), stride, 0, dilation), False)(x)


class InTime(Case):
    def __init__(self, name, kind, stage, forward, params, formula=False, **more):
        shape, extents = SHAPES[kind]
        super().__init__(name, shape, extents, stage, forward, params, True, formula, steps=STEPS, **more)

    def record(self, turn):
        """Something fires."""
        arrays = super().record(turn)
        if any(not array.any() for name, array in arrays.items() if "/grad." in name):
            raise TooNear
        return arrays


def window_text(stride, dilation, pad, edge):
    pad = "" if pad == "causal" else ", pad = %s" % pad
    return "stride = %d, dilation = %d%s, edge = %s, along = time, bias" % (stride, dilation, pad, edge)


def conv_case(kind, taps, stride, dilation, pad, groups, edge):
    name = "conv_%s_taps%d_stride%d_dilation%d_%s_groups%d_%s" % (kind, taps, stride, dilation, pad, groups, edge)
    inputs = 1 if kind == "yx" else 4

    def forward(params, x):
        x = x[..., None] if kind == "yx" else x
        return slide(x, params["w_y"], params["b_y"], stride, dilation, pad, groups, edge)

    stage = "conv(%d, kernel = %d, groups = %d, %s)" % (2 * groups, taps, groups, window_text(stride, dilation, pad, edge))
    return InTime(name, kind, stage, forward, {"w_y": (2 * groups, inputs // groups, taps), "b_y": (2 * groups,)})


def units_case(kind, taps, stride, dilation, pad, edge):
    name = "units_%s_taps%d_stride%d_dilation%d_%s_%s" % (kind, taps, stride, dilation, pad, edge)
    return InTime(name, kind, "conv(kernel = %d, %s)" % (taps, window_text(stride, dilation, pad, edge)),
                  lambda params, x: slide_units(x, params["w_y"], params["b_y"], stride, dilation, pad, edge),
                  {"w_y": (taps,), "b_y": ()})


def transposed_case(kind, stride, dilation, pad, groups, more):
    name = "transposed_%s_stride%d_dilation%d_pad%d_groups%d_more%d" % (kind, stride, dilation, pad, groups, more)
    inputs = 1 if kind == "yx" else 4

    def forward(params, x):
        x = x[..., None] if kind == "yx" else x
        return along(lambda x: F.conv_transpose1d(x, params["w_y"], params["b_y"], stride, pad, more, groups, dilation))(x)

    stage = ("conv_transpose(%d, kernel = 3, stride = %d, pad = %d, dilation = %d, groups = %d, output_pad = %d, along = time, bias)"
             % (2 * groups, stride, pad, dilation, groups, more))
    return InTime(name, kind, stage, forward, {"w_y": (inputs, 2, 3), "b_y": (2 * groups,)})


def window_cases():
    pads = ("causal", "same", "valid", 1)
    for stride, dilation, pad in itertools.product((1, 2, 3), (1, 2), pads):
        for kind, groups in (("c", 1), ("c", 2), ("yxc", 1), ("yxc", 2), ("yx", 1)):
            yield conv_case(kind, 3, stride, dilation, pad, groups, "zero")
        for kind in ("c", "yx"):
            yield units_case(kind, 3, stride, dilation, pad, "zero")
    for stride, pad in itertools.product((1, 2), ("causal", "same", 1)):
        for kind in ("c", "yxc"):
            yield conv_case(kind, 2 + stride, stride, 3 - stride, pad, 1, "replicate")
            yield units_case(kind, 2 + stride, stride, 3 - stride, pad, "replicate")
    yield conv_case("c", 4, 2, 1, "same", 4, "zero")
    yield conv_case("c", 1, 2, 1, "causal", 1, "zero")
    yield conv_case("c", 7, 1, 1, "valid", 1, "zero")
    for kind, stride, dilation, pad in itertools.product(("c", "yxc"), (1, 2, 3), (1, 2), (0, 1)):
        yield transposed_case(kind, stride, dilation, pad, 1 + pad, stride - 1 if pad else 0)
    yield transposed_case("yx", 2, 1, 1, 1, 1)


def pool_cases():
    pools = {"sum_pool": lambda x, k, stride, pad: k * F.avg_pool1d(x, k, stride, pad), "avg_pool": F.avg_pool1d,
             "max_pool": F.max_pool1d}
    for name, pool in pools.items():
        for kind, (taps, stride, pad) in itertools.product(("c", "yx", "yxc"), ((2, 2, 0), (3, 1, 1), (3, 2, 0))):
            stage = "%s(%d, stride = %d, pad = %d, along = time)" % (name, taps, stride, pad)
            gone = along(lambda x, pool=pool, numbers=(taps, stride, pad): pool(x, *numbers), kind == "yxc")
            yield InTime("%s_%s_%d_%d_%d" % (name, kind, taps, stride, pad), kind, stage,
                         lambda params, x, gone=gone: gone(x), {})
            yield InTime("%s_of_spikes_%s_%d_%d_%d" % (name, kind, taps, stride, pad), kind, FIRES + " -> " + stage,
                         lambda params, x, gone=gone: gone(fired(x)), {})
    for kind, factor, linear in itertools.product(("c", "yx", "yxc"), (2, 3), (False, True)):
        grown = along(lambda x, factor=factor, linear=linear: F.interpolate(x, scale_factor=factor,
                                                                             mode="linear" if linear else "nearest"))
        stage = "upsample(%d%s, along = time)" % (factor, ", linear" * linear)
        yield InTime("upsample_%s_%d%s" % (kind, factor, "_linear" * linear), kind, stage,
                     lambda params, x, grown=grown: grown(x), {})
        if not linear:
            yield InTime("upsample_of_spikes_%s_%d" % (kind, factor), kind, FIRES + " -> " + stage,
                         lambda params, x, grown=grown: grown(fired(x)), {})


def mixed(w, x, bias=None):
    y = torch.einsum("ts,bs...->bt...", w, x)
    return y if bias is None else y + bias.reshape((-1,) + (1,) * (x.dim() - 2))


def dense_cases():
    for kind, steps in itertools.product(("c", "yxc"), (1, 4, STEPS, 11)):
        yield InTime("dense_%s_%d" % (kind, steps), kind, "dense(%d, along = time, bias)" % steps,
                     lambda params, x: mixed(params["w_y"], x, params["b_y"]), {"w_y": (steps, STEPS), "b_y": (steps,)})
    yield InTime("dense_same", "c", "dense(4, along = time) -> dense(same, along = time, bias)",
                 lambda params, x: mixed(params["w_y_2"], mixed(params["w_y"], x), params["b_y"]),
                 {"w_y": (4, STEPS), "w_y_2": (4, 4), "b_y": (4,)})
    yield InTime("dense_normed", "c", "dense(5, along = time, synapse = weight_norm)",
                 lambda params, x: mixed(normed(params["w_y"], params["gain_y"]), x), {"w_y": (5, STEPS), "gain_y": (5,)})
    yield InTime("dense_of_spikes", "c", FIRES + " -> dense(4, along = time) -> " + FIRES,
                 lambda params, x: fired(mixed(params["w_y"], fired(x))), {"w_y": (4, STEPS)})
    yield InTime("conv_normed", "c", "conv(3, kernel = 3, stride = 2, along = time, synapse = weight_norm)",
                 lambda params, x: slide(x, normed(params["w_y"], params["gain_y"]), None, 2),
                 {"w_y": (3, 4, 3), "gain_y": (3,)})


def view_cases():
    for kind in ("c", "yxc"):
        yield InTime("slice_" + kind, kind, "slice(2, 5, over = time)", lambda params, x: x[:, 2:5], {})
        yield InTime("slice_of_spikes_" + kind, kind, FIRES + " -> slice(1, 5, over = time)",
                     lambda params, x: fired(x)[:, 1:5], {})
        yield InTime("slice_all_" + kind, kind, "slice(0, 7, over = time)", lambda params, x: x, {})
        yield InTime("joined_" + kind, kind, "x -> concat(tanh(x -> slice(1, 4, over = time)), over = time)",
                     lambda params, x: torch.cat([x, torch.tanh(x[:, 1:4])], 1), {}, True)
        yield InTime("joined_spikes_" + kind, kind, "s -> concat(s -> slice(3, 6, over = time), over = time)",
                     lambda params, x: torch.cat([fired(x), fired(x)[:, 3:6]], 1), {}, True, lines=("s = x -> " + FIRES,))
        yield InTime("joined_kinds_" + kind, kind, "x -> slice(3, 6, over = time) -> concat(s, over = time)",
                     lambda params, x: torch.cat([x[:, 3:6], fired(x)], 1), {}, True, lines=("s = x -> " + FIRES,))
        yield InTime("joined_to_spikes_" + kind, kind, "s -> concat(x -> slice(3, 6, over = time), over = time)",
                     lambda params, x: torch.cat([fired(x), x[:, 3:6]], 1), {}, True, lines=("s = x -> " + FIRES,))
        yield InTime("cut_from_joined_" + kind, kind, "tanh(x) -> concat(x, over = time) -> slice(5, 9, over = time)",
                     lambda params, x: torch.cat([torch.tanh(x), x], 1)[:, 5:9], {}, True)
        yield InTime("joined_channels_" + kind, kind, "(x -> slice(2, 6, over = time)) -> concat(s -> slice(0, 4, over = time))",
                     lambda params, x: torch.cat([x[:, 2:6], fired(x)[:, :4]], -1), {}, True, lines=("s = x -> " + FIRES,))
    yield InTime("differences", "c", "(x -> slice(1, 7, over = time)) - (x -> slice(0, 6, over = time))",
                 lambda params, x: x[:, 1:] - x[:, :-1], {}, True)


CONV = "z = x -> conv(4, kernel = 3, stride = 2, along = time)"
W_Z = {"w_z": (4, 4, 3)}


def strided(params, x):
    return slide(x, params["w_z"], None, 2)


def looped(params, x):
    h, steps = 0, []
    for now in strided(params, x).movedim(1, 0):
        h = torch.tanh(now + (F.linear(h, params["w_y"]) if steps else 0))
        steps.append(h)
    return torch.stack(steps, 1)


def looped_spikes(params, x):
    run = Run({}, x)
    one, spikes = Lif(run, "y", threshold=0.3), []
    for now in strided(params, x).movedim(1, 0):
        spikes.append(one(now + F.linear(spikes[-1], params["w_y"]) if spikes else now))
    if run.distance < MARGIN:
        raise TooNear
    return torch.stack(spikes, 1)


def past(x, steps):
    return torch.cat([torch.zeros_like(x[:, :steps]), x[:, :-steps]], 1)


def parallel(params, x):
    h = mixed(params["w_y"], strided(params, x), params["b_y"])
    if h.detach().abs().min() < MARGIN:
        raise TooNear
    return Step.apply(h, atan(2).derivative)


def normed_steps(params, x):
    """One gain and shift for each step and channel."""
    z = strided(params, x)
    return torch.stack([F.layer_norm(z[:, t], (4,)) * params["gain_y"][t] for t in range(z.shape[1])], 1)


def up_and_down(params, x):
    low = torch.tanh(strided(params, x))
    up = along(lambda z: F.conv_transpose1d(z, params["w_u"], None, 2, 1))(low)
    return x + up


def behind_cases():
    def case(name, formula, forward, params, lines=(), loss=None, before=""):
        return InTime(name, "c", formula, forward, {**W_Z, **params}, True, lines=(CONV,) + lines, loss=loss, before=before)

    yield case("recurrent", "tanh(z + (y[-1] -> dense(4)))", looped, {"w_y": (4, 4)})
    yield case("recurrent_spikes", "z + (y[-1] -> dense(4)) -> " + FIRES, looped_spikes, {"w_y": (4, 4)})
    yield case("spikes", "z -> " + FIRES, lambda params, x: fired(strided(params, x)), {})
    yield case("integrated", "z -> if(threshold = 0.5, soft_reset)",
               lambda params, x: neuron(If, strided(params, x), threshold=0.5, soft_reset=True), {})
    yield case("past", "z + 0.5 * z[-2]", lambda params, x: strided(params, x) + 0.5 * past(strided(params, x), 2), {})
    yield case("delay", "z -> dense(3, delay = 2)", lambda params, x: F.linear(past(strided(params, x), 2), params["w_y"]),
               {"w_y": (3, 4)})
    yield case("parallel", "z -> psn", parallel, {"w_y": (4, 4), "b_y": (4,)})
    yield case("steps_apart", "gained(z -> layer_norm(affine = false))", normed_steps, {"gain_y": (4, 4)},
               before="block gained(x) {\n    gain = weights(of = x, per = [time, c])\n    output = gain * x\n}\n")
    yield case("twice", "z -> %s -> conv(3, kernel = 2, stride = 2, along = time) -> %s" % (FIRES, FIRES),
               lambda params, x: fired(slide(fired(strided(params, x)), params["w_y"], None, 2)), {"w_y": (3, 4, 2)})
    yield case("slid_on", "tanh(z) -> conv(3, kernel = 2, dilation = 2, along = time)",
               lambda params, x: slide(torch.tanh(strided(params, x)), params["w_y"], None, 1, 2), {"w_y": (3, 4, 2)})
    yield case("up_and_down", "x + u", up_and_down, {"w_u": (4, 4, 3)},
               ("u = tanh(z) -> conv_transpose(4, kernel = 3, stride = 2, pad = 1, along = time)",))
    yield InTime("of_spikes", "c", FIRES + " -> conv(3, kernel = 3, stride = 2, along = time, bias) -> " + FIRES,
                 lambda params, x: fired(slide(fired(x), params["w_y"], params["b_y"], 2)), {"w_y": (3, 4, 3), "b_y": (3,)})
    yield InTime("delayed_windows", "c", "conv(3, kernel = 3, stride = 2, along = time, delay = 2)",
                 lambda params, x: slide(past(x, 2), params["w_y"], None, 2), {"w_y": (3, 4, 3)})
    shared = "tanh(x -> conv(4, kernel = 3, stride = 2, along = time, weights = w))"
    yield InTime("shared", "c", "a -> conv(4, kernel = 3, pad = valid, along = time, weights = w)",
                 lambda params, x: slide(torch.tanh(slide(x, params["w"], None, 2)), params["w"], None, pad="valid"),
                 {"w": (4, 4, 3)}, True, lines=("w = weights([3, 4, 4])", "a = " + shared))
    yield InTime("shared_with_causal", "c", "(a -> upsample(2, along = time) -> slice(0, 7, over = time))"
                 " + (x -> conv(4, kernel = 3, along = time, weights = w))",
                 lambda params, x: torch.tanh(slide(x, params["w"], None, 2)).repeat_interleave(2, 1)[:, :STEPS]
                 + slide(x, params["w"], None), {"w": (4, 4, 3)}, True, lines=("w = weights([3, 4, 4])", "a = " + shared))
    yield InTime("tied", "c", "a -> conv_transpose(4, kernel = 3, stride = 2, along = time, weights = w)",
                 lambda params, x: along(lambda z: F.conv_transpose1d(z, params["w"], None, 2))(
                     torch.tanh(slide(x, params["w"], None, 2))),
                 {"w": (4, 4, 3)}, True, lines=("w = weights([3, 4, 4])", "a = " + shared))
    yield from reduced_cases(case)


def last_greatest(z):
    """The first of the greatest, as all differ."""
    return z.argmax(1, keepdim=True)


def reduced_cases(case):
    forms = {"mean": ("z * mean(z)", lambda z: z * z.mean(1, keepdim=True)),
             "sum": ("tanh(sum(z)) * z", lambda z: torch.tanh(z.sum(1, keepdim=True)) * z),
             "max": ("z + max(z)", lambda z: z + z.amax(1, keepdim=True)),
             "min": ("z * min(z)", lambda z: z * z.amin(1, keepdim=True)),
             "last": ("z * last(z)", lambda z: z * z[:, -1:]),
             "argmax": ("z * (1 + argmax(z, over = time))", lambda z: z * (1 + last_greatest(z))),
             "softmax_over_time": ("z * softmax(z, over = time)", lambda z: z * F.softmax(z, 1)),
             "mean_over_all": ("z * mean(z ^ 2, over = [time, c])", lambda z: z * (z ** 2).mean((1, 2), keepdim=True)),
             "mean_where": ("z * mean(z, where = z > 0)",
                            lambda z: z * (torch.where(z > 0, z, 0).sum(1) / (z > 0).sum(1).clamp(min=1))[:, None]),
             "meets_another": ("x * mean(z)", None)}
    for name, (formula, made) in forms.items():
        yield case(name, formula, lambda params, x, made=made: made(strided(params, x)) if made
                   else x * strided(params, x).mean(1, keepdim=True), {})
    losses = {"loss_of_all": ("mse(mean(out), label) + 0.1 * mean(z ^ 2, over = all)",
                              lambda out, y, target: F.mse_loss(out.mean(1), target) + 0.1 * (y ** 2).mean()),
              "loss_of_rates": ("mse(last(out), label) + 0.1 * sum((mean(z, over = [batch, time]) - 0.1) ^ 2, over = space)",
                                lambda out, y, target: F.mse_loss(out[:, -1], target)
                                + 0.1 * ((y.mean((0, 1)) - 0.1) ** 2).sum()),
              "loss_of_steps": ("mean(cross_entropy(out, label))",
                                lambda out, y, target: F.cross_entropy(
                                    out.flatten(0, 1), target.repeat_interleave(out.shape[1], 0))),
              "loss_of_greatest": ("cross_entropy(max(out), label)",
                                   lambda out, y, target: F.cross_entropy(out.amax(1), target))}
    for name, loss in losses.items():
        yield case(name, "1 * z", strided, {}, loss=loss)


def cases():
    yield from window_cases()
    yield from pool_cases()
    yield from dense_cases()
    yield from view_cases()
    yield from behind_cases()


if __name__ == "__main__":
    write_files("steps", cases())
