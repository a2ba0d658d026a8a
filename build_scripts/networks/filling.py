"""Fill a network with weights whose names may differ from its own, and log how the names were made to fit."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations
from torch.nn.utils.weight_norm import WeightNorm, remove_weight_norm

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint_files import first_names
from build_scripts.networks.weights import Candidates, Weights

log = logging.getLogger("build")

# Parts of a name that torch.compile, DataParallel, FSDP and checkpointing add in its middle.
WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|module|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
# Parts of a training beside its network: losses and metrics, whose weights an export does not need.
BESIDE = re.compile(r"^[\w]*(?:criterion|loss|metric|accuracy|auroc|f1)[\w]*\.", re.IGNORECASE)
# Added by PyTorch 0.4: older checkpoints lack it, and nothing but training reads it.
COUNTER = "num_batches_tracked"
# Added by PyTorch's moving averages of weights: of how many steps.
AVERAGED = "n_averaged"
# Ends of names in the weights of a network that PyTorch has quantized.
QUANTIZED = (".zero_point", "_packed_params", ".weight_scale", ".weight_zero_point")
MOST_NAMED = 3


def fill(network: nn.Module, candidates: Candidates, file: str = "the checkpoint", chosen: str | None = None) -> None:
    """Give a network the first of the weights whose names and shapes fit, also behind a prefix.

    What was taken off the names, which weights were left out, and which others would do is written to the log.

    Args:
        network: the network that gets the weights.
        candidates: weights by the key they stand under.
        file: its name, for messages.
        chosen: the key of the weights that are meant; None leaves it to the order.

    Raises:
        CheckpointError: none fit, there is none of the key, or a weight is not a finite number; the message names
            what is missing.
    """
    if chosen is not None and chosen not in candidates:
        there = ", ".join(repr(where) for where in candidates)
        raise CheckpointError(f"{file} has no weights under {chosen!r}; it has some under {there}.")
    wanted = candidates if chosen is None else {chosen: candidates[chosen]}
    found = _first_that_fits(wanted, network)
    if found is None:
        misfit, layers = _misfit(network, candidates), plain_weights(network)
        found = _first_that_fits(wanted, network) if layers else None
        if found is None:
            raise CheckpointError(f"The weights of {file} do not fit the network: {misfit}.")
        log.info(
            "normalisation of weights is taken off %s: %s has the weights that it gives",
            first_names(layers, MOST_NAMED),
            file,
        )
    where, fitting = found
    _require_numbers(network, file)
    if done := ", ".join(filter(None, (f"under {where!r}" if where else "", *fitting))):
        log.info("weights of %s: %s", file, done)
    if others := [one for one in candidates if chosen is None and _rival(candidates[where], candidates[one])]:
        log.info('others fit too: weights = "%s" in [network] takes them', '" or "'.join(others))


def _first_that_fits(candidates: Candidates, network: nn.Module) -> tuple[str, tuple[str, ...]] | None:
    """Fill a network with the first weights that fit; return their key and what was done, None where none fit."""
    for where, weights in candidates.items():
        fitting = fitted(weights, network)
        if fitting is not None:
            return where, fitting
    return None


def fitted(weights: Weights, network: nn.Module) -> tuple[str, ...] | None:
    """Fill a network with weights if their names can be made to fit; return what was done, None if they cannot.

    Names are tried as they are, without a prefix that all of them share, without the wrappers' names within them, and
    with a prefix that the network has and the file lacks.
    """
    if _loads(network, weights):
        return ()
    unwrapped = {WRAPPERS.sub("", name): tensor for name, tensor in weights.items()}
    for names, done in ((weights, ()), (unwrapped, (_wrappers(weights),))):
        for prefix in _prefixes(names, network):
            inner = {name[len(prefix) :]: tensor for name, tensor in names.items() if name.startswith(prefix)}
            outer = [name for name in names if not name.startswith(prefix)]
            if not prefix:
                outer = [name for name in names if BESIDE.match(name) and name not in network.state_dict()]
                inner = {name: tensor for name, tensor in names.items() if name not in outer}
            if _loads(network, inner):
                taken = f"the prefix {prefix!r} taken off" if prefix else ""
                left = f"left out: {first_names(outer, MOST_NAMED)}" if outer else ""
                return tuple(filter(None, (*done, taken, left)))
    return _with_prefix(weights, network)


def plain_weights(network: nn.Module) -> list[str]:
    """Put what a network's layers compute of their weights in place of these; return the names of the layers.

    Weights may be normalised, or made orthogonal by a matrix exponential, which ONNX lacks. A training may do this
    before it saves. The network is in evaluation mode where its weights are to be kept.
    """
    found: list[str] = []
    for name, module in list(network.named_modules()):
        # weight_norm is a hook, or a parametrization since PyTorch has them.
        hooked = any(isinstance(hook, WeightNorm) for hook in module._forward_pre_hooks.values())
        if hooked:
            remove_weight_norm(module)
        parametrized = list(getattr(module, "parametrizations", {})) if is_parametrized(module) else []
        for tensor in parametrized:
            remove_parametrizations(module, tensor)
        if hooked or parametrized:
            found.append(name)
    return found


def _rival(weights: Weights, others: Weights) -> bool:
    """Return whether others are as many, of the same shapes in their order, and not the same values."""
    parts = [[part for name, part in one.items() if not name.endswith(AVERAGED)] for one in (weights, others)]
    pairs = list(zip(*parts, strict=False))
    alike = len(parts[0]) == len(parts[1]) and all(one.shape == other.shape for one, other in pairs)
    return alike and not all(torch.equal(one, other) for one, other in pairs)


def _prefixes(names: Iterable[str], network: nn.Module) -> Iterator[str]:
    """Yield every prefix behind which a name of the network stands, the empty one first."""
    yield ""
    wanted = max(network.state_dict(), key=len, default="")
    yield from sorted({name[: -len(wanted)] for name in names if wanted and name.endswith(f".{wanted}")}, key=len)


def _forms(weights: Weights, network: nn.Module) -> Iterator[Weights]:
    """Yield weights as they are, and under the names that a prefix or the wrappers' names taken off leave."""
    for names in (weights, {WRAPPERS.sub("", name): tensor for name, tensor in weights.items()}):
        for prefix in _prefixes(names, network):
            yield {name[len(prefix) :]: tensor for name, tensor in names.items() if name.startswith(prefix)}


