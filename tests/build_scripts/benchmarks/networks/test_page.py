from io import StringIO
from typing import Any

from rich.console import Console

from build_scripts.benchmarks.networks.page import network_rows, networks_tables, render_networks


def arm(p50_ms: float, speedup: float, size_ratio: float, agreement: float) -> dict[str, Any]:
    return {"latency": {"p50_ms": p50_ms}, "speedup": speedup, "size_ratio": size_ratio, "agreement": agreement}


REPORT: dict[str, Any] = {
    "date": "2026-11-30",
    "machine": "a processor",
    "plain": {"plain_dynamic": "`quantize_dynamic`", "plain_static": "`quantize_static`"},
    "networks": {
        "lstm": {
            "label": "LSTM on patches",
            "variant": "dynamic-int8",
            "precision": "int8",
            "accuracy": {"fp32": {"record": 1.0}, "int8": {"record": 0.995}},
            "arms": {
                "fp32": arm(1.0, 1.0, 1.0, 1.0),
                "kept": arm(0.4, 2.5, 0.26, 0.9975),
                "plain_dynamic": arm(0.5, 2.0, 0.25, 1.0),
            },
            "speedup_over_best_plain": 1.25,
        },
        "gru": {
            "label": "GRU on patches",
            "variant": None,
            "precision": "fp32",
            "accuracy": {"fp32": {"record": 0.98}},
            "arms": {"fp32": arm(0.8, 1.0, 1.0, 1.0), "plain_static": arm(1.6, 0.5, 0.9, 0.61)},
            "speedup_over_best_plain": None,
        },
    },
}


def test_the_page_has_what_is_kept_and_what_is_plain() -> None:
    text = render_networks(REPORT)
    assert text.startswith("Measured 2026-11-30 on a processor.\n")
    assert "| LSTM on patches | dynamic-int8 | 1.000 | 0.400 | 2.50 | 0.26 | 0.998 | 99.5% | 100.0% |\n" in text
    assert "| GRU on patches | float32 | 0.800 | 0.800 | 1.00 | 1.00 | 1.000 | 98.0% | 98.0% |\n" in text
    assert "| network | `quantize_dynamic` | `quantize_static` | kept against the best |\n" in text
    assert "| LSTM on patches | 2.00 (1.000) | fails | 1.25 |\n" in text
    assert "| GRU on patches | fails | 0.50 (0.610) | none passes |\n" in text


def test_the_terminal_has_the_same_rows() -> None:
    console = Console(file=StringIO(), width=160)
    console.print(networks_tables(REPORT))
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert "what the build keeps" in shown
    assert "dynamic-int8" in shown
    assert "none passes" in shown


def test_the_readme_says_how_many_are_kept_and_how_fast_they_are() -> None:
    sentence = "kinds of network that `build` keeps in int8, against their float32"
    assert network_rows(REPORT) == ((sentence, "1 of 2, 2.5 to 2.5 times faster"),)
