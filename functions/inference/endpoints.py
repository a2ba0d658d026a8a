"""The endpoints of the native API: decode, diagnose, encode."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from msgspec import Struct
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from functions.core.assets.history import Observation
from functions.core.assets.recorder import Recorder
from functions.core.decoding.formats import (
    BATCH_DECODERS,
    BATCH_MEDIA_TYPES,
    FORM,
    JSON,
    PREDICT_MEDIA_TYPES,
    charset_option,
    decode_file,
    media_type,
    media_type_of_file,
)
from functions.core.decoding.json_body import decode_json, decode_json_batch
from functions.core.errors import (
    EmptyBatchError,
    InvalidOptionError,
    ModelUnavailableError,
)
from functions.core.http.answers import Answer
from functions.core.http.bodies import SentBody, read_body
from functions.core.http.diagnosis_answer import BatchAnswer, ChannelsAnswer, DiagnosisAnswer, ModelReference
from functions.core.http.workers import Workers
from functions.core.models.diagnosis import Diagnosis
from functions.core.models.flow import Flow
from functions.core.models.models import LoadedModel
from functions.core.models.options import ALL_CHANNELS, DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.observability.telemetry import LOGGER, request_id_var
from functions.core.preprocessing.signal import Recording
from functions.core.settings import Settings
from functions.core.version import VERSION
from functions.inference.schemas import HealthAnswer, IndexAnswer, ModelAnswer, ModelsAnswer


class _Diagnosed(NamedTuple):
    """An answer, and its observations for an asset's history."""

    answer: Answer
    observations: list[Observation]


class Endpoints(Struct, frozen=True):
    """The endpoints of the native API, bound to the diagnoser and the workers that they use.

    Decoding and inference run in worker threads: the event loop stays free for other requests.
    """

    diagnoser: Diagnoser
    settings: Settings
    workers: Workers
    recorder: Recorder | None = None

    async def index(self, _: Request) -> Response:
        """GET /: name, version and links of the service."""
        links = {name: f"/{name}" for name in ("health", "models", "docs")} | {"openapi": "/openapi.json"}
        return _json(
            IndexAnswer(
                name="palier",
                version=VERSION,
                description="Diagnoses machine vibration: POST a recording to /predict.",
                links=links,
            )
        )

    async def health(self, _: Request) -> Response:
        """GET /health: 200 when the default model can serve, else 503."""
        try:
            loaded = await asyncio.to_thread(self.diagnoser.load, DiagnosisOptions())
        except ModelUnavailableError as error:
            LOGGER.error(error.message, extra={"code": error.code}, exc_info=error.__cause__)
            return _json(self._health(None), HTTPStatus.SERVICE_UNAVAILABLE, dict(error.headers))
        return _json(self._health(loaded))

    async def models(self, _: Request) -> Response:
        """GET /models: the newest version of every package; a broken package is listed as unavailable."""
        return _json(await asyncio.to_thread(self._models))

    async def model(self, request: Request) -> Response:
        """GET /models/{name}: one package; `?version=` for another than the newest."""
        name, version = request.path_params["name"], request.query_params.get("version")
        return _json(await asyncio.to_thread(self._model, name, version))

    async def proof(self, request: Request) -> Response:
        """GET /models/{name}/proof: the measurements of a package beyond its manifest."""
        name, version = request.path_params["name"], request.query_params.get("version")
        return Response(await asyncio.to_thread(self.diagnoser.models.proof, name, version), media_type=JSON)

    async def model_info(self, _: Request) -> Response:
        """GET /model/info: the default model."""
        self.diagnoser.require_default()
        return _json(await asyncio.to_thread(self._model, self.settings.default_model, None))

    async def predict(self, request: Request) -> Response:
        """POST /predict: one recording, one diagnosis."""
        content_type = request.headers.get("content-type", "")
        kind = media_type(content_type, PREDICT_MEDIA_TYPES)
        if kind == FORM:
            return await self._answer(request, lambda body: self._diagnose_form(body, content_type, _query(request)))
        charset = charset_option(content_type, kind)
        return await self._answer(request, lambda body: self._diagnose(body, kind, charset | _query(request)))

    async def predict_batch(self, request: Request) -> Response:
        """POST /predict/batch: many recordings, as many diagnoses."""
        kind = media_type(request.headers.get("content-type"), BATCH_MEDIA_TYPES)
        return await self._answer(request, lambda body: self._diagnose_batch(body, kind, _query(request)))

    async def _answer(self, request: Request, work: Callable[[SentBody], Flow[_Diagnosed]]) -> Response:
        with self.workers.place():
            body = await read_body(request, self.settings.max_body_bytes)
        diagnosed = await self.workers.follow(work(body), body.most_bytes)
        response = _json(diagnosed.answer)
        if self.recorder and diagnosed.observations:
            # On a server it runs after the answer; on Lambda before, since the instance freezes after it.
            response.background = BackgroundTask(self.recorder.record, diagnosed.observations)
        return response

    def _diagnose_form(self, sent: SentBody, content_type: str, query: dict[str, str]) -> Flow[_Diagnosed]:
        # Late: few clients send forms.
        from functions.core.http.forms import read_form

        form = read_form(sent.unpacked(), content_type)
        # An empty field of a web form is an option that is not given.
        fields = {name: value for name, value in form.fields.items() if value}
        kind = media_type_of_file(form.file_name, form.content_type)
        charset = charset_option(form.content_type, kind)
        return (yield from self._diagnose_file(form.content, kind, charset | fields | query))

    def _diagnose(self, sent: SentBody, kind: str, query: dict[str, str]) -> Flow[_Diagnosed]:
        return (yield from self._diagnose_file(sent.unpacked(), kind, query))

    def _diagnose_file(self, body: bytes, kind: str, query: dict[str, str]) -> Flow[_Diagnosed]:
        if kind == JSON:
            content = decode_json(body)
            options, recording = DiagnosisOptions.parse({**content.options, **query}), content.recordings[0]
        else:
            options = DiagnosisOptions.parse(query)
            recording = decode_file(body, kind, options)
        if options.channel == ALL_CHANNELS:
            return (yield from self._diagnose_channels(recording, options))
        diagnosis = yield from self.diagnoser.diagnosing(recording, options)
        answer = DiagnosisAnswer.of(diagnosis, options, request_id_var.get() or "")
        return _Diagnosed(answer, _observations([answer], options))

    def _diagnose_channels(self, recording: Recording, options: DiagnosisOptions) -> Flow[_Diagnosed]:
        # Late: few requests ask for it.
        from functions.core.models.channels import diagnosing_channels

        found = yield from diagnosing_channels(self.diagnoser, recording, options)
        answer = ChannelsAnswer.of_channels(found, options, request_id_var.get() or "")
        # One recording is one reading of the machine: its worst channel.
        return _Diagnosed(answer, _observations([answer.of_worst], options))

    def _diagnose_batch(self, sent: SentBody, kind: str, query: dict[str, str]) -> Flow[_Diagnosed]:
        recordings, members = _decode_batch(sent.unpacked(), kind, self.settings.max_batch, query)
        own = _own_conditions(members, len(recordings))
        options = DiagnosisOptions.parse({**members, **query})
        if options.channel == ALL_CHANNELS:
            raise InvalidOptionError("channel=all is of one recording: send each to /predict.", field="channel")
        if not recordings:
            raise EmptyBatchError("The batch has no recordings.")
        diagnoses: list[Diagnosis] = yield from self.diagnoser.diagnosing_batch(recordings, options, own)
        answer = BatchAnswer.of(diagnoses, options, request_id_var.get() or "")
        return _Diagnosed(answer, _observations(answer.predictions, options))

    def _models(self) -> ModelsAnswer:
        answers: list[ModelAnswer] = []
        unavailable: list[str] = []
        for name in self.diagnoser.models.names():
            try:
                answers.append(self._model(name, None))
            except ModelUnavailableError as error:
                LOGGER.error(error.message, extra={"code": error.code}, exc_info=error.__cause__)
                unavailable.append(name)
        return ModelsAnswer(models=answers, unavailable=unavailable, default_model=self.settings.default_model)

    def _model(self, name: str, version: str | None) -> ModelAnswer:
        models = self.diagnoser.models
        return ModelAnswer.of(models.manifest(name, version), models.versions(name), self.settings.default_model)

    def _health(self, model: LoadedModel | None) -> HealthAnswer:
        return HealthAnswer(
            status="healthy" if model else "unhealthy",
            model_loaded=model is not None,
            model=None if model is None else ModelReference.of(model),
            device="cpu" if model is None else model.device,
            version=VERSION,
            timestamp=datetime.now(UTC),
        )