def _with_prefix(weights: Weights, network: nn.Module) -> tuple[str, ...] | None:
    longest = max(weights, key=len)
    for name in network.state_dict():
        prefix = name[: -len(longest)]
        if name.endswith(f".{longest}") and _loads(network, {f"{prefix}{one}": part for one, part in weights.items()}):
            return (f"the network's prefix {prefix!r} put before the names",)
    return None


def _loads(network: nn.Module, weights: Mapping[str, Tensor]) -> bool:
    """Load weights if all names and shapes are the network's; PyTorch's own renamings of old names count."""
    counters = {name: part for name, part in network.state_dict().items() if name.endswith(COUNTER)}
    if _unlike(network, weights):
        return False
    try:
        network.load_state_dict(counters | dict(weights))
    except RuntimeError:
        return False
    return True


def _unlike(network: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Return a clause for each weight that PyTorch would cast, though a cast does not give the trained numbers."""
    own = {name: part.dtype for name, part in network.named_parameters() if name in weights}
    return [
        f"{name} is {_kind(weights[name].dtype)} in the file and {_kind(kind)} in the network"
        for name, kind in own.items()
        if (kind.is_complex, kind.is_floating_point) != (weights[name].is_complex(), weights[name].is_floating_point())
    ]


def _kind(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _require_numbers(network: nn.Module, file: str) -> None:
    """Check weights and running statistics; a buffer may hold infinity, as masks of attention do, but no NaN."""
    parts: list[tuple[str, Tensor, Tensor]] = []
    parts += [(name, part, torch.isfinite(part)) for name, part in network.named_parameters()]
    for name, part in network.named_buffers():
        parts.append((name, part, torch.isfinite(part) if ".running_" in f".{name}" else ~torch.isnan(part)))
    bad = [f"{name} ({int((~good).sum())} of {part.numel()} values)" for name, part, good in parts if not good.all()]
    if bad:
        some = first_names(bad, MOST_NAMED)
        raise CheckpointError(f"The weights of {file} hold NaN or infinity: {some}. Save an earlier epoch's.")


def _misfit(network: nn.Module, candidates: Candidates) -> str:
    wanted = network.state_dict()
    forms = (form for one in candidates.values() for form in _forms(one, network))
    weights = max(forms, key=lambda one: len(wanted.keys() & one.keys()))
    shapes = [
        f"{name} is {list(part.shape)} in the file and {list(wanted[name].shape)} in the network"
        for name, part in weights.items()
        if name in wanted and part.shape != wanted[name].shape
    ]
    missing, unknown = [name for name in wanted if name not in weights], [one for one in weights if one not in wanted]
    unlike = _unlike(network, weights)
    parts = (
        first_names(shapes, MOST_NAMED) if shapes else "",
        first_names(unlike, MOST_NAMED) if unlike else "",
        f"the file lacks {first_names(missing, MOST_NAMED)}" if missing else "",
        f"the network has no {first_names(unknown, MOST_NAMED)}" if unknown else "",
        _remedy(weights, shapes=bool(shapes), unlike=bool(unlike), missing=bool(missing)),
    )
    return "; ".join(filter(None, parts))


def _remedy(weights: Weights, *, shapes: bool, unlike: bool, missing: bool) -> str:
    """Return what to do about weights that do not fit, a clause."""
    if unlike or any(name.endswith(QUANTIZED) for name in weights):
        return "give the weights as they were trained: the build quantizes them"
    if missing and not shapes:
        return ""
    alone = "" if shapes else ", or save the weights of its layers alone"
    return f"arguments in [network] must be those of the training{alone}"


def _wrappers(names: Iterable[str]) -> str:
    found = sorted({part for name in names for part in WRAPPERS.findall(name)})
    return f"{', '.join(map(repr, found))} taken out of the names" if found else ""
