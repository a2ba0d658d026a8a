"""The one way into a user's own code: its import, its factory, its forward and its export run in this wrapper.

Such code may raise anything at all. This is the only place of the build that catches everything, and what it makes
of it is one sentence with the error's message and the file and line of the user's code.
"""

import re
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from build_scripts.errors import BuildError, RecipeError

LONGEST_MESSAGE = 400
# Places without a user's code: the standard library, installed packages, this project.
_FOREIGN = tuple(
    str(folder)
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
        Path(torch.__file__).resolve().parent,
        Path(__file__).resolve().parents[1],
    )
)
# Additions of libraries below their message: traces, hints to their own developers.
_TRAILER = re.compile(r"while executing|original traceback|traceback|from user code|for more|caused by|consider", re.I)

_SCRIPT = re.compile(
    r"\A\s*The following operation failed in the TorchScript interpreter.*^(?:\w+Error|Exception): ", re.S | re.M
)


@contextmanager
def user_code(doing: str, failure: type[BuildError] = RecipeError) -> Iterator[None]:
    """Run a user's code in the block; whatever it raises becomes one sentence, which begins with `doing`.

    Warnings in the block are not shown.

    Example:
        with user_code("net.py does not import"):
            ...

    Raises:
        BuildError: of the class `failure`, where the code raises anything or ends the program. An interrupt from the
            keyboard and this project's own errors pass as they are.
    """
    try:
        # Warnings are for the author of the network, not for the log of a build.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except BuildError:
        raise
    except SystemExit as error:
        raise failure(f"{doing}: it ends the program with status {error.code}{_place(error)}.") from error
    except Exception as error:
        raise failure(f"{doing}: {account(error)}.") from error


def account(error: BaseException) -> str:
    """Return what an error is about: its message, its kind, and the file and line of the user's code; no full stop.

    An error that PyTorch's exporters wrap around another counts as the other one.
    """
    inner = error
    while inner.__cause__ is not None and type(inner).__module__.startswith("torch."):
        inner = inner.__cause__
    message = paragraph(_message(inner))
    kind = type(inner).__name__
    return f"{message} ({kind}{_place(error, ', ')})" if message else f"{kind}{_place(error)}"


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    text = str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{text}: install it, or import it only where training needs it"
    # TorchScript puts its own traces before the message.
    return _SCRIPT.sub("", text, count=1)


def paragraph(text: str) -> str:
    """Return the first paragraph of a message on one line, whole up to 400 characters, without its full stop."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if not line.strip() or (lines and _TRAILER.match(line.strip())):
            break
        lines.append(line)
    message = " ".join(" ".join(lines).split()).removesuffix(".")
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE].rpartition(' ')[0]} ..."


def _place(error: BaseException | None, before: str = " at ") -> str:
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{before}{Path(error.filename).name}, line {error.lineno}"
    found, inner = "", error
    while inner is not None:
        for frame in traceback.extract_tb(inner.__traceback__):
            if not frame.filename.startswith((*_FOREIGN, "<")):
                found = f"{before}{Path(frame.filename).name}, line {frame.lineno}"
        inner = inner.__cause__
    return found
