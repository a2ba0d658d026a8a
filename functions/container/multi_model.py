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
    """SageMaker's request to load a model: a name, and the folder with the unpacked model."""

    model_name: Annotated[str, Meta(min_length=1, max_length=1024, extra_json_schema={"pattern": "^[^/]+$"})]
    url: Annotated[str, Meta(min_length=1, max_length=4096)]


@dataclass(frozen=True)
class LoadedPackage:
    """A model that is loaded under SageMaker's name, and its endpoints."""

    url: str
    invocations: Invocations

    def document(self, name: str) -> dict[str, str]:
        """Return the entry of the model in SageMaker's form."""
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
        """GET /ping: 200 as long as models can be loaded; SageMaker decides which are."""
        return Response(status_code=200)

    async def load(self, request: Request) -> Response:
        """POST /models: load a package; 409 when the name is taken, 507 when there is no room."""
        sent = await read_body(request, min(self.limit_bytes, _LARGEST_REQUEST))
        asked = _read(sent.unpacked())
        if "/" in asked.model_name:
            sentence = f"The model name {asked.model_name[:80]!r} has a slash: no path could name the model."
            raise MalformedLoadError(sentence, field="model_name")
        folder = self._folder(asked.url)
        # One at a time, since the number of models is checked before the package is loaded.
        async with self._loading:
            if asked.model_name in self.loaded:
                raise ModelLoadedError(f"A model {asked.model_name!r} is loaded already.")
            if len(self.loaded) >= self.most:
                raise NoRoomError(f"{self.most} models are loaded, as many as may be; unload one first.")
            invocations = await asyncio.to_thread(self._open, folder)
            self.loaded[asked.model_name] = LoadedPackage(asked.url, invocations)
        return _json({"modelName": asked.model_name, "modelUrl": asked.url})

    async def models(self, request: Request) -> Response:
        """GET /models: the loaded models, a hundred a page."""
        token = request.query_params.get("next_page_token", "0")
        start = int(token) if token.isascii() and token.isdecimal() and len(token) < 10 else 0
        names = list(self.loaded)
        page = {"models": [self.loaded[name].document(name) for name in names[start : start + _PAGE]]}
        more = {"nextPageToken": str(start + _PAGE)} if len(names) > start + _PAGE else {}
        return _json(page | more)

    async def model(self, request: Request) -> Response:
        """GET /models/{name}: one loaded model."""
        return _json(self._named(request).document(request.path_params["name"]))

    async def unload(self, request: Request) -> Response:
        """DELETE /models/{name}: unload a model; requests that it is answering are finished."""
        self._named(request)
        del self.loaded[request.path_params["name"]]
        return Response(status_code=200)

    async def invoke(self, request: Request) -> Response:
        """POST /models/{name}/invoke: as /invocations, by this model."""
        return await self._named(request).invocations.invocations(request)

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
