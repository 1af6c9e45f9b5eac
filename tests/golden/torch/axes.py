"""The cases of streams with axes, for maps.py: what lacks an axis is repeated, sums, maxima, parts, other shapes."""
import torch
import torch.nn.functional as F

SHAPE, EXTENTS = "y = 2, x = 4, c = 3", (2, 4, 3)  # behind batch and time: y is -3, x is -2, c is -1


def repeated(params, x):
    return torch.tanh(x.mean(-3, keepdim=True)) * x + x.sum((-3, -1), keepdim=True)


def parts(params, x):
    return torch.cat((x[..., 1:3, :], torch.tanh(x[..., 0:1, :])), -2)


FORMULAS = {
    "mean_over_c": ("mean(x, over = c)", lambda params, x: x.mean(-1)),
    "mean_over_space": ("mean(tanh(x), over = space)", lambda params, x: torch.tanh(x).mean((-3, -2, -1))),
    "sum_over_places": ("sum(x ^ 2, over = [y, x])", lambda params, x: (x ** 2).sum((-3, -2))),
    "max_over_c": ("max(x, over = c)", lambda params, x: x.amax(-1)),
    "min_over_c": ("min(x, over = c)", lambda params, x: x.amin(-1)),
    "max_over_places": ("max(x, over = [y, x])", lambda params, x: x.amax((-3, -2))),
    "last_over_x": ("last(x, over = x)", lambda params, x: x[..., -1, :]),
    "last_over_places": ("last(tanh(x), over = [y, c])", lambda params, x: torch.tanh(x)[..., -1, :, -1]),
    "argmax_over_c": ("x * (1 + argmax(x, over = c))", lambda params, x: x * (1 + x.argmax(-1, keepdim=True))),
    "argmax_over_places": ("x * (1 + argmax(x, over = [y, x]))",
                           lambda params, x: x * (1 + x.flatten(-3, -2).argmax(-2)[..., None, None, :])),
    "max_between": ("max(x, over = x)", lambda params, x: x.amax(-2)),
    "softmax_over_c": ("softmax(x)", lambda params, x: F.softmax(x, -1)),
    "softmax_over_x": ("softmax(x, over = x)", lambda params, x: F.softmax(x, -2)),
    "log_softmax_over_y": ("log_softmax(x, over = y)", lambda params, x: F.log_softmax(x, -3)),
    "repeated": ("tanh(mean(x, over = y)) * x + sum(x, over = [y, c])", repeated),
    "parts": ("x -> slice(1, 3, over = x) -> concat(tanh(x -> slice(0, 1, over = x)), over = x)", parts),
    "reshaped": ("softmax(x -> reshape([4, c = 6])) -> flatten",
                 lambda params, x: F.softmax(x.reshape(x.shape[:-3] + (4, 6)), -1)),
}


def meant(x, which, over):
    """The mean over some axes of the values that are meant; of none 0."""
    which = which.expand_as(x)
    return torch.where(which, x, 0).sum(over) / which.sum(over).clamp(min=1)


FORMULAS |= {
    "mean_where": ("mean(x, over = c, where = x > 0)", lambda params, x: meant(x, x > 0, -1)),
    "mean_where_places": ("tanh(x) * mean(x, over = [y, x], where = x ^ 2 < 0.3)",
                          lambda params, x: torch.tanh(x) * meant(x, x ** 2 < 0.3, (-3, -2))[..., None, None, :]),
    "sum_where_all": ("sum(x, over = space, where = mean(x, over = space) > 0) * x",
                      lambda params, x: torch.where(x.mean((-3, -2, -1), keepdim=True) > 0, x, 0)
                      .sum((-3, -2, -1), keepdim=True) * x),
    "max_where": ("max(max(x, over = c, where = x < 0.2), -2)",
                  lambda params, x: x.masked_fill(x >= 0.2, -9).amax(-1).clamp(min=-2)),
}


def stepwise(out, y, target, smoothing):
    """Of out in time: at each step."""
    return F.cross_entropy(out.flatten(0, 1), target.repeat_interleave(out.shape[1], 0), label_smoothing=smoothing)


def bounded_batch(out, y, target):
    most = y.unflatten(-1, EXTENTS).amax(-1).clamp(max=0.3)
    return stepwise(out, y, target, 0) + 0.1 * ((most.mean((0, 1)) - 0.1) ** 2).sum()


def several(out, y, target):
    bounded = F.relu(y.mean(1) - 0.1) ** 2
    return (stepwise(out, y, target, 0) + 0.5 * F.l1_loss(out[:, -1], target) + 0.2 * bounded.mean()
            + 0.1 * (y ** 2).mean() + F.mse_loss(out.amax(1), target))


def last_meant(out, which):
    """The value at the last step that is meant."""
    kept = torch.zeros_like(out[:, 0])
    for t in range(out.shape[1]):
        kept = torch.where(which[:, t], out[:, t], kept)
    return kept


