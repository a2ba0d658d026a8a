from pathlib import Path

from build_scripts.evidence.card.disturbed import keep_disturbed, read_disturbed, render_disturbed


def report(version: str, wrong: int, *kinds: str) -> dict[str, object]:
    counts = {"records": 88, "flagged": 3, "right": 85 - wrong, "wrong": wrong, "sure_and_wrong": 1}
    return {"model": "journal-bearing", "versions": {version: dict.fromkeys(kinds, counts)}}


def test_a_later_version_stands_beside_an_earlier_one(tmp_path: Path) -> None:
    assert read_disturbed(tmp_path) is None
    keep_disturbed(report("1", 10, "gain 2"), tmp_path)
    keep_disturbed(report("2", 5, "gain 2", "gain 3"), tmp_path)
    kept = keep_disturbed(report("2", 0, "gain 2", "gain 3"), tmp_path)
    assert read_disturbed(tmp_path) == kept
    page = render_disturbed(kept)
    assert page.startswith("88 records of every kind")
    assert (
        "| records | right, version 1 | flagged, version 1 | wrong, version 1 | sure, version 1 | right, version 2 |"
        in page
    )
    assert "| gain 2 | 75 | 3 | 10 | 1 | 85 | 3 | 0 | 1 |" in page
    assert "| gain 3 | - | - | - | - | 85 | 3 | 0 | 1 |" in page
    assert page.endswith(
        "Do not trust version 2 where it is wrong and sure most often: gain 2 (1 of 88), gain 3 (1 of 88)."
    )


def test_a_version_that_is_never_sure_and_wrong_warns_of_nothing() -> None:
    counts = {"records": 88, "flagged": 0, "right": 88, "wrong": 0, "sure_and_wrong": 0}
    page = render_disturbed({"versions": {"2": {"gain 2": counts}}})
    assert page.endswith("| gain 2 | 88 | 0 | 0 | 0 |")
