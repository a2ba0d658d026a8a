"""The table of everyday networks: what each is, how its checkpoint is saved, and how its build should end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from build_scripts.benchmarks.networks.kinds.answers import DataclassAnswer, NamedAnswers, Probabilities
from build_scripts.benchmarks.networks.kinds.attention import AttentionCNN, PatchTransformer
from build_scripts.benchmarks.networks.kinds.convolutional import (
    DilatedBranches,
    FlattenedCNN,
    InceptionCNN,
    PooledCNN,
    SeveralHeads,
    WideKernelCNN,
)
from build_scripts.benchmarks.networks.kinds.dense import SpectrumMLP
from build_scripts.benchmarks.networks.kinds.recurrent import ConvolutionalLSTM, PatchGRU, PatchLSTM
from build_scripts.benchmarks.networks.kinds.residual import CausalNet, SqueezedResNet
from functions.core.models.manifest import Precision


@dataclass(frozen=True)
class Kind:
    """An everyday network.

    label: its row in a table; network: its class; small: a width with which it is trained and built in seconds;
    precision: of the variant that a build should keep; free_length: whether it takes signals of any length;
    checkpoint: a name of CHECKPOINT_FORMS; recipe: keys of the recipe's [network] beside file and factory.
    """

    label: str
    network: type[nn.Module]
    small: int
    precision: Precision = "int8"
    free_length: bool = True
    checkpoint: str = "state_dict"
    recipe: Mapping[str, str | int] = field(default_factory=dict)


ZOO: Mapping[str, Kind] = {
    "pooled-cnn": Kind("CNN, pooled to seven steps", PooledCNN, 8, free_length=False, checkpoint="lightning"),
    "flattened-cnn": Kind("CNN, flattened", FlattenedCNN, 8, free_length=False, checkpoint="data-parallel"),
    "wide-kernel-cnn": Kind("CNN, wide first kernel (WDCNN)", WideKernelCNN, 8, free_length=False),
    "dilated-branches": Kind("CNN, dilated branches", DilatedBranches, 8, checkpoint="compiled"),
    "inception": Kind("CNN, inception blocks", InceptionCNN, 4),
    "several-heads": Kind("CNN, several heads", SeveralHeads, 8, checkpoint="with-optimizer"),
    "squeezed-resnet": Kind("ResNet with squeeze and excitation", SqueezedResNet, 8),
    "causal": Kind("causal convolutions (TCN)", CausalNet, 8),
    "attention-cnn": Kind("CNN, multi-head attention", AttentionCNN, 16),
    "patch-transformer": Kind("Transformer on patches", PatchTransformer, 16, free_length=False),
    "cnn-lstm": Kind("CNN and bidirectional LSTM", ConvolutionalLSTM, 16),
    "patch-lstm": Kind("LSTM on patches", PatchLSTM, 16, free_length=False, checkpoint="safetensors"),
    "patch-gru": Kind("GRU on patches", PatchGRU, 16, "fp32", free_length=False),
    "spectrum-mlp": Kind("linear layers on a spectrum", SpectrumMLP, 32, free_length=False),
    "named-answers": Kind("CNN, answers by name", NamedAnswers, 8, recipe={"output": "logits"}),
    "dataclass-answer": Kind("CNN, answer in a dataclass", DataclassAnswer, 8, recipe={"output": "logits"}),
    "probabilities": Kind("CNN, softmax at its end", Probabilities, 8, recipe={"gives": "probabilities"}),
}
