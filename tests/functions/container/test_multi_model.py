"""SageMaker's multi-model endpoints."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.core.errors import ModelUnavailableError
from functions.core.settings import Settings
from tests.conftest import MakeSettings
from tests.support.apps import assert_error, client_of
from tests.support.container import make_container
from tests.support.packages import FILE, GAIN, write_package
from tests.support.recordings import tone

OCTETS = {"content-type": "application/octet-stream"}
HIGH = tone(0.5).astype("<f4").tobytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where SageMaker unpacks models: one folder each."""
    for folder, gain in (("plain", GAIN), ("turned", -GAIN), ("third", GAIN)):
        write_package(tmp_path / folder / "model", "tiny-other", "1", gain=gain)
    return tmp_path


@pytest.fixture
async def shelf(settings: Settings, root: Path) -> AsyncIterator[httpx.AsyncClient]:
    container = make_container(settings, multi_model=True, multi_model_dir=root, max_models=2)
    async with client_of(container.served) as client:
        yield client


async def load(shelf: httpx.AsyncClient, root: Path, name: str, folder: str) -> httpx.Response:
    return await shelf.post("/models", json={"model_name": name, "url": str(root / folder / "model")})


async def test_a_model_is_loaded_asked_listed_and_unloaded(shelf: httpx.AsyncClient, root: Path) -> None:
    url = str(root / "turned" / "model")
    assert (await load(shelf, root, "abc", "turned")).json() == {"modelName": "abc", "modelUrl": url}
    assert (await shelf.get("/models")).json() == {"models": [{"modelName": "abc", "modelUrl": url}]}
    assert (await shelf.get("/models/abc")).json() == {"modelName": "abc", "modelUrl": url}
    answer = await shelf.post(
        "/models/abc/invoke", content=HIGH, headers=OCTETS | {"x-amzn-sagemaker-target-model": "abc.tar.gz"}
    )
    assert (answer.status_code, answer.json()["class_id"]) == (200, "low")
    assert (await shelf.delete("/models/abc")).status_code == 200
    assert (await shelf.get("/models")).json() == {"models": []}
    assert_error(await shelf.get("/models/abc"), 404, "model_not_found", "model")


async def test_a_name_that_is_taken_is_a_409_and_no_room_a_507(shelf: httpx.AsyncClient, root: Path) -> None:
    await load(shelf, root, "one", "plain")
    assert_error(await load(shelf, root, "one", "turned"), 409, "model_loaded", "model_name")
    await load(shelf, root, "two", "turned")
    assert_error(await load(shelf, root, "three", "third"), 507, "no_room", None)
    await shelf.delete("/models/one")
    assert (await load(shelf, root, "three", "third")).status_code == 200


async def test_memory_that_runs_out_is_a_507(
    shelf: httpx.AsyncClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("functions.container.app.warm_up", exhausted)
    assert_error(await load(shelf, root, "one", "plain"), 507, "no_room", None)


@pytest.mark.parametrize("path", ["/models/absent", "/models/absent/invoke"])
async def test_a_model_that_is_not_loaded_is_a_404(shelf: httpx.AsyncClient, path: str) -> None:
    method = "POST" if path.endswith("invoke") else "DELETE"
    answer = await shelf.request(method, path, content=HIGH)
    assert assert_error(answer, 404, "model_not_found", "model") == "No model 'absent' is loaded."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", None),
        (b'{"model_name": "x"}', None),
        (b'{"model_name": "", "url": "/x"}', None),
        (b'{"model_name": "a/b", "url": "ROOT/plain/model"}', "model_name"),
        (b'{"model_name": "x", "url": "/etc"}', "url"),
        (b'{"model_name": "x", "url": "ROOT/../elsewhere"}', "url"),
        (b'{"model_name": "x", "url": "ROOT/nothing"}', None),
        (b'{"model_name": "x", "url": "ROOT"}', None),
        (b'{"model_name": "x", "other": ' + b"[" * 5000, None),
    ],
    ids=[
        "broken",
        "no url",
        "no name",
        "a slash",
        "elsewhere",
        "out of the root",
        "empty folder",
        "not a package",
        "deep",
    ],
)
async def test_what_cannot_be_loaded_is_a_400(
    shelf: httpx.AsyncClient, root: Path, body: bytes, field: str | None
) -> None:
    answer = await shelf.post("/models", content=body.replace(b"ROOT", str(root).encode()))
    assert_error(answer, 400, "malformed_load", field)


async def test_a_name_with_a_slash_has_its_sentence(shelf: httpx.AsyncClient, root: Path) -> None:
    sentence = assert_error(await load(shelf, root, "plant/pump", "plain"), 400, "malformed_load", "model_name")
    assert sentence == "The model name 'plant/pump' has a slash: no path could name the model."
    assert (await shelf.get("/models")).json() == {"models": []}


@pytest.mark.parametrize("there", [True, False], ids=["empty", "absent"])
async def test_it_starts_without_any_model(
    make_settings: MakeSettings, root: Path, tmp_path: Path, there: bool
) -> None:
    models_dir = tmp_path / "none"
    if there:
        models_dir.mkdir()
    container = make_container(make_settings(models_dir=models_dir), multi_model=True, multi_model_dir=root)
    container.warm_up()
    async with client_of(container.served) as client:
        answer = await client.get("/ping")
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await load(client, root, "one", "plain")).status_code == 200
        invoked = await client.post("/models/one/invoke", content=HIGH, headers=OCTETS)
        assert (invoked.status_code, invoked.json()["class_id"]) == (200, "high")


async def test_a_default_model_that_is_there_must_be_able_to_serve(
    make_settings: MakeSettings, own_models_dir: Path, root: Path
) -> None:
    (own_models_dir / "tiny" / "10" / FILE).write_bytes(b"changed")
    container = make_container(make_settings(models_dir=own_models_dir), multi_model=True, multi_model_dir=root)
    with pytest.raises(ModelUnavailableError, match="sha256 differs"):
        container.warm_up()


async def test_a_changed_file_is_a_503_and_holds_no_place(shelf: httpx.AsyncClient, root: Path) -> None:
    (root / "plain" / "model" / "tiny-other" / "1" / FILE).write_bytes(b"changed")
    assert_error(await load(shelf, root, "one", "plain"), 503, "model_unavailable", None)
    assert (await shelf.get("/models")).json() == {"models": []}


async def test_pages_are_a_hundred_long(settings: Settings, root: Path) -> None:
    container = make_container(settings, multi_model=True, multi_model_dir=root, max_models=200, batch_max_windows=1)
    async with client_of(container.served) as client:
        for index in range(101):
            assert (await load(client, root, f"m{index}", "plain")).status_code == 200
        first = (await client.get("/models")).json()
        second = (await client.get("/models", params={"next_page_token": first["nextPageToken"]})).json()
    assert (len(first["models"]), [one["modelName"] for one in second["models"]]) == (100, ["m100"])
    assert "nextPageToken" not in second


async def test_without_the_setting_models_are_the_native_api_s(settings: Settings) -> None:
    async with client_of(make_container(settings).served) as client:
        assert (await client.get("/models")).json()["default_model"] == "tiny"
        assert (await client.post("/models", json={})).status_code == 405
