import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from build_scripts.__main__ import main
from build_scripts.benchmarks import benchmark_page
from build_scripts.build_cli.commands.measuring import BENCHMARKS
from build_scripts.build_cli.parser import BUILD, MODELS

SHIPPED = (MODELS, "journal-bearing")


@pytest.mark.parametrize(
    ("option", "module", "function", "arguments"),
    [
        ("--networks", "networks.benchmark", "benchmark_networks", ()),
        ("--http", "benchmark_http", "run_http_benchmark", ()),
        ("--bearing", "bearing.benchmark", "benchmark_bearing", ()),
        ("--cold-start", "cold_start.benchmark", "benchmark_cold_start", (BUILD / "cold_start",)),
        ("--serving", "container_load.benchmark", "benchmark_serving", SHIPPED),
        ("--jobs", "job_load.benchmark", "benchmark_jobs", ()),
        ("--fleet", "fleet.benchmark", "benchmark_fleet", SHIPPED),
    ],
)
def test_a_benchmark_that_starts_servers_is_loaded_when_asked_for(
    option: str,
    module: str,
    function: str,
    arguments: tuple[Path | str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*given: Path | str, quick: bool) -> dict[str, object]:
        return {"quick": quick, "given": [str(one) for one in given]}

    name = f"build_scripts.benchmarks.{module}"
    stand_in = ModuleType(name)
    monkeypatch.setattr(stand_in, function, run, raising=False)
    monkeypatch.setitem(sys.modules, name, stand_in)
    assert main(["benchmark", option, "--quick", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"quick": True, "given": [str(one) for one in arguments]}


def test_all_runs_every_benchmark_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in BENCHMARKS:
        monkeypatch.setitem(BENCHMARKS, name, lambda options: {"model": options.model})
    assert main(["benchmark", "--all", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == [
        "against_reference", "reference", "variants", "networks", "http", "bearing", "cold_start", "serving", "jobs"
    ]  # fmt: skip
    assert report["jobs"] == {"model": "journal-bearing"}


def test_one_benchmark_is_written_beside_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[tuple[str, Mapping[str, object], Path]] = []
    monkeypatch.setitem(BENCHMARKS, "http", lambda options: {"model": options.model})
    monkeypatch.setattr(benchmark_page, "write_part", lambda *part: written.append(part))
    assert main(["benchmark", "--http", "--write", str(tmp_path), "--json"]) == 0
    assert written == [("http", {"model": "journal-bearing"}, tmp_path)]
    assert json.loads(capsys.readouterr().out) == {"model": "journal-bearing"}
