#!/usr/bin/python3
"""Record what PyTorch's autograd says about small spiking networks.

Each case is one network, given twice: as the text of a model file and as plain PyTorch. One batch is run
in float32, and its input, labels, parameters, loss and gradients go to golden.safetensors; the model
files go to models.txt. README.md says what the arrays are called.

    record.py           write the golden files beside this script
    record.py --add     the same, but keep what is recorded of cases that are there already
    record.py --check   compute them again and compare with the files that are there
"""
import argparse
import json
import os
import struct
import sys
import zlib

import corners
import more_neurons
import own_neurons
import structures
from library_neurons import argument_cases, product_cases
from networks import CLASSES, Run
from pytorch import np, torch

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 4

# A recorded batch keeps this distance from everything that jumps: thresholds, edges of surrogates, ties.
MARGIN = 1e-3
# Allowed difference between the float32 and float64 gradients, relative to a parameter's largest.
PRECISION = 1e-5
# A recorded batch exercises its network: each layer's mean spikes per step are in RATES, the softmax is not
# saturated, and most elements of each gradient are not tiny beside the largest.
RATES = (0.08, 0.75)
LARGEST_LOSS = 4
SMALLEST_GRADIENT = 1e-3
ACTIVE_ELEMENTS = 0.7
ATTEMPTS = 20000


class Unfit(Exception):
    """This seed's batch is no good: another one, please."""


def execute(one, params, image, label, dtype):
    """Loss, gradients and the Run of one case; raises Unfit before the backward pass where it can."""
    tensors = {name: torch.tensor(value, dtype=dtype, requires_grad=True) for name, value in params.items()}
    run = Run(tensors, torch.tensor(image, dtype=dtype))
    loss = one.loss(one.forward(run), torch.tensor(label))
    if run.distance < MARGIN:
        raise Unfit("too near a discontinuity")
    for layer, spikes in run.spikes.items():
        if not RATES[0] <= torch.stack(spikes).mean().item() <= RATES[1]:
            raise Unfit("%s fires too rarely or too often" % layer)
    if loss.item() > LARGEST_LOSS:
        raise Unfit("the loss is too large")
    loss.backward()
    return loss.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}, run


def check_gradients(single, double, spikes):
    for name, grad in single.items():
        largest = np.abs(double[name]).max()
        active = np.mean(np.abs(grad) > 1e-3 * largest)
        if largest < SMALLEST_GRADIENT or active < ACTIVE_ELEMENTS:
            raise Unfit("gradient of %s vanishes" % name)
        if np.abs(grad - double[name]).max() > PRECISION * largest:
            raise Unfit("gradient of %s is not known precisely" % name)
    for layers in zip(spikes[0].values(), spikes[1].values()):
        if not torch.equal(torch.stack(layers[0]).double(), torch.stack(layers[1])):
            raise Unfit("float32 and float64 spike differently")


def attempt(one, seed):
    """The arrays of one case, drawn from one seed."""
    random = np.random.RandomState(seed)
    levels = 255 * (random.random_sample((BATCH,) + one.shape) < 0.4) if one.binary else \
        random.randint(0, 256, (BATCH,) + one.shape)
    image = levels.astype(np.float32) / np.float32(255)
    label = random.randint(0, CLASSES, BATCH)
    params = {name: np.float32(kind.draw(random)) for name, kind in one.params.items()}
    loss, grads, run = execute(one, params, image, label, torch.float32)
    _, exact_grads, exact_run = execute(one, params, image, label, torch.float64)
    check_gradients(grads, exact_grads, (run.spikes, exact_run.spikes))
    arrays = {"input": image, "label": label.astype(np.int32)}
    for name, value in params.items():
        arrays[name], arrays["grad." + name] = value, grads[name]
    arrays["loss"] = np.float32(loss)
    return {one.name + "/" + name: np.asarray(array) for name, array in arrays.items()}


def record_case(one):
    """The seeds depend on nothing but the case's name, so that a new case leaves the others as they are."""
    reasons = {}
    for number in range(ATTEMPTS):
        try:
            return attempt(one, zlib.crc32(("%s %d" % (one.name, number)).encode()))
        except Unfit as unfit:
            reasons[str(unfit)] = reasons.get(str(unfit), 0) + 1
    sys.exit("record.py: no fitting seed for %s in %d attempts: %s" % (one.name, ATTEMPTS, reasons))


