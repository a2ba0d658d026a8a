import platform
from pathlib import Path

import pytest

from build_scripts.measuring.machine import VECTOR_FLAGS, cpu_flags, machine, measured_on, versions


def test_the_machine_is_named_with_architecture_and_cores() -> None:
    assert platform.machine() in machine()
    assert machine().endswith("cores")


@pytest.mark.parametrize(("allowed", "cores"), [({0, 1, 2}, "3 cores"), ({1}, "1 of 3 cores")])
def test_a_process_that_is_held_to_some_cores_counts_those(
    allowed: set[int], cores: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: allowed, raising=False)
    assert machine().split(", ")[-1] == cores


def test_flags_are_those_that_decide_integer_speed() -> None:
    assert set(cpu_flags()) <= set(VECTOR_FLAGS)


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        (
            "flags\t\t: fpu amx_int8 avx512_vnni avx2 avx512_vnni2 avx512f",
            ["avx2", "avx512f", "avx512_vnni", "amx_int8"],
        ),
        ("Features\t: fp i8mm asimd asimddp sve", ["asimd", "asimddp", "i8mm"]),
        ("flags\t\t: fpu sse2 xavx2", []),
        ("processor\t: 0", []),
    ],
    ids=["x86-64", "arm64", "without any", "nothing said"],
)
def test_flags_are_read_whole_and_in_a_fixed_order(
    line: str, flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    monkeypatch.setattr("build_scripts.measuring.machine.CPU_INFO", tmp_path / "cpuinfo")
    assert cpu_flags() == flags


def test_a_machine_without_cpuinfo_has_no_flags_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("build_scripts.measuring.machine.CPU_INFO", tmp_path / "none")
    assert cpu_flags() == []
    assert machine().endswith("cores")


def test_versions_name_python_and_the_libraries() -> None:
    assert list(versions()) == ["python", "torch", "onnx", "onnxruntime", "numpy"]
    assert versions()["python"] == platform.python_version()


def test_a_report_says_what_it_was_measured_on() -> None:
    assert measured_on() == {"machine": machine(), "cpu_flags": cpu_flags(), "versions": versions()}