def _observations(answers: Sequence[DiagnosisAnswer], options: DiagnosisOptions) -> list[Observation]:
    if options.asset_id is None:
        return []
    recorded_at_s = options.recorded_at.timestamp() if options.recorded_at else time.time()
    return [
        Observation(
            id=f"{answer.request_id}-{index}",
            asset_id=options.asset_id,
            # A microsecond apart: a batch keeps its order.
            recorded_at_s=recorded_at_s + index * 1e-6,
            answer=answer,
        )
        for index, answer in enumerate(answers)
    ]


def _decode_batch(
    body: bytes, kind: str, most: int, query: dict[str, str]
) -> tuple[list[Recording], dict[str, object]]:
    if kind == JSON:
        content = decode_json_batch(body, most)
        return content.recordings, dict(content.options)
    return BATCH_DECODERS[kind](body, most, DiagnosisOptions.parse(query).full_scale), {}


def _own_conditions(members: dict[str, object], recordings: int) -> list[dict[str, float]] | None:
    """Take a list of conditions, one object for each recording, out of a batch's members; None where there is none."""
    listed = members.get("conditions")
    if not isinstance(listed, list):
        return None
    # Late: few models take any.
    from functions.core.models.conditions import conditions_of_each

    del members["conditions"]
    return conditions_of_each(listed, recordings)


def _query(request: Request) -> dict[str, str]:
    given: dict[str, str] = {}
    if not request.scope["query_string"]:
        return given
    for name, value in request.query_params.multi_items():
        if name in given:
            raise InvalidOptionError(f"The option {name[:40]!r} is given twice.", field=name[:40])
        given[name] = value
    return given


def _json(answer: Answer, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(answer), status, headers, media_type=JSON)
