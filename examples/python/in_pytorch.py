"""The network of examples/recurrent in PyTorch, with the weights that its trainer learned:
in_pytorch.py CHECKPOINT LIBRARY HEADER FOLDER says how often it predicts what the library does."""
import sys
import numpy as np, torch
from checkpoint import load
from predict import Network, read


class Recurrent(torch.nn.Module):
    def __init__(self, width=128, inputs=28, classes=10):
        super().__init__()
        self.hidden = torch.nn.Linear(inputs, width, bias=False)
        self.hidden_2 = torch.nn.Linear(width, width, bias=False)
        self.digit = torch.nn.Linear(width, classes, bias=False)

    def forward(self, x):  # [batch, steps, inputs]
        spikes = v = x.new_zeros(len(x), self.hidden_2.in_features)
        u = x.new_zeros(len(x), self.digit.out_features)
        for t in range(x.shape[1]):
            v = v * (1 - 1 / 4) + self.hidden(x[:, t]) + self.hidden_2(spikes)
            spikes = (v >= 1).to(v)
            v = v - spikes
            u = u * (1 - 1 / 20) + self.digit(spikes)
        return u


if __name__ == "__main__":
    weights = {name[2:] + ".weight": torch.from_numpy(array.copy())
               for name, array in load(sys.argv[1]).items() if name.startswith("w_")}
    model = Recurrent(width=len(weights["hidden.weight"]))
    model.load_state_dict(weights)
    network = Network(sys.argv[2], sys.argv[3])
    images = read(sys.argv[4] + "/t10k-images-idx3-ubyte", 16).reshape(-1, *network.shape)[:1000]
    images = images / np.float32(255)
    with torch.no_grad():
        classes = model(torch.from_numpy(images)).argmax(1).tolist()
    same = sum(network(image)[0] == k for image, k in zip(images, classes))
    print(f"the same class of {same} of {len(images)} images")
