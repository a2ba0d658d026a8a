from pathlib import Path

from build_scripts.evidence.card.across import keep_across, read_across, render_across

SERVED = {
    "recordings": 23,
    "right": 14,
    "confidence": 0.5,
    "calibration_error": 0.07,
    "by_chance": 0.09,
    "agree": 12,
    "contradicted": 3,
}
# As a version without this figure kept it.
EARLIER = {name: figure for name, figure in SERVED.items() if name != "by_chance"}


def report(title: str, right: int) -> dict[str, object]:
    counts = {"recordings": 9, "any-bearing": right, "plain rule": 7, "rolling-bearing": 5}
    figures = {"windows": 1500, "windows_right": 0.9, "windows_wrong_fault": 0.02, "macro_auroc": None}
    return {
        "model": "any-bearing",
        "version": "1",
        "sets": {title: {"outer_race": counts}},
        "figures": {title: {**figures, "calibration_error": 0.08}},
        "served": {title: {"any-bearing": {"alone": SERVED, "stated": EARLIER}}} if title == "fan end" else {},
    }


def test_sets_gather_and_a_later_one_replaces_its_own(tmp_path: Path) -> None:
    assert read_across(tmp_path) is None
    keep_across(report("fan end", 6), tmp_path)
    keep_across(report("other rig", 9), tmp_path)
    kept = keep_across(report("fan end", 8), tmp_path)
    assert read_across(tmp_path) == kept
    assert list(kept["sets"]) == ["fan end", "other rig"]
    page = render_across(kept)
    assert "| fan end | outer_race | 9 | 8 | 7 | 5 |" in page
    assert "| other rig | 1,500 | 0.900 | 0.020 | one class | 0.080 |" in page
    assert "| fan end | any-bearing | alone | 23 | 14 | 0.500 | 0.070 | 0.090 | 12 | 3 |" in page
    assert "| fan end | any-bearing | stated | 23 | 14 | 0.500 | 0.070 | - | 12 | 3 |" in page
