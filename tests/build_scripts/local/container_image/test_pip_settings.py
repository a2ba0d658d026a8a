"""Settings of pip here reach the pip inside a build, and nothing of it stays."""

from pathlib import Path

import pytest

from build_scripts.local.container_image.pip_settings import mounts, named_paths, read_settings, render

LISTED = """\
:env:.cert='/here/mine.pem'
global.cert='/here/other.pem'
global.extra-index-url='file:///a/simple\\nfile:///b/simple'
install.no-compile='true'
"""


def test_a_variable_goes_before_a_file() -> None:
    assert read_settings(LISTED) == {
        "cert": "/here/mine.pem",
        "extra-index-url": "file:///a/simple\nfile:///b/simple",
        "no-compile": "true",
    }


def test_a_value_of_several_lines_stays_one_value() -> None:
    assert render({"find-links": "a\nb", "retries": "2"}) == "[global]\nfind-links = a\n    b\nretries = 2\n"


def test_files_are_named_and_of_an_index_the_folder_that_it_links_into(tmp_path: Path) -> None:
    (tmp_path / "index" / "simple").mkdir(parents=True)
    (tmp_path / "wheels").mkdir()
    settings = {
        "index-url": f"file://{tmp_path}/index/simple",
        "find-links": f"{tmp_path}/wheels {tmp_path}/nowhere",
        "timeout": "60",
        "proxy": "http://plant.internal:3128",
    }
    assert named_paths(settings) == [f"{tmp_path}/index", f"{tmp_path}/wheels"]


def test_the_configuration_is_gone_after_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    with mounts(tmp_path) as given:
        written = next(source for source, target in given.items() if target == "/etc/pip.conf")
        assert "timeout = 7\n" in Path(written).read_text()
    assert list(tmp_path.iterdir()) == []
