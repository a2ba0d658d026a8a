import ctypes
from collections.abc import Mapping
from pathlib import Path

import numpy
import pytest

from build_scripts.lambda_bundle.checks.libraries import read_demands
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.slimming.elf_layout import Segment, read_layout
from build_scripts.lambda_bundle.slimming.stripping import stripped

PROGRAM_HEADERS = 6
NAME = "numpy/a.so"


def image(content: bytes) -> list[tuple[Segment, bytearray]]:
    """Every segment with its bytes as they stand in memory; without the tables of the file itself."""
    layout = read_layout(NAME, content)
    tables = range(layout.header.segments_at, layout.header.segments_at + 56 * len(layout.segments))
    found = []
    for segment in layout.segments:
        data = bytearray(content[segment.offset : segment.offset + segment.size])
        for start, end in ((0, 64), (tables.start, tables.stop)):
            low, high = max(start - segment.offset, 0), min(end - segment.offset, len(data))
            data[low:high] = bytes(max(high - low, 0))
        found.append((segment, data))
    return found


def test_what_is_loaded_keeps_its_address_and_its_bytes(libraries: Mapping[str, bytes]) -> None:
    for name, content in libraries.items():
        for (before, loaded_before), (after, loaded_after) in zip(
            image(content), image(stripped(NAME, content)), strict=True
        ):
            assert (before.kind, before.flags, before.address) == (after.kind, after.flags, after.address), name
            assert loaded_before == loaded_after, name
            assert after.alignment < 2 or (after.offset - after.address) % after.alignment == 0, name


def test_symbols_that_nothing_loads_are_gone_and_demands_stay(libraries: Mapping[str, bytes]) -> None:
    before = sum(map(len, libraries.values()))
    after = sum(len(stripped(NAME, content)) for content in libraries.values())
    assert after < 0.97 * before
    for content in libraries.values():
        assert read_demands(NAME, stripped(NAME, content)) == read_demands(NAME, content)
        kinds = {section.kind for section in read_layout(NAME, stripped(NAME, content)).sections}
        assert 2 not in kinds, "a symbol table (SHT_SYMTAB) is left"


def test_stripping_twice_changes_nothing(libraries: Mapping[str, bytes]) -> None:
    for content in libraries.values():
        once = stripped(NAME, content)
        assert stripped(NAME, once) == once


def test_a_stripped_library_patched_by_auditwheel_still_loads(tmp_path: Path) -> None:
    folder = Path(numpy.__file__).parents[1] / "numpy.libs"
    found = sorted(folder.glob("libscipy_openblas*.so"))
    if not found:
        pytest.skip("this machine's numpy brings no OpenBLAS of its own")
    assert read_layout(NAME, found[0].read_bytes()).gaps(), "auditwheel's patch left no gap: the test means nothing"
    (tmp_path / "blas.so").write_bytes(stripped(NAME, found[0].read_bytes()))
    for needed in folder.glob("lib[gq]*.so*"):
        ctypes.CDLL(str(needed), ctypes.RTLD_GLOBAL)
    config = ctypes.CDLL(str(tmp_path / "blas.so")).scipy_openblas_get_config64_
    config.restype = ctypes.c_char_p
    assert config().startswith(b"OpenBLAS")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x01\x01" + bytes(100), "not a 64-bit little-endian ELF file"),
        (b"\x7fELF\x02\x01", "not a 64-bit little-endian ELF file"),
        (b"\x7fELF\x02\x01" + bytes(100), "has no section table"),
    ],
)
def test_what_is_no_such_library_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        stripped(NAME, content)


def test_a_library_that_is_cut_off_is_refused(libraries: Mapping[str, bytes]) -> None:
    content = min(libraries.values(), key=len)
    with pytest.raises(BundleError, match="cut off"):
        stripped(NAME, content[: len(content) // 2])