def of_some_steps(out, y, target):
    which = y.mean(-1)[..., None] > -0.4  # at each step
    return (F.cross_entropy(meant(out, which, 1), target) + 0.5 * F.l1_loss(last_meant(out, which), target)
            + 0.1 * meant(y ** 2, which, (1, 2)).mean())


LOSSES = {
    "loss_where": ("cross_entropy(mean(out, where = mean(y, over = space) > -0.4), label)"
                   " + 0.5 * mae(last(out, where = mean(y, over = space) > -0.4), label)"
                   " + 0.1 * mean(y ^ 2, over = all, where = mean(y, over = space) > -0.4)", of_some_steps),
    "loss_of_steps": ("mean(cross_entropy(out, label))", lambda out, y, target: stepwise(out, y, target, 0)),
    "loss_smoothed": ("mean(cross_entropy(out, label, smoothing = 0.1))",
                      lambda out, y, target: stepwise(out, y, target, 0.1)),
    "loss_of_batch": ("mean(cross_entropy(out, label)) + 0.1 * sum((mean(y, over = [batch, time]) - 0.1) ^ 2, over = space)",
                      lambda out, y, target: stepwise(out, y, target, 0) + 0.1 * ((y.mean((0, 1)) - 0.1) ** 2).sum()),
    "loss_of_bounded_batch": ("mean(cross_entropy(out, label))"
                              " + 0.1 * sum((mean(min(max(y, over = c), 0.3), over = [batch, time]) - 0.1) ^ 2, over = space)",
                              bounded_batch),
    "losses": ("mean(cross_entropy(out, label)) + 0.5 * mae(last(out), label)"
               " + 0.2 * mean(max(mean(y) - 0.1, 0) ^ 2, over = space) + 0.1 * mean(y ^ 2, over = all) + mse(max(out), label)",
               several),
}


def bounds(out, y, target):
    """An upper and a lower bound of each unit's mean, and all activity."""
    rate = y.mean(1)
    return (F.mse_loss(out[:, -1], target[1]) + 0.3 * (F.relu(rate - 0.1) ** 2).sum(1).mean()
            + 0.2 * (F.relu(-0.1 - rate) ** 2).sum(1).mean() + 0.1 * (y ** 2).mean())


# Targets are the label, 1 for the class, and numbers.
NUMBERS = {
    "target_mse": ("mse(mean(out), target)", lambda out, y, target: F.mse_loss(out.mean(1), target[1])),
    "target_mae": ("mae(max(out), target)", lambda out, y, target: F.l1_loss(out.amax(1), target[1])),
    "target_least": ("mse(min(out), target)", lambda out, y, target: F.mse_loss(out.amin(1), target[1])),
    "target_own": ("mean(log(1 + exp(abs(last(out) - target))), over = c)",
                   lambda out, y, target: torch.log(1 + torch.exp((out[:, -1] - target[1]).abs())).mean()),
    "target_and_label": ("loss kind = cross_entropy(sum(out), label)\n            loss size = 0.3 * mae(mean(out), target)\n"
                         "            loss 0.01 * mean(y ^ 2, over = all)",
                         lambda out, y, target: F.cross_entropy(out.sum(1), target[0])
                         + 0.3 * F.l1_loss(out.mean(1), target[1]) + 0.01 * (y ** 2).mean()),
    "target_bounds": ("mse(last(out), target) + 0.3 * sum(max(mean(y) - 0.1, 0) ^ 2, over = space)"
                      " + 0.2 * sum(max(-0.1 - mean(y), 0) ^ 2, over = space) + 0.1 * mean(y ^ 2, over = all)", bounds),
}
NUMBERS_IN_TIME = {
    "target_of_steps": ("mean(mse(out, target))", lambda out, y, target: F.mse_loss(out, target[1])),
    "target_of_steps_mae": ("mean(mae(out, target)) + 0.1 * mean(mean(y, over = space) ^ 2)",
                            lambda out, y, target: F.l1_loss(out, target[1])
                            + 0.1 * (y.mean(-1) ** 2).mean()),
}


def target_cases(case):
    for name, loss in NUMBERS.items():
        yield case(name, SHAPE, EXTENTS, "tanh(x)", lambda params, x: torch.tanh(x), {}, True, True, loss,
                   target=", target = 3")
    for name, loss in NUMBERS_IN_TIME.items():
        yield case(name, SHAPE, EXTENTS, "tanh(x)", lambda params, x: torch.tanh(x), {}, True, True, loss,
                   target=", target = 3, target_temporal")


def axis_cases(case):
    yield case("argmax_over_time", SHAPE, EXTENTS, "x * (1 + argmax(x, over = time))",
               lambda params, x: x * (1 + x.argmax(1, keepdim=True)), {}, True, True)
    yield from target_cases(case)
    for name, loss in LOSSES.items():
        yield case(name, SHAPE, EXTENTS, "tanh(x)", lambda params, x: torch.tanh(x), {}, True, True, loss)
    for name, (formula, forward) in FORMULAS.items():
        for temporal in (False, True):
            yield case(name + "_in_time" * temporal, SHAPE, EXTENTS, formula, forward, {}, temporal, True)
