import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.delimited import TextOptions
from functions.core.decoding.formats import (
    BATCH_MEDIA_TYPES,
    CSV,
    FILE_MEDIA_TYPES,
    FORMATS,
    MEDIA_TYPES,
    RAW,
    SERVED_FORMATS,
    ServedFormat,
    charset_option,
    decode_file,
    media_type,
)
from functions.core.errors import EmptyBodyError, UnsupportedMediaTypeError
from functions.core.models.options import DiagnosisOptions
from tests.support.costs import FIXED_BYTES, peak_bytes
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

ROOT = Path(__file__).resolve().parents[4]
TABLE = ROOT / "functions" / "core" / "decoding" / "formats.py"
# The same recording in every format.
BODIES = {
    "application/octet-stream": tone(0.5).astype("<f4").tobytes(),
    "application/x-npy": npy_bytes(tone(0.5)),
    "text/csv": csv_text([tone(0.5)]).encode(),
    "audio/wav": wav_bytes(tone(0.5)),
    "audio/flac": wav_bytes(tone(0.5), subtype="PCM_24", format="FLAC"),
}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((name, name) for name in MEDIA_TYPES),
        ("application/json; charset=utf-8", "application/json"),
        ("Text/CSV;header=present", "text/csv"),
        ("audio/x-wav", "audio/wav"),
        ("audio/wave", "audio/wav"),
        ("audio/vnd.wave; codec=1", "audio/wav"),
        ("application/csv", "text/csv"),
        ("text/plain; charset=utf-8", "text/csv"),
        ("text/tab-separated-values", "text/csv"),
        ("application/vnd.ms-excel", "text/csv"),
    ],
)
def test_a_header_names_a_media_type(header: str, expected: str) -> None:
    assert media_type(header) == expected


@pytest.mark.parametrize(
    ("header", "start"),
    [
        (None, "The Content-Type is missing"),
        ("", "The Content-Type is missing"),
        (";", "The Content-Type is missing"),
        ("application/xml", "Content-Type 'application/xml' is not accepted"),
        ("multipart/form-data; boundary=x", "Content-Type 'multipart/form-data' is not accepted"),
    ],
)
def test_another_is_refused_and_the_accepted_ones_are_named(header: str | None, start: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=start) as refusal:
        media_type(header)
    assert all(name in refusal.value.message for name in MEDIA_TYPES)


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("text/csv; charset=utf-16", {"charset": "utf-16"}),
        ('text/csv;header=present; Charset="Windows-1252"', {"charset": "Windows-1252"}),
        ("text/csv; charset=", {}),
        ("text/csv", {}),
        (None, {}),
    ],
)
def test_a_header_may_state_a_charset(header: str | None, charset: dict[str, str]) -> None:
    assert charset_option(header, CSV) == charset
    assert charset_option(header, RAW) == {}


def test_only_what_the_endpoint_accepts_is_named() -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=r"send one of application/json\.$"):
        media_type("text/csv", ("application/json",))


@pytest.mark.parametrize("kind", FILE_MEDIA_TYPES)
def test_every_format_gives_the_same_samples(kind: str) -> None:
    step = 2**-23 if kind == "audio/flac" else 0
    np.testing.assert_allclose(decode_file(BODIES[kind], kind).samples, tone(0.5)[np.newaxis], rtol=0, atol=step)


@pytest.mark.parametrize("kind", FILE_MEDIA_TYPES)
def test_nothing_is_an_empty_body(kind: str) -> None:
    with pytest.raises(EmptyBodyError):
        decode_file(b"", kind)


def test_a_name_means_one_format() -> None:
    names = [one.name for one in FORMATS]
    endings = [ending for one in FORMATS for ending in one.endings]
    types = [name for one in SERVED_FORMATS for name in (one.media_type, *one.aliases)]
    assert all(len(set(group)) == len(group) for group in (names, endings, types))
    assert all(re.fullmatch(r"\.[a-z0-9]+", ending) for ending in endings)
    assert all(name == name.lower() for name in types)


@pytest.mark.parametrize("one", SERVED_FORMATS, ids=lambda one: one.name)
def test_a_row_is_whole(one: ServedFormat) -> None:
    assert {*one.job_endings, *one.page_uploads} <= set(one.endings)
    taken = list(inspect.signature(one.decode).parameters)[1:]
    assert set(one.options) == set(TextOptions.__annotations__ if taken == ["stated"] else taken)
    assert set(one.options) <= set(DiagnosisOptions.__struct_fields__)
    assert (one.decode_batch is None) == (one.batch_description == "")
    assert one.description


