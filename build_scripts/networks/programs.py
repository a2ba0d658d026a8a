"""Files that hold a network beside its weights: TorchScript, and programs of torch.export.

Neither needs a Python file. TorchScript runs in PyTorch's own interpreter, which has no access to Python or to files;
a program of torch.export is a graph in JSON. Whatever else such a file may hold (pickles, compiled libraries,
expressions that are no arithmetic) is refused, not run.
"""

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from zipfile import ZipFile

import torch
from torch import Tensor, nn

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint_files import archive_members
from build_scripts.networks.user_code import account

# torch.export's symbolic sizes are evaluated when they are read: these names, numbers and symbols alone.
ARITHMETIC = re.compile(
    "Symbol|Integer|Rational|Float|Add|Mul|Pow|Max|Min|Mod|Abs|FloorDiv|CeilDiv|CleanDiv|PythonMod|ModularIndexing|"
    "IntTrueDiv|FloatTrueDiv|ToFloat|TruncToInt|CeilToInt|FloorToInt|RoundToInt|PowByNatural|Equality|Unequality|"
    "StrictLessThan|StrictGreaterThan|LessThan|GreaterThan|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|Piecewise|floor|ceiling|"
    "positive|integer|nonnegative|nonzero|real|true|false|True|False"
)
EXPRESSION = "expr_str"
SYMBOL = re.compile(r"'\w*'")
# PyTorch's message where only its log has the reason.
UNREADABLE = "We ran into an error when deserializing the saved file"
COMPILED = "data/aotinductor/"


class ProgramNetwork(nn.Module):
    """A program of a file as a network: it is as it was saved, has no training mode, and no hook sees its layers."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def forward(self, *inputs: Tensor) -> object:
        """Return what the program gives."""
        return self.program(*inputs)

    def train(self, mode: bool = True) -> Self:
        """Change nothing but the flag: a program of torch.export raises an error here."""
        self.training = mode
        return self


def read_program(path: Path) -> ProgramNetwork | None:
    """Return the network of a TorchScript or torch.export file, in evaluation mode; None if the file is neither.

    Raises:
        CheckpointError: the file is missing, broken, of another version, or holds more than a graph and its weights.
    """
    names = archive_members(path)
    if any(name.endswith("/constants.pkl") for name in names) and any("/code/" in name for name in names):
        return _scripted(path)
    if any(name.endswith(("/models/model.json", "/archive_version")) for name in names):
        return _exported(path, names)
    return None


def _scripted(path: Path) -> ProgramNetwork:
    try:
        program = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is a TorchScript file that cannot be read: {account(error)}.") from error
    return ProgramNetwork(program.float().eval()).eval()


def _exported(path: Path, names: list[str]) -> ProgramNetwork:
    _require_graph_alone(path, names)
    try:
        with _weights_only():
            program = torch.export.load(path)
            return ProgramNetwork(program.module()).eval()
    except (RuntimeError, OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        reason = f"or it holds code: {account(error)}"
        if UNREADABLE in str(error):
            reason = "as one of another version, or of a network that gives a class of your own in place of tensors"
        raise CheckpointError(
            f"{path} is a torch.export file that PyTorch {torch.__version__} cannot read, {reason}."
        ) from error


def _require_graph_alone(path: Path, names: list[str]) -> None:
    if any(COMPILED in name for name in names):
        raise CheckpointError(
            f"{path} holds a compiled library, which is not run. Save the program: torch.export.save."
        )
    # PyTorch takes names for one that differ in case alone, and reads the first of them.
    twice = [name for name, count in Counter(map(str.lower, names)).items() if count > 1]
    if twice:
        raise CheckpointError(
            f"{path} holds the part {twice[0]} more than once; it is not read. Save the program anew."
        )
    with ZipFile(path) as archive:
        documents = [archive.read(name) for name in names if name.lower().endswith(".json")]
    try:
        expressions = [SYMBOL.sub("", found) for document in documents for found in _expressions(document.decode())]
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} holds a part that is no JSON; it is not read. Save the program anew.") from error
    for expression in expressions:
        words = re.findall(r"[A-Za-z_]\w*", expression)
        if not all(map(ARITHMETIC.fullmatch, words)) or re.search(r"[^\w\s()+\-*/%,.=<>]", expression):
            raise CheckpointError(f"{path} holds an expression that is no arithmetic, {expression!r}; it is not read.")


def _expressions(document: str) -> list[str]:
    """Return every expression of a JSON document, also of a member that stands there twice; other values as JSON."""
    found: list[str] = []

    def kept(members: list[tuple[str, Any]]) -> dict[str, Any]:
        values = (value for name, value in members if name == EXPRESSION)
        found.extend(value if isinstance(value, str) else json.dumps(value) for value in values)
        return dict(members)

    json.loads(document, object_pairs_hook=kept)
    return found


@contextmanager
def _weights_only() -> Iterator[None]:
    """Forbid every torch.load below to run pickles: torch.export.load tries that where reading weights fails."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
