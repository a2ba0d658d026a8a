"""When an asset turns: k of n, whatever order its diagnoses come in."""

import math
import random
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from functions.core.assets.condition import (
    AlertRule,
    Change,
    Condition,
    Reading,
    State,
    Turn,
    ZoneReading,
    advance,
    advance_zone,
    counts,
    stored_attributes,
    stored_condition,
)
from functions.core.preprocessing.indicators import Zone

RULE = AlertRule(k=4, n=5)
DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
PRONOSTIA = DATA / "pronostia-run-to-failure" / "pronostia_learning_subset.npz"
LETTERS = {"h": "healthy", "w": "wear", "c": "clearance"}


def place(index: int) -> str:
    return f"2026-01-01T00:00:00.{index:06}Z#x-{index}"


def readings(letters: str, rms: float = 1.0) -> list[Reading]:
    return [Reading(place(index), LETTERS[letter], rms) for index, letter in enumerate(letters)]


def replay(series: Iterable[Reading], rule: AlertRule = RULE) -> tuple[Condition, list[Change]]:
    condition, changes = Condition(), []
    for reading in series:
        condition, change = advance(condition, reading, rule)
        changes += [change] if change else []
    return condition, changes


def turns(series: Iterable[Reading]) -> list[str]:
    return [change.turn for change in replay(series)[1]]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", []),
        ("hhhhh", []),
        ("www", []),
        ("wwww", ["fault"]),
        ("hhhhhwww", []),
        ("hhhhhwwww", ["fault"]),
        ("hhhhhwwhww", ["fault"]),
        ("hwhwhwhwhwhwhwhw", []),
        ("hwwhwwhwwhww", ["fault"]),
        ("hhhhhwwwwwwwwwwwwwwww", ["fault"]),
        ("hhhhhwwwwcccccc", ["fault"]),
        ("wwwwhhhhhhhhh", ["fault"]),
        ("wwwwhhhhhhhhhh", ["fault", "recovered"]),
        ("wwwwhhhhhwhhhhhhhhh", ["fault"]),
        ("wwwwhhhhhhhhhhwwww", ["fault", "recovered", "fault"]),
    ],
)
def test_a_turn_needs_k_of_n(letters: str, expected: list[str]) -> None:
    assert turns(readings(letters)) == expected


def test_the_fault_that_is_believed_is_the_commonest_of_the_newest() -> None:
    condition, _ = replay(readings("wwwcw"))
    assert (condition.state, condition.class_id) == ("fault", "wear")
    condition, _ = replay(readings("wwwwccc"))
    assert condition.class_id == "clearance"


def test_since_is_the_reading_that_settled_it() -> None:
    condition, (change,) = replay(readings("hhhhhwwwwww"))
    assert condition.since == change.after.since == place(8)
    assert (change.before.state, change.before.class_id) == ("healthy", "healthy")


def test_an_asset_that_was_never_known_healthy_may_have_a_fault_at_once() -> None:
    _, (change,) = replay(readings("wwww"))
    assert (change.turn, change.before.state) == ("fault", "unknown")


def levels(values: Iterable[float]) -> list[Reading]:
    return [Reading(place(index), "wear", value) for index, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1] * 20, ["fault"]),
        ([1] * 5 + [1.9] * 20, ["fault"]),
        ([1] * 5 + [2] * 3, ["fault"]),
        ([1] * 5 + [2] * 4, ["fault", "worsened"]),
        ([1] * 5 + [9, 1, 1, 1, 9, 1, 1, 1, 9], ["fault"]),
        ([1] * 5 + [2] * 9 + [4] * 9, ["fault", "worsened", "worsened"]),
        ([2] * 5 + [1] * 9 + [2] * 9, ["fault"]),
    ],
)
def test_a_fault_worsens_when_the_vibration_doubles(values: list[float], expected: list[str]) -> None:
    assert turns(levels(values)) == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_run_to_failure_turns_once(seed: int) -> None:
    """Healthy for long, then a fault that comes and goes and comes to stay, its level unsteady but not doubled."""
    dice = random.Random(seed)
    series = []
    for index in range(500):
        share = 1 / (1 + math.exp(-(index - 300) / 25))
        series.append(Reading(place(index), "wear" if dice.random() < share else "healthy", dice.uniform(1, 1.4)))
    assert turns(series) == ["fault"]