def test_the_options_name_the_formats_that_they_are_of() -> None:
    schema = msgspec.json.schema(DiagnosisOptions)["$defs"]["DiagnosisOptions"]["properties"]
    described = {name: schema[name]["description"] for one in SERVED_FORMATS for name in one.options}
    assert RAW in described["sample_format"]
    for one in SERVED_FORMATS:
        if "full_scale" in one.options and one.name != "raw":
            assert one.label.removeprefix(".") in described["full_scale"].lower()


def test_no_other_module_types_a_media_type() -> None:
    """Tensors of the Open Inference Protocol, tables of results and metrics are no recordings; options stand below."""
    known = {name for one in SERVED_FORMATS for name in (one.media_type, *one.aliases)}
    assert typing_modules(lambda text: any(name in text for name in known), "functions", "build_scripts") == {
        "build_scripts/benchmarks/container_load/benchmark.py",
        "build_scripts/benchmarks/peers/servers/ray_server.py",
        "build_scripts/benchmarks/peers/table.py",
        "build_scripts/local/container_image/probe.py",
        "functions/container/openapi.py",
        "functions/core/jobs/files.py",
        "functions/core/models/options.py",
        "functions/inference/v2/endpoints.py",
        "functions/inference/v2/openapi.py",
    }


def test_no_other_module_types_an_ending() -> None:
    known = {ending for one in FORMATS for ending in one.endings}
    found = typing_modules(known.__contains__, "functions", "build_scripts/palier_cli")
    # Results of jobs are files of their own.
    assert found == {"build_scripts/palier_cli/jobs_parser.py", "functions/core/jobs/files.py"}


def typing_modules(is_typed: Callable[[str], bool], *folders: str) -> set[str]:
    """The modules, but for the table, with such a string that is no docstring."""
    paths = {ROOT / "local_server.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))}
    paths = {path for path in paths if "node_modules" not in path.parts} - {TABLE}
    return {str(path.relative_to(ROOT)) for path in paths if any(map(is_typed, texts(path)))}


def texts(path: Path) -> Iterator[str]:
    """The strings of a module but for its docstrings."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_the_pages_of_the_documentation_have_every_format() -> None:
    http, commands, jobs = ((ROOT / "docs" / name).read_text() for name in ("http.md", "commands.md", "jobs.md"))
    section = http.partition("\n## Sending a recording\n")[2].partition("\nOptions stand")[0]
    assert tuple(re.findall(r"^\| `(\w+/[\w-]+)` \|", section, re.MULTILINE)) == MEDIA_TYPES
    batch = section.partition("\n`/predict/batch` takes ")[2].partition("Bodies may")[0]
    assert tuple(name for name in MEDIA_TYPES if f"`{name}`" in batch) == BATCH_MEDIA_TYPES
    (row,) = re.findall(r"^\| `palier diagnose FILE\.\.\.` .*", commands, re.MULTILINE)
    assert set(re.findall(r"\.[a-z]\w*", row)) == {ending for one in FORMATS for ending in one.endings}
    (row,) = re.findall(r"^\| `prefix` .*", jobs, re.MULTILINE)
    assert set(re.findall(r"`(\.\w+)`", row)) == {ending for one in SERVED_FORMATS for ending in one.job_endings}


HEADS = (
    b"",
    b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', ",
    b"RIFF\x00\x00\x00\x00WAVEfmt ",
    b"t,x\n0,1\n",
    b"1;2\n",
    b"1\n",
    b"fLaC\x00\x00\x00\x22",
    b"1,5\n",
    b'"a";"b"\n"1,5";"2"\n',
    b"10:00:00.1,1\n",
)


@given(st.sampled_from(FILE_MEDIA_TYPES), st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_are_a_recording_or_refused_with_no_more_memory_than_they_are_worth(
    kind: str, head: bytes, rest: bytes
) -> None:
    """Whatever else a decoder raised would be a 500, and in a job the end of its worker."""
    body = head + rest
    assert peak_bytes(lambda: decode_file(body, kind)) < 100 * len(body) + FIXED_BYTES
