"""The step that exports: a checkpoint to an ONNX model of free batch, and free length where it can be, proven equal."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import torch

from build_scripts.errors import BuildError, ExportError, RecipeError, ValidationFailed
from build_scripts.export.causes import BRANCH
from build_scripts.export.given import METHOD, GivenNetwork
from build_scripts.export.onnx_file import slimmed
from build_scripts.export.torch_export import DEFAULT, ExportOptions, needs_legacy, projected, traced
from build_scripts.export.validate import Contract, free_lengths, validate
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription
from build_scripts.networks.conditions import silence, write_conditions
from build_scripts.networks.trained import TrainedModel, model_of
from build_scripts.networks.user_code import user_code

log = logging.getLogger("build")


@dataclass(frozen=True)
class ExportedModel:
    """A float32 ONNX file and the largest difference between its outputs and PyTorch's.

    method: how it was made, as the manifest names it. fixed_length: why the length is fixed; None where it is free.
    """

    path: Path
    max_abs_difference: float
    method: str
    fixed_length: str | None = None


def export(checkpoint: Checkpoint, path: Path, version: str = "1", options: ExportOptions = DEFAULT) -> ExportedModel:
    """Export a checkpoint to `path`: `signal` [B, C, T] to `logits` [B, K] and `distance` [B].

    Raises:
        ExportError: ONNX cannot express the network.
        ValidationFailed: the model is not valid, or an output differs by more than 1e-4 from PyTorch's at some
            batch size or length.
    """
    return export_network(model_of(checkpoint), path, version, options)


def export_network(
    model: TrainedModel, path: Path, version: str = "1", options: ExportOptions = DEFAULT
) -> ExportedModel:
    """Export a trained network to `path`; the batch is free, and the length as the options say.

    Where they leave it open, a free length is tried first; a network that does not run, export or validate with it is
    exported for its window alone. Where they leave the exporter open, the legacy one is tried after the other; but for
    a branch on values of the signal, which it would leave out.

    Raises:
        ExportError: ONNX cannot express the network.
        RecipeError: the network does not run.
        ValidationFailed: the file does not match the network.
    """
    if name := projected(model.network):
        raise ExportError(
            f"ONNX has no form of an LSTM with proj_size, which {name} has: train it without, a linear layer behind it."
        )
    if options.exporter != "legacy" and (part := needs_legacy(model.network)):
        log.info("%s is exported by the legacy exporter", part)
        options = replace(options, exporter="legacy")
    try:
        return _of_its_length(model, path, version, options)
    except (ExportError, ValidationFailed) as error:
        if options.exporter is not None or isinstance(model.network, GivenNetwork) or BRANCH in str(error):
            raise
        log.info("the legacy exporter is tried: %s", _first(error))
        try:
            return _of_its_length(model, path, version, replace(options, exporter="legacy"))
        except (ExportError, ValidationFailed):
            log.info("the legacy exporter cannot export it either")
            raise error from None


def _of_its_length(model: TrainedModel, path: Path, version: str, options: ExportOptions) -> ExportedModel:
    window = model.description.window
    if options.length == "fixed":
        reason = "the recipe asks for it"
    else:
        try:
            return _exported(model, path, version, options, free=True)
        except (ExportError, RecipeError, ValidationFailed) as error:
            reason = _first(error)
            if options.length == "free":
                raise ExportError(
                    f'With a free length: {reason}. length = "fixed" in [export] exports it for {window} samples.'
                ) from error
    log.info("the length is fixed at %d samples: %s", window, reason)
    try:
        return replace(_exported(model, path, version, options, free=False), fixed_length=reason)
    except ValidationFailed as error:
        if isinstance(model.network, GivenNetwork) and model.network.file.fixed_batch:
            raise RecipeError(
                f"{model.checkpoint} has a batch fixed at {model.network.file.fixed_batch}, and its graph keeps it: "
                f"{_first(error)}. Export it with a free batch."
            ) from error
        raise
    except ExportError as error:
        raise ExportError(f"{error}{_other_exporter(error, options)}") from error


def _other_exporter(error: ExportError, options: ExportOptions) -> str:
    if options.first == "legacy":
        return ""
    if BRANCH in str(error):
        return (
            ' Where the branch is a check that no signal fails, exporter = "legacy" in [export] leaves it out; the file'
            " is refused if its answers differ at any level of the signal."
        )
    return ' exporter = "legacy" in [export] is another way.' if options.exporter else ""


def _exported(model: TrainedModel, path: Path, version: str, options: ExportOptions, *, free: bool) -> ExportedModel:
    if free:
        _require_other_lengths(model)
    method = METHOD if isinstance(model.network, GivenNetwork) else options.method
    graph = slimmed(_graph(model, options, free=free))
    onnx.helper.set_model_props(graph, model_properties(model.description, version) | {"exporter": method})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph.SerializeToString())
    try:
        report = validate(path, model.network, contract_of(model, free=free))
    except BuildError:
        path.unlink()
        raise
    return ExportedModel(path, report.max_abs_difference, method)


def _graph(model: TrainedModel, options: ExportOptions, *, free: bool) -> onnx.ModelProto:
    if isinstance(model.network, GivenNetwork):
        return model.network.graph(free=free)
    example = silence((2, model.channels, model.description.window), model.description.conditions)
    return traced(model.network, example, model.outputs, (0, 2) if free else (0,), options)


def _require_other_lengths(model: TrainedModel) -> None:
    """Run the network at other lengths than its window: cheaper than an export that fails."""
    for length in free_lengths(model.description.window)[1:]:
        with torch.no_grad(), user_code(f"At a length of {length} samples the network does not run"):
            model.network(*silence((2, model.channels, length), model.description.conditions))


def _first(error: BuildError) -> str:
    """Return the first failure of an error as a clause: without a capital and a full stop."""
    text = error.failures[0] if isinstance(error, ValidationFailed) else str(error)
    more = f" ({len(error.failures)} such failures)" if isinstance(error, ValidationFailed) else ""
    word = text.split()[0]
    # PyTorch and ONNX keep their capitals.
    clause = text if word[1:] != word[1:].lower() else f"{text[0].lower()}{text[1:]}"
    return clause.removesuffix(".") + more


def contract_of(model: TrainedModel, *, free: bool = True) -> Contract:
    """Return the contract of an export of a model: its outputs, free batch, and its window or a free length."""
    window = model.description.window
    lengths = free_lengths(window) if free else (window,)
    return Contract(model.outputs, model.channels, lengths, conditions=model.description.conditions)


def model_properties(description: ModelDescription, version: str) -> dict[str, str]:
    """Return the metadata of a model's file: name, version, classes, sample rate, window, unit, conditions."""
    return {
        "name": description.name,
        "version": version,
        "classes": ",".join(identifier for identifier, _ in description.classes),
        "sample_rate_hz": f"{description.sample_rate_hz:g}",
        "window": str(description.window),
        "unit": description.unit,
        **write_conditions(description.conditions),
    }
