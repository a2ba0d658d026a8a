import json
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from build_scripts.build_cli.tables import render

PAGE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.json"
REPORTS = json.loads(PAGE.read_text())["reports"]
# What each must show where it shows no machine.
SHOWN = {
    "networks": "CNN, pooled",
    "peers": "MLServer",
    "across_machines": "any-bearing",
    "disturbances": "sure and wrong",
}


def printed(renderable: RenderableType) -> str:
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_an_evaluation_has_a_row_for_each_class() -> None:
    share = {"record_accuracy": 1.0, "window_accuracy": 0.5}
    variants = {"int8": {**share, "per_class": {"healthy": share, "wear": share}}}
    text = printed(render("evaluate", {"model": "m", "version": "1", "records": 4, "variants": variants}))
    assert "m 1, 4 records: share right" in text
    assert [row for row in ("all", "healthy", "wear") if row in text] == ["all", "healthy", "wear"]
    assert text.count("100.00%") == 3
    assert text.count("50.00%") == 3


def test_a_pruning_shows_before_beside_after() -> None:
    layer = {"channels": 24, "weights": 3456, "sparsity": 0.5, "multiply_accumulates": 55296}
    network = {
        "before": {"parameters": 90403, "layers": {"head": layer}},
        "after": {"parameters": 77, "layers": {"head": layer}},
    }
    accuracy = {"before": {"record_accuracy": 1.0}, "pruned": {"record_accuracy": 0.25}}
    text = printed(render("prune", {"share": 0.5, "accuracy_on": "unseen", "accuracy": accuracy, "network": network}))
    assert "accuracy on the unseen records" in text
    (row,) = (line for line in text.splitlines() if "parameters" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["parameters", "90403", "77"]
    assert text.count("24, 3,456, 50.0%, 55,296") == 2


def test_other_reports_are_tables_with_inner_tables_below() -> None:
    text = printed(render("calibrate", {"temperature": 1.23456789, "scores": {"mean": {"accuracy": 0.5}}}))
    assert "1.2346" in text
    assert text.index("temperature") < text.index("mean") < text.index("accuracy")


def test_lists_are_one_item_a_line() -> None:
    text = printed(render("simulate", {"written": ["a.wav", "b.wav"]}))
    assert text.index("a.wav") < text.index("\n", text.index("a.wav")) < text.index("b.wav")


def test_a_bundle_has_a_row_for_each_file_and_each_architecture() -> None:
    sizes = {"zipped_bytes": 3 * 2**20, "unzipped_bytes": 5 * 2**19}
    report = {"artifacts": {"functions.zip": {**sizes, "sha256": "ab" * 32, "files": 1}}, "totals": {"arm64": sizes}}
    rows = printed(render("bundle", report)).splitlines()
    assert [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows if "2.50" in row] == [
        ["functions.zip", "3.00", "2.50", "abababababab"],
        ["all for arm64", "3.00", "2.50", ""],
    ]


@pytest.mark.parametrize("name", REPORTS)
def test_each_benchmark_of_the_page_is_shown_in_a_terminal(name: str) -> None:
    text = printed(render("benchmark", REPORTS[name]))
    assert SHOWN.get(name, "machine") in text
