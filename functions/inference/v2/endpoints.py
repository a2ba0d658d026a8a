"""The endpoints of the Open Inference Protocol.

Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md; the extensions are those of
triton-inference-server/server, docs/protocol. docs/v2.md compares every endpoint with them.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from functions.core.errors import MalformedEnvelopeError
from functions.core.http.bodies import read_as_sent
from functions.core.http.workers import Workers
from functions.core.models.models import ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.settings import Settings
from functions.inference.v2 import metadata, repository
from functions.inference.v2.answers import InferenceAnswer
from functions.inference.v2.binary import HEADER_LENGTH
from functions.inference.v2.compression import accepted_encoding, pack
from functions.inference.v2.inference import Inference, SentRequest, unpack_body
from functions.inference.v2.statistics import Statistics

JSON = "application/json"
BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of the protocol, bound to the models and the workers that they use.

    A path with a model's name and no version means its newest version.
    """

    diagnoser: Diagnoser
    settings: Settings
    workers: Workers
    statistics: Statistics = field(default_factory=Statistics)

    @property
    def models(self) -> ModelRepository:
        """The repository of the models."""
        return self.diagnoser.models

    async def server(self, _: Request) -> Response:
        """GET /v2: the server's metadata."""
        return _json(metadata.server_metadata())

    async def live(self, _: Request) -> Response:
        """GET /v2/health/live: 200 as long as the server answers."""
        return _json({"live": True})

    async def ready(self, _: Request) -> Response:
        """GET /v2/health/ready: 200 when the default model can serve, else 503."""
        await asyncio.to_thread(self.diagnoser.load, DiagnosisOptions())
        return _json({"live": True, "ready": True})

    async def model(self, request: Request) -> Response:
        """GET /v2/models/{name}: a model's metadata."""
        name, version = _named(request)
        manifest = await asyncio.to_thread(self.models.manifest, name, version)
        return _json(metadata.model_metadata(manifest, self.models.versions(name)))

    async def model_ready(self, request: Request) -> Response:
        """GET /v2/models/{name}/ready: 200 when the model can serve, else 404 or 503."""
        model = await asyncio.to_thread(self.models.load, *_named(request))
        return _json({"name": model.manifest.name, "ready": True})

    async def config(self, request: Request) -> Response:
        """GET /v2/models/{name}/config: a model's configuration."""
        model = await asyncio.to_thread(self.models.load, *_named(request))
        return _json(metadata.model_configuration(model.manifest, model.precision, self.settings.max_batch))

    async def all_statistics(self, _: Request) -> Response:
        """GET /v2/models/stats: the statistics of every version of every model."""
        pairs = [(name, version) for name in self.models.names() for version in self.models.versions(name)]
        return _json({"model_stats": [self.statistics.document(*pair) for pair in pairs]})

    async def model_statistics(self, request: Request) -> Response:
        """GET /v2/models/{name}/stats: the statistics of all its versions, or of one."""
        name, version = _named(request)
        # A model whose files are broken has statistics too; one that is not here has none.
        versions = self.models.versions(name) if version is None else [self.models.find(name, version)]
        return _json({"model_stats": [self.statistics.document(name, one) for one in versions]})

    async def index(self, request: Request) -> Response:
        """POST /v2/repository/index: every version of every model, and its state."""
        only_ready = repository.wants_only_ready(await self._object(request))
        entries = await asyncio.to_thread(repository.repository_index, self.models, only_ready=only_ready)
        return _json(entries)

    async def load(self, request: Request) -> Response:
        """POST /v2/repository/models/{name}/load: load a model before its first request."""
        repository.check_load(await self._object(request))
        await asyncio.to_thread(self.models.load, *_named(request))
        return _json({})

    async def unload(self, request: Request) -> Response:
        """POST /v2/repository/models/{name}/unload: refused, models stay."""
        self.models.versions(_named(request)[0])
        raise MalformedEnvelopeError("Models stay loaded here: a new version means a new process.")

    async def infer(self, request: Request) -> Response:
        """POST /v2/models/{name}/infer: windows in, logits and probabilities out."""
        name, version = _named(request)
        sent = SentRequest(
            model=name,
            version=version,
            body=await self._read(request),
            content_encoding=request.headers.get("content-encoding", "identity"),
            header_length=request.headers.get(HEADER_LENGTH),
        )
        encoding = accepted_encoding(request.headers.get("accept-encoding"))
        return _answer(await self.answer(sent), encoding)

    async def answer(self, sent: SentRequest) -> InferenceAnswer:
        """Answer one inference request; raises as `Inference.answer`."""
        inference = Inference(self.models, self.settings, self.statistics)
        packed = sent.content_encoding != "identity"
        return await self.workers.follow(
            inference.answer(sent), self.settings.max_body_bytes if packed else len(sent.body)
        )

    async def _read(self, request: Request) -> bytes:
        with self.workers.place():
            return await read_as_sent(request, self.settings.max_body_bytes)

    async def _object(self, request: Request) -> dict[str, Any]:
        body = await self._read(request)
        encoding, limit_bytes = request.headers.get("content-encoding", "identity"), self.settings.max_body_bytes
        # In a thread: the object may be as large as any body.
        return await self.workers.run(lambda: repository.read_optional_object(unpack_body(body, encoding, limit_bytes)))


def _named(request: Request) -> tuple[str, str | None]:
    return request.path_params["name"], request.path_params.get("version")


def _json(document: object) -> Response:
    return Response(json.dumps(document, separators=(",", ":")), media_type=JSON)


def _answer(answer: InferenceAnswer, encoding: str | None) -> Response:
    headers = {"vary": "accept-encoding"}
    if answer.header_bytes is not None:
        headers[HEADER_LENGTH] = str(answer.header_bytes)
    if encoding is not None:
        headers["content-encoding"] = encoding
    body = answer.body if encoding is None else pack(answer.body, encoding)
    return Response(body, headers=headers, media_type=JSON if answer.header_bytes is None else BINARY)
