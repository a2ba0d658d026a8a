"""SageMaker's multi-model endpoints: models are loaded and unloaded while the server runs.

Source: Amazon SageMaker AI developer guide, "Custom Containers Contract for Multi-Model Endpoints".
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from functions.container.errors import MalformedLoadError, ModelLoadedError, NoRoomError
from functions.container.sagemaker import Invocations
from functions.core.decoding.formats import JSON
from functions.core.errors import ModelNotFoundError
from functions.core.http.bodies import read_body

_PAGE = 100
_LARGEST_REQUEST = 65_536


class LoadRequest(msgspec.Struct, frozen=True):
    """What SageMaker sends: a name it has made, and the folder it has unpacked the model into."""

    model_name: Annotated[str, Meta(min_length=1, max_length=1024, extra_json_schema={"pattern": "^[^/]+$"})]
    url: Annotated[str, Meta(min_length=1, max_length=4096)]


@dataclass(frozen=True)
class LoadedPackage:
    """A model under SageMaker's name."""

    url: str
    door: Invocations

    def document(self, name: str) -> dict[str, str]:
        """Return it in SageMaker's words."""
        return {"modelName": name, "modelUrl": self.url}


@dataclass(frozen=True)
class MultiModel:
    """The models that are loaded, by SageMaker's names.

    open_package: loads the one package in a folder, ready to answer; called in a thread.
    root: only folders below it are loaded.
    most: models at once.
    """

    open_package: Callable[[Path], Invocations]
    root: Path
    most: int
    limit_bytes: int
    loaded: dict[str, LoadedPackage] = field(default_factory=dict)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ping(self, _: Request) -> Response:
        """GET /ping: 200 as long as models can be loaded; which ones are is SageMaker's choice."""
        return Response(status_code=200)

    async def load(self, request: Request) -> Response:
        """POST /models: load a package; 409 when the name is taken, 507 when there is no room."""
        sent = await read_body(request, min(self.limit_bytes, _LARGEST_REQUEST))
        asked = _read(sent.unpacked())
        if "/" in asked.model_name:
            sentence = f"The model name {asked.model_name[:80]!r} has a slash: no path could name the model."
            raise MalformedLoadError(sentence, field="model_name")
        folder = self._folder(asked.url)
        # One at a time: the room is counted before the package is there.
        async with self._loading:
            if asked.model_name in self.loaded:
                raise ModelLoadedError(f"A model {asked.model_name!r} is loaded already.")
            if len(self.loaded) >= self.most:
                raise NoRoomError(f"{self.most} models are loaded, as many as may be; unload one first.")
            door = await asyncio.to_thread(self._open, folder)
            self.loaded[asked.model_name] = LoadedPackage(asked.url, door)
        return _json({"modelName": asked.model_name, "modelUrl": asked.url})

    async def models(self, request: Request) -> Response:
        """GET /models: what is loaded, a hundred a page."""
        token = request.query_params.get("next_page_token", "0")
        start = int(token) if token.isascii() and token.isdecimal() and len(token) < 10 else 0
        names = list(self.loaded)
        page = {"models": [self.loaded[name].document(name) for name in names[start : start + _PAGE]]}
        more = {"nextPageToken": str(start + _PAGE)} if len(names) > start + _PAGE else {}
        return _json(page | more)

    async def model(self, request: Request) -> Response:
        """GET /models/{name}: one that is loaded."""
        return _json(self._named(request).document(request.path_params["name"]))

    async def unload(self, request: Request) -> Response:
        """DELETE /models/{name}: let a model go; requests that are with it end as they would."""
        self._named(request)
        del self.loaded[request.path_params["name"]]
        return Response(status_code=200)

    async def invoke(self, request: Request) -> Response:
        """POST /models/{name}/invoke: as /invocations, by this model."""
        return await self._named(request).door.invocations(request)

    def _open(self, folder: Path) -> Invocations:
        try:
            return self.open_package(folder)
        except MemoryError:
            raise NoRoomError("There is not enough memory for this model; unload another first.") from None

    def _folder(self, url: str) -> Path:
        folder = Path(url).resolve()
        if not folder.is_relative_to(self.root.resolve()):
            raise MalformedLoadError(f"Models are loaded from below {self.root}.", field="url")
        return folder

    def _named(self, request: Request) -> LoadedPackage:
        name = request.path_params["name"]
        if name not in self.loaded:
            raise ModelNotFoundError(f"No model {str(name)[:80]!r} is loaded.")
        return self.loaded[name]


def _read(body: bytes) -> LoadRequest:
    try:
        return msgspec.json.decode(body, type=LoadRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedLoadError(f"The request to load a model is broken: {error}.") from None
    except RecursionError:
        raise MalformedLoadError("The request to load a model is nested too deeply.") from None


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type=JSON)
