"""Sizes and units by the rules of AWS's documentation."""

from typing import Any

import pytest

from build_scripts.benchmarks.fleet.units import item_bytes, read_units, transaction_units, write_units


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({}, 0),
        ({"id": {"S": "pump"}}, 6),
        ({"id": {"S": "Übermaß"}}, 2 + 9),
        ({"n": {"N": "1"}}, 1 + 1 + 1),
        ({"n": {"N": "0.987654"}}, 1 + 3 + 1),
        ({"n": {"N": "1780000000"}}, 1 + 2 + 1),
        ({"n": {"N": "-12.5"}}, 1 + 2 + 1),
        ({"on": {"BOOL": False}, "unit": {"NULL": True}}, 3 + 5),
        ({"m": {"M": {"a": {"S": "bc"}, "d": {"S": ""}}}}, 1 + 3 + (3 + 1) + 2),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(attributes: dict[str, Any], size: int) -> None:
    assert item_bytes(attributes) == size


def test_an_attribute_of_an_unknown_type_has_no_size() -> None:
    with pytest.raises(ValueError, match=r"^An attribute of type SS has no size here; add its rule\.$"):
        item_bytes({"names": {"SS": ["a"]}})


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (3072, 3)])
def test_a_write_takes_a_unit_for_each_begun_kilobyte_and_twice_as_many_in_a_transaction(size: int, units: int) -> None:
    assert (write_units(size), transaction_units(size)) == (units, 2 * units)


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2), (33_600, 9)])
def test_a_read_takes_a_unit_for_each_begun_four_kilobytes_and_half_of_it_where_it_may_be_late(
    size: int, units: int
) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2
