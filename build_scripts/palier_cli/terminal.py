"""The output of the command: written at once or refused with a sentence, and harmless for any name of a file."""

import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from functions.core.errors import PalierError

_PIPE_WIDTH = 160


class OutputError(PalierError):
    """The output cannot be written."""

    code = "output_failed"


class HarmlessConsole(Console):
    """A console that shows control characters of a text as escapes: a file's name commands no terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield segments; styles are no part of their texts."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_harmless_lines(segment.text), segment.style)


def printable(text: str) -> str:
    r"""Return a text in which everything that is not printed stands as an escape: `\x1b`, `\n`, `\udcff`."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


@contextmanager
def screen() -> Iterator[Console]:
    """Give a console as wide as the terminal; what a block prints on it is written when the block ends.

    A pipe or file gets lines that are not broken at 80.

    Raises:
        OutputError, BrokenPipeError: as `write`.
    """
    text, terminal = io.StringIO(), Console()
    width = terminal.width if terminal.is_terminal else _PIPE_WIDTH
    yield HarmlessConsole(file=text, width=width, force_terminal=terminal.is_terminal, highlight=False, markup=False)
    write(text.getvalue())


def write(text: str) -> None:
    """Write a text to standard output, all of it.

    Raises:
        OutputError: standard output is closed, or takes no more.
        BrokenPipeError: nobody reads it any more.
    """
    if sys.stdout is None:
        raise OutputError("Standard output is closed: nothing can be shown. Send it to a file, a pipe or /dev/null.")
    encoding = sys.stdout.encoding or "utf-8"
    try:
        # An encoding without some character must not cost the rest.
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        _drop_output()
        if error.errno == errno.EPIPE:
            raise
        raise OutputError(f"Standard output cannot be written: {error.strerror}.") from None


def write_json(document: dict[str, Any]) -> None:
    """Write a document as JSON; raises as `write`."""
    write(json.dumps(document, indent=2) + "\n")


def notify(sentence: str) -> None:
    """Print a sentence on standard error, in one line; if that is closed, the exit status alone reports a failure."""
    # print() takes None for standard output.
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"palier: {printable(sentence)}", file=sys.stderr)


def _drop_output() -> None:
    """Send what is left of the output nowhere, so that it is not tried again at the end of the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _harmless_lines(text: str) -> str:
    return text if text.isprintable() else "\n".join(printable(line) for line in text.split("\n"))
