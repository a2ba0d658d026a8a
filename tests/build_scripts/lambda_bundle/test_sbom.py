import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.step import BILL, DOCUMENT, Sources, bundle
from tests.support.wheels import HERE, write_project

pytestmark = pytest.mark.usefixtures("on_path")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def bill_of(project: Path) -> str:
    bundle(Sources(project), project / "out", project / "cache", [HERE])
    return (project / "out" / BILL).read_text()


def test_the_bill_is_cyclonedx(project: Path) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill_of(project)) is None


def test_every_distribution_and_model_is_listed_with_version_and_hash(project: Path) -> None:
    bill = json.loads(bill_of(project))
    document = json.loads((project / "out" / DOCUMENT).read_text())
    listed = {
        (one["name"], one["version"], one["type"], one["hashes"][0]["content"], one["properties"][0]["value"])
        for one in bill["components"]
    }
    wheel = document["distributions"]["tiny"]["wheels"][HERE.name]["sha256"]
    model = document["models"][HERE.name][0]["sha256"]
    assert listed == {
        ("tiny", "1.0", "library", wheel, f"runtime-{HERE.name}"),
        ("tiny", "1", "machine-learning-model", model, f"models-{HERE.name}"),
    }
    library = next(one for one in bill["components"] if one["type"] == "library")
    assert library["purl"] == "pkg:pypi/tiny@1.0?file_name=tiny-1.0-py3-none-any.whl"
    assert library["licenses"] == [{"license": {"id": "MIT"}}]


def test_it_has_a_time_only_where_one_is_given(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    without = json.loads(bill_of(project))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    timed = json.loads(bill_of(project))
    assert "timestamp" not in without["metadata"]
    assert timed["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert timed["serialNumber"] == without["serialNumber"]


def test_a_time_that_is_none_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BundleError, match=r"^SOURCE_DATE_EPOCH is 'yesterday': set it to seconds since 1970"):
        bill_of(project)


def test_another_content_has_another_serial_number(project: Path) -> None:
    first = json.loads(bill_of(project))["serialNumber"]
    (project / "functions" / "echo" / "page.html").write_text("<p>bye</p>\n")
    assert json.loads(bill_of(project))["serialNumber"] != first
