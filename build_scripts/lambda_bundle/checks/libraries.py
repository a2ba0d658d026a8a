"""The demands of a shared library on the machine that loads it."""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from build_scripts.lambda_bundle.errors import REMEDY, BundleError

SymbolVersion = tuple[int, ...]
# Not a number: glibc's mark of a library with packed relocations. Source: glibc 2.36 release notes.
_NAMED: Mapping[str, SymbolVersion] = {"GLIBC_ABI_DT_RELR": (2, 36)}


@dataclass(frozen=True)
class Demands:
    """A library's processor, and the newest symbol version that it needs of each family (GLIBC, GLIBCXX ...)."""

    machine: str
    newest: Mapping[str, SymbolVersion]


def read_demands(path: str, content: bytes) -> Demands:
    """Return the demands of the library at a path.

    Raises:
        BundleError: it is not a whole ELF file.
    """
    try:
        elf = ELFFile(io.BytesIO(content))
        newest: dict[str, SymbolVersion] = defaultdict(tuple)
        for name in _needed(elf):
            family, version = parse_symbol_version(name)
            newest[family] = max(newest[family], version)
        return Demands(str(elf["e_machine"]), dict(newest))
    except ELFError as error:
        raise BundleError(f"{path} is not a whole ELF file: {REMEDY}") from error


def parse_symbol_version(name: str) -> tuple[str, SymbolVersion]:
    """Return family and version of a symbol version such as GLIBC_2.17; of one without a number, an endless one."""
    family, _, number = name.partition("_")
    if name in _NAMED:
        return family, _NAMED[name]
    parts = number.split(".")
    return (family, tuple(map(int, parts))) if all(part.isdecimal() for part in parts) else (name, (10**6,))


def _needed(elf: ELFFile) -> Iterator[str]:
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, symbols in section.iter_versions():
                yield from (symbol.name for symbol in symbols)