OPTIMIZERS = [
    ("sgd", "sgd(lr = 0.1)", lambda w: torch.optim.SGD(w, 0.1)),
    ("sgd_momentum", "sgd(lr = 0.1, momentum = 0.9, decay = 0.01)",
     lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, weight_decay=0.01)),
    ("sgd_nesterov", "sgd(lr = 0.1, momentum = 0.9, nesterov = true, decay = 0.01)",
     lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", "adam(lr = 0.01)", lambda w: torch.optim.Adam(w, 0.01)),
    ("adam_decay", "adam(lr = 0.01, decay = 0.1)", lambda w: torch.optim.Adam(w, 0.01, weight_decay=0.1)),
    ("adam_arguments", "adam(lr = 0.01, beta1 = 0.8, beta2 = 0.99, eps = 1e-3)",
     lambda w: torch.optim.Adam(w, 0.01, betas=(0.8, 0.99), eps=1e-3)),
    ("adamw", "adamw(lr = 0.01)", lambda w: torch.optim.AdamW(w, 0.01)),
    ("adamw_decay", "adamw(lr = 0.01, decay = 0.5)", lambda w: torch.optim.AdamW(w, 0.01, weight_decay=0.5)),
]


def record_optimizer(name, make):
    """Five steps on given gradients; one element's gradient is always 0, one's is tiny."""
    random = np.random.RandomState(1)
    weight = torch.tensor(random.standard_normal((3, 4)), dtype=torch.float32)
    arrays = {"w0": weight.numpy().copy()}
    weight.requires_grad_(True)
    optimizer = make([weight])
    for step in range(1, 6):
        grad = random.standard_normal((3, 4)).astype(np.float32)
        grad[0, 0] = 0
        grad[1, 1] *= np.float32(1e-6)
        weight.grad = torch.tensor(grad)
        arrays["grad%d" % step] = grad
        optimizer.step()
    arrays["w5"] = weight.detach().numpy()
    return {"optim/%s/%s" % (name, key): array for key, array in arrays.items()}


def recorded():
    """The arrays that are there, and the versions of torch that made them."""
    with open(os.path.join(HERE, "golden.safetensors"), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        content = file.read()
    arrays, versions = {}, header.pop("__metadata__")["torch"].split(", ")
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        dtype = {"F32": np.float32, "I32": np.int32}[entry["dtype"]]
        arrays[name] = np.frombuffer(content[first:last], dtype).reshape(entry["shape"])
    return arrays, versions


def safetensors(arrays, versions):
    """The bytes of a safetensors file."""
    header, offset = {"__metadata__": {"torch": ", ".join(versions)}}, 0
    for name, array in arrays.items():
        dtype = {"float32": "F32", "int32": "I32"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values())


def record(there, versions):
    """All golden files: name -> bytes."""
    cases = (product_cases() + structures.CASES + own_neurons.CASES + list(argument_cases()) + corners.CASES
             + more_neurons.CASES)
    assert len({one.name for one in cases}) == len(cases)
    arrays, known = {}, {}
    for name, array in there.items():
        known.setdefault(name.rpartition("/")[0], {})[name] = array
    if torch.__version__ not in versions:
        versions = versions + [torch.__version__]
    for number, one in enumerate(cases, 1):
        arrays.update(known.get(one.name) or record_case(one))
        if sys.stderr.isatty():
            print("\r%d of %d cases" % (number, len(cases)), end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for name, _, make in OPTIMIZERS:
        arrays.update(known.get("optim/" + name) or record_optimizer(name, make))
    models = "\n".join("### %s\n%s" % (one.name, one.text) for one in cases)
    optimizers = "".join("%s: %s\n" % (name, text) for name, text, _ in OPTIMIZERS)
    return {"golden.safetensors": safetensors(arrays, versions), "models.txt": models.encode(),
            "optimizers.txt": optimizers.encode()}


def write(name, content):
    path = os.path.join(HERE, name)
    try:
        with open(path + ".tmp", "wb") as file:
            file.write(content)
        os.replace(path + ".tmp", path)
    except OSError as error:
        if os.path.exists(path + ".tmp"):
            os.remove(path + ".tmp")
        sys.exit("record.py: cannot write %s: %s" % (name, error.strerror))


def complaint(name, content):
    """What is wrong with a golden file, or None."""
    try:
        with open(os.path.join(HERE, name), "rb") as file:
            if file.read() == content:
                return None
    except OSError as error:
        return error.strerror
    return "is not what this script records here: run it without --check, then look at the difference"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--add", action="store_true", help="keep what is recorded of cases that are there")
    parser.add_argument("--check", action="store_true", help="compare with the files; write nothing")
    arguments = parser.parse_args()
    files = record(*(recorded() if arguments.add else ({}, [])))
    if not arguments.check:
        for name, content in files.items():
            write(name, content)
        return
    complaints = [(name, complaint(name, content)) for name, content in files.items()]
    for name, problem in complaints:
        if problem:
            print("record.py: %s: %s" % (name, problem), file=sys.stderr)
    sys.exit(1 if any(problem for _, problem in complaints) else 0)


if __name__ == "__main__":
    main()
