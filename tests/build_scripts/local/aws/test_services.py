"""The services behind local_server.py: started once, when first needed; what fails is said and tried again."""

import os
from pathlib import Path

import pytest
from starlette.applications import Starlette

from build_scripts.local.aws import services as local_services
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.routes import LocalJobs
from build_scripts.local.aws.services import LocalHistory, LocalServices
from functions.core.assets.history import Observation
from functions.core.errors import DependencyUnavailableError
from functions.core.http.asgi import create_starlette
from functions.core.settings import Settings
from tests.support.apps import assert_error, client_of
from tests.support.waiting import until


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A machine on which they cannot be installed; returns the folders that they were asked for."""
    asked: list[Path] = []

    def refuse(folder: Path, *_: object, **__: object) -> None:
        asked.append(folder)
        raise EmbeddedServicesError("The embedded services cannot be installed: no network.")

    monkeypatch.setattr(local_services, "open_services", refuse)
    return asked


def app_of(settings: Settings, services: LocalServices) -> Starlette:
    return create_starlette([LocalJobs(services, None)], settings)


@pytest.mark.parametrize("path", ["/jobs", "/jobs/abc/results", "/assets", "/assets/press-4/history"])
async def test_without_them_jobs_and_assets_are_503_and_say_why(
    settings: Settings, offline: list[Path], path: str
) -> None:
    services = LocalServices(settings, None, None, lambda _: None)
    async with client_of(app_of(settings, services)) as client:
        for _ in range(2):
            answer = await client.get(path)
            assert "no network" in assert_error(answer, 503, "dependency_unavailable", None)
            assert "retry-after" in answer.headers
    assert len(offline) == 2
    assert not any(folder.exists() for folder in offline)


async def test_other_paths_start_nothing(settings: Settings, offline: list[Path]) -> None:
    services = LocalServices(settings, None, None, lambda _: None)
    async with client_of(app_of(settings, services)) as client:
        assert [(await client.get(path)).status_code for path in ("/jobsx", "/asset", "/")] == [404, 404, 404]
    assert offline == []


def test_a_diagnosis_that_cannot_be_kept_is_reported_as_such(settings: Settings, offline: list[Path]) -> None:
    services = LocalServices(settings, None, None, lambda _: None)
    observation = Observation("r0", "press-4", 0.0, None)  # type: ignore[arg-type]
    with pytest.raises(DependencyUnavailableError, match="no network"):
        LocalHistory(services).record([observation])
    assert len(offline) == 1


@pytest.mark.parametrize(
    ("name", "starts"),
    # The services of a killed server write its state when they have noticed: until then their address is there.
    [("state", True), ("address", True), ("s3", False)],
)
def test_jobs_of_a_data_folder_go_on_also_where_their_state_is_yet_to_be_written(
    settings: Settings, offline: list[Path], tmp_path: Path, name: str, starts: bool
) -> None:
    (tmp_path / name).mkdir()
    services = LocalServices(settings, tmp_path, None, lambda _: None)
    services.resume()
    services.close()
    until(lambda: len(offline) >= starts)
    assert offline == [tmp_path] * starts


def test_closing_what_never_started_does_nothing(settings: Settings, tmp_path: Path) -> None:
    before = dict(os.environ)
    LocalServices(settings, tmp_path / "aws", None, print).close()
    assert dict(os.environ) == before
    assert not (tmp_path / "aws").exists()
