"""Random small networks out of common layers, as the network files of users: the same seed gives the same file."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

CHANNELS, WINDOW, CLASSES = 2, 256, 3
# The longest sequence that recurrent layers and attention are given: they are slow to export and to run.
LONGEST_SEQUENCE = 64

ACTIVATIONS = (
    "nn.ReLU()",
    "nn.LeakyReLU(0.1)",
    "nn.PReLU()",
    "nn.ELU()",
    "nn.SELU()",
    "nn.CELU()",
    "nn.GELU()",
    "nn.GELU(approximate='tanh')",
    "nn.SiLU()",
    "nn.Mish()",
    "nn.Tanh()",
    "nn.Sigmoid()",
    "nn.Softplus()",
    "nn.Softsign()",
    "nn.ReLU6()",
    "nn.Hardswish()",
    "nn.Hardsigmoid()",
    "nn.Hardtanh()",
    "nn.LogSigmoid()",
)


@dataclass
class Sketch:
    """A network as it grows: lines of its two methods, and the shape [B, channels, length] that is flowing."""

    rng: np.random.Generator
    channels: int = CHANNELS
    length: int = WINDOW
    made: list[str] = field(default_factory=list)
    run: list[str] = field(default_factory=list)

    def layer(self, expression: str) -> str:
        """Add a layer and return what it is called in forward."""
        name = f"self.layer{len(self.made)}"
        self.made.append(f"{name} = {expression}")
        return name

    def step(self, expression: str) -> None:
        """Add a line that gives x a new value."""
        self.run.append(f"x = {expression}")

    def choose(self, *options: str) -> str:
        """Return one of the options."""
        return options[self.rng.integers(len(options))]

    def width(self) -> int:
        """Return a number of channels that four heads or groups divide."""
        return int(self.rng.choice([4, 8, 12, 16]))


def convolution(sketch: Sketch) -> None:
    width, kernel, stride = sketch.width(), int(sketch.rng.choice([1, 3, 5, 9])), int(sketch.rng.integers(1, 4))
    mode, bias = sketch.choose("zeros", "zeros", "replicate", "circular"), bool(sketch.rng.integers(2))
    arguments = f"{sketch.channels}, {width}, {kernel}, {stride}, {kernel // 2}, bias={bias}, padding_mode='{mode}'"
    sketch.step(f"{sketch.layer(f'nn.Conv1d({arguments})')}(x)")
    sketch.channels, sketch.length = width, (sketch.length - 1) // stride + 1


def flat_convolution(sketch: Sketch) -> None:
    layer = sketch.layer(f"nn.Conv2d(1, 4, ({sketch.channels}, 5), padding=(0, 2))")
    sketch.step(f"{layer}(x.unsqueeze(1)).squeeze(2)")
    sketch.channels = 4


def causal(sketch: Sketch) -> None:
    layer = sketch.layer(f"nn.Conv1d({sketch.channels}, {sketch.channels}, 3, dilation=2)")
    sketch.step(f"x + {layer}(nn.functional.pad(x, (4, 0)))")


def norm(sketch: Sketch) -> None:
    channels = sketch.channels
    groups = 4 if channels % 4 == 0 else 1
    kind = sketch.choose("batch", "batch", "group", "instance", "layer")
    if kind == "layer":
        sketch.step(f"{sketch.layer(f'nn.LayerNorm({channels})')}(x.transpose(1, 2)).transpose(1, 2)")
        return
    makers = {
        "batch": f"nn.BatchNorm1d({channels})",
        "group": f"nn.GroupNorm({groups}, {channels})",
        "instance": f"nn.InstanceNorm1d({channels}, affine=True)",
    }
    sketch.step(f"{sketch.layer(makers[kind])}(x)")


def activation(sketch: Sketch) -> None:
    sketch.step(f"{sketch.layer(sketch.choose(*ACTIVATIONS))}(x)")


def pool(sketch: Sketch) -> None:
    if sketch.length < 8:
        return
    kind, size = sketch.choose("MaxPool1d", "AvgPool1d", "AdaptiveAvgPool1d", "AdaptiveMaxPool1d"), sketch.length // 2
    if kind.startswith("Adaptive"):
        size = int(sketch.choose(str(size), str(sketch.length), "7", "8"))
        sketch.step(f"{sketch.layer(f'nn.{kind}({size})')}(x)")
        sketch.length = size
    elif sketch.rng.integers(3) == 0:
        sketch.step(f"{sketch.layer(f'nn.{kind}(3, 1, 1)')}(x)")
    else:
        sketch.step(f"{sketch.layer(f'nn.{kind}(2)')}(x)")
        sketch.length //= 2


def dropout(sketch: Sketch) -> None:
    sketch.step(f"{sketch.layer('nn.Dropout(0.3)')}(x)")


def residual(sketch: Sketch) -> None:
    layer = sketch.layer(f"nn.Conv1d({sketch.channels}, {sketch.channels}, 3, padding=1)")
    sketch.step(
        sketch.choose(f"torch.relu(x + {layer}(x))", f"x + torch.relu({layer}(x))", f"x * {layer}(x).sigmoid()")
    )


def branches(sketch: Sketch) -> None:
    first = sketch.layer(f"nn.Conv1d({sketch.channels}, 4, 5, padding='same')")
    second = sketch.layer(f"nn.Conv1d({sketch.channels}, 4, 3, padding='same', dilation=2)")
    sketch.step(f"torch.cat([{first}(x), {second}(x), x], dim=1)")
    sketch.channels += 8


def gate(sketch: Sketch) -> None:
    layer = sketch.layer(f"nn.Linear({sketch.channels}, {sketch.channels})")
    sketch.step(f"x * torch.sigmoid({layer}(x.mean(dim=2))).unsqueeze(2)")


def recurrent(sketch: Sketch) -> None:
    if sketch.length > LONGEST_SEQUENCE:
        convolution_to(sketch)
    width, both = sketch.width(), bool(sketch.rng.integers(2))
    kind, layers = sketch.choose("LSTM", "GRU", "RNN"), int(sketch.rng.integers(1, 3))
    made = f"nn.{kind}({sketch.channels}, {width}, {layers}, batch_first=True, bidirectional={both})"
    sketch.step(f"{sketch.layer(made)}(x.transpose(1, 2))[0].transpose(1, 2)")
    sketch.channels = width * (2 if both else 1)


def attention(sketch: Sketch) -> None:
    convolution_to(sketch)
    width = sketch.channels
    if sketch.rng.integers(2):
        made = f"nn.TransformerEncoderLayer({width}, 4, {2 * width}, batch_first=True, norm_first=True)"
        sketch.step(f"{sketch.layer(made)}(x.transpose(1, 2)).transpose(1, 2)")
        return
    layer = sketch.layer(f"nn.MultiheadAttention({width}, 4, batch_first=True)")
    sketch.run.append("steps = x.transpose(1, 2)")
    sketch.step(f"x + {layer}(steps, steps, steps)[0].transpose(1, 2)")


def convolution_to(sketch: Sketch) -> None:
    """Shorten the sequence to what recurrent layers and attention take, and widen it to a multiple of four."""
    stride, width = -(-sketch.length // LONGEST_SEQUENCE), sketch.width()
    sketch.step(f"{sketch.layer(f'nn.Conv1d({sketch.channels}, {width}, {stride}, {stride})')}(x)")
    sketch.channels, sketch.length = width, sketch.length // stride


def reduced(sketch: Sketch) -> int:
    """Add the step from [B, channels, length] to features, and return how many there are."""
    channels = sketch.channels
    kind = sketch.choose("mean", "amax", "last", "flatten", "pool", "spread", "view", "score")
    if kind == "score":
        layer = sketch.layer(f"nn.Linear({channels}, 1)")
        sketch.run.append(f"weight = torch.softmax({layer}(x.transpose(1, 2)), dim=1)")
    steps = {
        "mean": ("x.mean(dim=2)", channels),
        "amax": ("x.amax(dim=2)", channels),
        "last": ("x[:, :, -1]", channels),
        "flatten": ("x.flatten(1)", channels * sketch.length),
        "pool": ("nn.functional.adaptive_avg_pool1d(x, 1).squeeze(-1)", channels),
        "spread": ("torch.cat([x.mean(dim=2), x.std(dim=2)], dim=1)", 2 * channels),
        "view": (f"x.view(x.shape[0], {channels * sketch.length})", channels * sketch.length),
        "score": ("(x.transpose(1, 2) * weight).sum(dim=1)" if kind == "score" else "", channels),
    }
    if kind == "view":
        sketch.step("x.contiguous()")
    expression, features = steps[kind]
    sketch.step(expression)
    return features


def answered(sketch: Sketch, features: int) -> str:
    """Add the head, and return what forward returns."""
    if sketch.rng.integers(2):
        sketch.step(f"{sketch.layer(f'nn.Linear({features}, 8)')}(x)")
        activation(sketch)
        features = 8
    head = sketch.layer(f"nn.Linear({features}, {CLASSES})")
    plain = f"{head}(x)"
    if sketch.rng.integers(2):
        return plain
    extra = sketch.layer(f"nn.Linear({features}, 1)")
    return sketch.choose(
        plain,
        f"({plain}, {extra}(x)) if self.training else {plain}",
        f"({plain}, {extra}(x))",
        f"{{'logits': {plain}, 'load': {extra}(x)}}",
        f"torch.softmax({plain}, dim=1)",
        f"torch.log_softmax({plain}, dim=1)",
    )


Layer = Callable[[Sketch], None]
# The commoner ones stand twice.
LAYERS: tuple[Layer, ...] = (
    *(convolution, convolution, norm, norm, activation, activation, pool, pool),
    *(flat_convolution, causal, dropout, residual, branches, gate, recurrent, attention),
)


def random_network(seed: int) -> str:
    """Return the text of a network file whose class `Net` takes float32 [B, 2, 256] and gives three logits."""
    sketch = Sketch(np.random.default_rng(seed))
    for index in sketch.rng.integers(0, len(LAYERS), sketch.rng.integers(2, 7)):
        LAYERS[index](sketch)
    answer = answered(sketch, reduced(sketch))
    made = "\n        ".join(["super().__init__()", *sketch.made])
    run = "\n        ".join(["x = signal", *sketch.run, f"return {answer}"])
    return f"""import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        {made}

    def forward(self, signal):
        {run}
"""
