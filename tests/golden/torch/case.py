"""What a case is: a network as the text of a model file and in PyTorch, and how its parameters are drawn."""
from networks import INPUTS, STEPS, cross_entropy, mse

LOSSES = {"cross_entropy": cross_entropy, "mse": mse}


class Near:
    """A parameter's values are drawn about `centre`."""

    def __init__(self, centre, spread, *shape):
        self.centre, self.spread, self.shape = centre, spread, shape

    def draw(self, random):
        return self.centre + self.spread * random.standard_normal(self.shape)


class Matrix:
    """A weight matrix [outputs, inputs]; some are weaker, some stronger, so that a fitting one is found."""

    def __init__(self, outputs, inputs):
        self.shape = (outputs, inputs)

    def draw(self, random):
        spread, centre = random.uniform(0.2, 1.5), random.uniform(0, 0.6)
        return centre + spread * random.standard_normal(self.shape)


class Bias(Near):
    def __init__(self, outputs):
        super().__init__(0.1, 0.3, outputs)


class Case:
    """`forward` maps a Run to the scores [batch, classes] of which `loss` is taken."""

    def __init__(self, name, text, forward, loss, params, binary=True, shape=(STEPS, INPUTS)):
        self.name, self.text, self.forward, self.loss, self.params = name, text, forward, loss, params
        self.binary = binary    # the image consists of 0 and 1, else of multiples of 1/255
        self.shape = shape      # of one sample


def model_text(name, body, score, loss, data="shape = [7], classes = 3, temporal", time="8 steps",
               definitions=""):
    lines = [definitions.strip("\n") + "\n"] if definitions else []
    lines += ["model %s {" % name, "    data idx(%s)" % data, "    time %s" % time, body.strip("\n"),
              "    predict argmax(%s)" % score, "    train { loss %s(%s, label) }" % (loss, score), "}"]
    return "\n".join(lines) + "\n"


def network_case(cases, body, score="rate(out)", loss="cross_entropy", binary=True, shape=(STEPS, INPUTS),
                 data=None, time="8 steps", definitions="", **params):
    """Decorator that adds a case to `cases`: the function is the network in PyTorch, its name the case's."""
    def add(forward):
        static = "shape = [7], classes = 3"
        text = model_text(forward.__name__, body, score, loss,
                          data or (static if len(shape) == 1 else static + ", temporal"), time, definitions)
        cases.append(Case(forward.__name__, text, forward, LOSSES[loss], params, binary, shape))
        return forward
    return add


TWO_LAYERS = dict(w_hidden=Matrix(6, 7), w_out=Matrix(3, 6))
