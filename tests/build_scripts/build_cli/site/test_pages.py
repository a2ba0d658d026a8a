"""Pages of the repository as the site has them, and pages from the code."""

import argparse
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path, PurePosixPath

import pytest
import yaml

from build_scripts.build_cli.parser import ROOT
from build_scripts.build_cli.site.capacity import FLEET, PAGE, PLANTS, SHOWN, shown_plans, with_plans
from build_scripts.build_cli.site.pages import page_of, places, write_pages
from build_scripts.build_cli.site.reference import api_page, command_page, reference_pages, schema_page
from build_scripts.build_cli.site.site import CONFIG, build_site
from build_scripts.errors import BuildError

KNOWN = {
    Path("README.md"): PurePosixPath("index.md"),
    Path("docs/http.md"): PurePosixPath("http.md"),
    Path("docs/images/a.png"): PurePosixPath("images/a.png"),
    Path("docs/decisions/README.md"): PurePosixPath("decisions/README.md"),
    Path("docs/tutorials/model.md"): PurePosixPath("tutorials/model.md"),
    Path("layers/models/fan/1/CARD.md"): PurePosixPath("models/fan/CARD.md"),
}


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("README.md", "[a](docs/http.md#keys)", "[a](http.md#keys)"),
        ("README.md", "![a](docs/images/a.png)", "![a](images/a.png)"),
        ("README.md", "[![a](docs/images/a.png)](docs/http.md)", "[![a](images/a.png)](http.md)"),
        ("README.md", "[why](docs/decisions/README.md)", "[why](decisions/README.md)"),
        ("docs/http.md", "[why](decisions)", "[why](decisions/README.md)"),
        ("docs/tutorials/model.md", "[a](../http.md)", "[a](../http.md)"),
        ("docs/http.md", "[card](../layers/models/fan/1/CARD.md)", "[card](models/fan/CARD.md)"),
        ("docs/http.md", "[the stages](../cdk/stages.py)", "the stages (`cdk/stages.py`)"),
        ("docs/http.md", "[`stages.py`](../cdk/stages.py)", "`stages.py`"),
        (
            "docs/http.md",
            "[out](https://example.com/a.md) [here](#top)",
            "[out](https://example.com/a.md) [here](#top)",
        ),
        ("docs/http.md", "```\n[a](../cdk/stages.py)\n```", "```\n[a](../cdk/stages.py)\n```"),
    ],
)
def test_links_lead_where_the_site_has_it(source: str, text: str, expected: str) -> None:
    assert page_of(text, Path(source), KNOWN) == expected


def test_every_page_is_in_the_navigation() -> None:
    config = yaml.safe_load(re.sub(r"!!python/\S+", "", CONFIG.read_text()))
    listed = {page for part in config["nav"] for pages in part.values() for page in _pages(pages)}
    made = {str(place) for place in places().values() if place.suffix == ".md"} | set(reference_pages())
    assert {page for page in made if not page.startswith("decisions/0")} == listed


def _pages(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    assert isinstance(entry, list)
    return [page for one in entry for pages in one.values() for page in _pages(pages)]


def test_pages_and_pictures_are_written_anew(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "old.md").write_text("gone")
    pages = write_pages(tmp_path / "pages")
    assert {"index.md", "http.md", "reference/api.md", "models/any-bearing/CARD.md"} <= set(pages)
    assert "old.md" not in pages
    assert (tmp_path / "pages" / "images" / "dashboard-diagnose.png").stat().st_size > 10_000
    assert "(docs/" not in (tmp_path / "pages" / "index.md").read_text()


def test_every_operation_stands_in_the_reference() -> None:
    page = reference_pages()["reference/api.md"]
    assert "## `POST /predict`" in page
    assert "## `GET /assets/{asset_id}/history`" in page
    assert "| `sample_rate_hz` | query | number | Samples per second." in page


def test_an_operation_is_its_parameters_bodies_and_answers() -> None:
    operation = {
        "summary": "Ask",
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}, "description": "a | b"}],
        "requestBody": {"content": {"text/csv": {}}},
        "responses": {"200": {"description": "Good"}},
    }
    assert api_page({"paths": {"/a": {"post": operation}}}).splitlines()[4:] == [
        "## `POST /a`",
        "",
        "Ask.",
        "",
        "| parameter | in | type | meaning |",
        "| --- | --- | --- | --- |",
        r"| `q` | query | string | a \| b |",
        "",
        "Body: `text/csv`.",
        "",
        "| status | answer |",
        "| --- | --- |",
        "| `200` | Good |",
    ]


def test_a_command_line_is_its_commands_with_their_arguments() -> None:
    parser = argparse.ArgumentParser(prog="tool")
    one = parser.add_subparsers().add_parser("run", description="Run it.")
    one.add_argument("files", metavar="FILE", help="what is run")
    one.add_argument("--count", "-c", type=int, default=3, help="how often (%(default)s)")
    one.add_argument("--secret", help=argparse.SUPPRESS)
    page = command_page(parser)
    assert "## `tool run`\n\nRun it.\n" in page
    assert "| `FILE` | what is run |\n| `--count`, `-c` | how often (3) |" in page
    assert "secret" not in page


def test_a_schema_is_a_table_for_each_of_its_objects() -> None:
    members = {"kind": {"enum": ["a", "b"]}, "width": {"type": "number"}, "height": {"type": "number", "default": 1}}
    part = {"properties": members, "description": "A part.\n\nMore. kind: of it;\nwidth, height: in mm."}
    schema = {
        "title": "Whole",
        "required": ["parts"],
        "properties": {
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "description": "its parts"},
            "size": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 2},
        },
        "$defs": {"Part": part},
    }
    page = schema_page("Title", schema, "$defs")
    assert "| `parts` | list of [Part](#part) |  | its parts |\n| `size` | integer | `2` |  |" in page
    assert page.endswith(
        "## Part\n\nA part. More.\n\n| member | type | default | meaning |\n| --- | --- | --- | --- |\n"
        "| `kind` | `a`, `b` |  | of it |\n| `width` | number |  | in mm |\n| `height` | number | `1` | in mm |\n"
    )


def test_without_mkdocs_it_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("build_scripts.build_cli.site.site.version", missing)
    with pytest.raises(BuildError, match="which is not installed: run `make docs`"):
        build_site(tmp_path)


def test_the_configuration_loads_nothing_from_elsewhere() -> None:
    assert "://" not in CONFIG.read_text()
    assert ROOT in CONFIG.parents


def test_the_plants_and_the_fleet_are_planned_from_what_is_there() -> None:
    """Those of the capacity page, and those that the Service view shows."""
    page = PAGE.read_text()
    assert page == with_plans(page), "planned anew by: make docs"
    assert SHOWN.read_text() == shown_plans(), "planned anew by: make docs"
    assert all(f"`palier plan {options}`:" in page for options in (*PLANTS.values(), *FLEET.values()))
    assert "cheaper than on demand from" in page