@pytest.mark.parametrize("bearing", ["Bearing1_1", "Bearing1_2", "Bearing2_1", "Bearing2_2", "Bearing3_1"])
def test_a_real_run_to_failure_turns_once(bearing: str) -> None:
    """The shape of a real one: it has no labels, so vibration above that of its first quarter stands for a fault."""
    if not PRONOSTIA.exists():
        pytest.skip(f"the run to failure is not at {PRONOSTIA}")
    with np.load(PRONOSTIA) as records:
        rms = records[f"{bearing}_x"][:, 0].std(axis=1).tolist()
    limit = max(rms[: len(rms) // 4]) * 1.2
    series = [Reading(place(index), "wear" if value > limit else "healthy", value) for index, value in enumerate(rms)]
    found = turns(series)
    assert found.count("fault") == 1
    # What follows is a doubling of the vibration, each beyond the one before.
    assert set(found[1:]) <= {"worsened"}
    assert len(found) <= 1 + math.log2(max(rms) / limit)


@given(st.lists(st.tuples(st.sampled_from("hwc"), st.floats(0.5, 8)), max_size=40), st.randoms(use_true_random=False))
def test_a_reading_that_comes_twice_changes_nothing(drawn: list[tuple[str, float]], dice: random.Random) -> None:
    series = [Reading(place(index), LETTERS[letter], rms) for index, (letter, rms) in enumerate(drawn)]
    twice = [one for reading in series for one in [reading] * dice.randint(1, 3)]
    assert replay(twice) == replay(series)


@given(st.text("hwc", max_size=40))
def test_turns_alternate_and_never_repeat(letters: str) -> None:
    found = turns(readings(letters))
    assert found[1::2] == ["recovered"] * len(found[1::2])
    assert found[::2] == ["fault"] * len(found[::2])


@given(st.text("hwc", min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_the_newest_readings_are_the_same_in_any_order(letters: str, dice: random.Random) -> None:
    series = readings(letters)
    mixed = dice.sample(series, len(series))
    assert replay(mixed)[0].readings == replay(series)[0].readings == tuple(series[-RULE.kept :])


def test_a_reading_older_than_all_that_decide_changes_nothing() -> None:
    condition, _ = replay(readings("hhhhhhhhhhh")[1:])
    assert advance(condition, readings("w")[0], RULE) == (condition, None)


@pytest.mark.parametrize(
    ("class_id", "confidence", "in_distribution", "expected"),
    [
        ("wear", 0.9, True, True),
        ("wear", 0.9, False, True),
        ("wear", 0.49, True, False),
        ("healthy", 0.9, True, True),
        ("healthy", 0.9, None, True),
        ("healthy", 0.9, False, False),
        ("healthy", 0.4, True, False),
    ],
)
def test_what_is_evidence(class_id: str, confidence: float, in_distribution: bool | None, expected: bool) -> None:
    assert counts(class_id, confidence, in_distribution, RULE) is expected


def zone_turns(zones: str, watched: Zone | None) -> list[Turn]:
    condition, found = Condition(), []
    for index, zone in enumerate(zones):
        reading = msgspec.convert((place(index), zone), ZoneReading)
        condition, change = advance_zone(condition, reading, AlertRule(k=4, n=5, zone=watched))
        # Twice the same changes nothing.
        assert advance_zone(condition, reading, AlertRule(k=4, n=5, zone=watched)) == (condition, None)
        found += [change.turn] if change else []
    return found


@pytest.mark.parametrize(
    ("zones", "watched", "expected"),
    [
        ("DDDDDDDD", None, []),
        ("CCC", "C", []),
        ("CCCC", "C", ["severe"]),
        ("CDCD", "C", ["severe"]),
        ("CDCD", "D", []),
        ("BBBBBCCBCC", "C", ["severe"]),
        ("CBCBCBCBCB", "C", []),
        ("DDDDAAAAAAAAA", "D", ["severe"]),
        ("DDDDAAAAAAAAAA", "D", ["severe", "eased"]),
        ("DDDDCCCCCCCCCC", "D", ["severe", "eased"]),
        ("BBBBAAAAAAAAAABBBB", "B", ["severe", "eased", "severe"]),
    ],
)
def test_a_watched_zone_turns_by_k_of_n(zones: str, watched: Zone | None, expected: list[str]) -> None:
    assert zone_turns(zones, watched) == expected


def test_zones_and_diagnoses_of_an_asset_turn_apart() -> None:
    rule = AlertRule(k=1, n=1, zone="C")
    condition, severe = advance_zone(Condition(), ZoneReading(place(0), "D"), rule)
    condition, fault = advance(condition, Reading(place(1), "wear", 1.0), rule)
    assert severe is not None
    assert fault is not None
    assert (severe.turn, severe.place, fault.turn, fault.place) == ("severe", place(0), "fault", place(1))
    assert (condition.is_severe, condition.state) == (True, "fault")
    late = ZoneReading("2025-01-01T00:00:00Z#x", "A")
    seen, _ = advance_zone(condition, late, AlertRule(k=1, n=1, zone="C"))
    assert [one.zone for one in seen.zones] == ["A", "D"]


PLACES = st.integers(0, 30).map(place)
READINGS = st.dictionaries(PLACES, st.tuples(st.sampled_from(sorted(LETTERS.values())), st.floats(0, 1e6)), max_size=10)
ZONES = st.dictionaries(PLACES, st.sampled_from("ABCD"), max_size=10)


@given(READINGS, ZONES, st.sampled_from(["unknown", "healthy", "fault"]), st.none() | PLACES, st.booleans())
def test_a_condition_is_kept_without_loss(
    measured: dict[str, tuple[str, float]],
    zones: dict[str, Zone],
    state: State,
    since: str | None,
    is_severe: bool,
) -> None:
    condition = Condition(
        state,
        None if since is None else "wear",
        since,
        1.25,
        tuple(Reading(at, *one) for at, one in sorted(measured.items())),
        tuple(ZoneReading(at, one) for at, one in sorted(zones.items())),
        is_severe,
    )
    stored = stored_attributes(condition)
    assert stored_condition(stored) == condition
    # What a version reads that has no `rows`: the same state, and no readings.
    assert msgspec.json.decode(stored["condition"], type=Condition) == structs.replace(condition, readings=(), zones=())


KEPT = Condition(
    "healthy", "wear", None, 0.5, (Reading("a", "wear", 0.25),), (ZoneReading("a", "B"), ZoneReading("b", "C"))
)


def test_a_place_is_kept_once() -> None:
    assert stored_attributes(KEPT) == {
        "condition": '{"state":"healthy","class_id":"wear","reference_rms":0.5}',
        "rows": '[["a","wear",0.25,"B"],["b",null,null,"C"]]',
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, Condition()),
        (
            '{"state":"healthy","class_id":"wear","since":null,"reference_rms":0.5,"readings":[["a","wear",0.25]],'
            '"zones":[["a","B"],["b","C"]],"is_severe":false}',
            KEPT,
        ),
        ('["healthy","wear",null,0.5,false,[["a","wear",0.25,"B"],["b",null,null,"C"]]]', KEPT),
    ],
    ids=["none", "object", "array"],
)
def test_summaries_of_versions_before_are_read(condition: str | None, expected: Condition) -> None:
    assert stored_condition({"condition": condition}) == expected
