from collections.abc import Mapping

import pytest

from build_scripts.lambda_bundle.checks.libraries import parse_symbol_version, read_demands
from build_scripts.lambda_bundle.errors import BundleError


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("GLIBC_2.17", ("GLIBC", (2, 17))),
        ("GLIBC_2.2.5", ("GLIBC", (2, 2, 5))),
        ("GLIBCXX_3.4.29", ("GLIBCXX", (3, 4, 29))),
        ("GLIBC_ABI_DT_RELR", ("GLIBC", (2, 36))),
    ],
)
def test_symbol_versions_are_numbers(name: str, parsed: tuple[str, tuple[int, ...]]) -> None:
    assert parse_symbol_version(name) == parsed


def test_a_private_symbol_is_newer_than_any() -> None:
    assert parse_symbol_version("GLIBC_PRIVATE") > parse_symbol_version("GLIBC_2.99")


def test_demands_of_a_real_library(libraries: Mapping[str, bytes]) -> None:
    demands = read_demands("a.so", max(libraries.values(), key=len))
    assert demands.machine in {"EM_X86_64", "EM_AARCH64"}
    assert (2, 2) < demands.newest["GLIBC"] <= (2, 28)


def test_what_is_no_library_is_refused() -> None:
    with pytest.raises(BundleError, match=r"^numpy/a\.so is not a whole ELF file: lock another version"):
        read_demands("numpy/a.so", b"\x7fELF")
