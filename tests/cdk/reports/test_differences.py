"""The table of what differs between stages."""

from dataclasses import replace

from cdk.alarm_thresholds import Receiver
from cdk.reports.differences import Difference, as_table, differences
from cdk.stage_parts import FunctionSize
from cdk.stages import STAGES
from tests.cdk.stage_variants import DEV


def test_equal_stages_do_not_differ() -> None:
    assert differences([DEV, replace(DEV, name="staging")]) == []


def test_nested_fields_are_named_by_their_path() -> None:
    bigger = {**DEV.sizes, "inference": FunctionSize(memory_mb=3000, timeout_s=28, reserved_concurrency=90)}
    other = replace(DEV, sizes=bigger, receivers=(Receiver("page", "mailto:a@plant.internal"),), snap_start=True)
    assert differences([DEV, other]) == [
        Difference("sizes.inference.memory_mb", ("512", "3000")),
        Difference("snap_start", ("off", "on")),
        Difference("receivers", ("none", "page mailto:a@plant.internal")),
    ]


def test_what_only_one_stage_has_is_listed() -> None:
    fewer = {"inference": DEV.sizes["inference"]}
    found = {one.field: one.values for one in differences([DEV, replace(DEV, sizes=fewer)])}
    assert found["sizes.rotation.memory_mb"] == ("256", "")


def test_the_shipped_stages_differ_in_what_they_should() -> None:
    found = {one.field: one.values for one in differences(list(STAGES.values()))}
    assert found["retention.removal"] == ("destroy", "destroy", "retain")
    assert found["thresholds.watches_objectives"] == ("off", "on", "on")
    assert "architecture" not in found


def test_tables_are_aligned() -> None:
    assert as_table(["a", "bb"], [["ccc", "d"]]) == "| a   | bb |\n| --- | -- |\n| ccc | d  |\n"
