"""The targets of the attack: for each how its seeds are changed, and the function that takes a case."""

import asyncio
import base64
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.types import ASGIApp

from build_scripts.benchmarks.attack.mutation import Mutate, change_member, mutate_bytes, mutate_json
from build_scripts.benchmarks.attack.requests import ask, mutate_request
from build_scripts.palier_cli.files.recordings import read_recording
from build_scripts.palier_cli.readers.reader import FileReader
from functions.container.app import create_container
from functions.container.settings import ContainerSettings
from functions.core.decoding.formats import BATCH_DECODERS, SERVED_FORMATS, decode_file
from functions.core.decoding.json_body import decode_json, decode_json_batch
from functions.core.errors import PalierError
from functions.core.lambda_host.gateway import LambdaHandler
from functions.core.models.options import DiagnosisOptions
from functions.core.settings import Settings
from functions.inference.app import create_app
from functions.jobs.submission import read_submission

# The model of the shorter window: cases stay small.
SETTINGS = Settings(default_model="rolling-bearing", api_keys_required=False, threads=1, log_level="ERROR")
_MOST = 128

# Takes a case of a seed's name; returns a status where it has one, else 0. What raises but no PalierError is a defect.
Take = Callable[[str, bytes], int]


@dataclass(frozen=True)
class Target:
    """A part of the project that takes bytes from outside.

    Args:
        share: of all cases.
        mutate: makes a case of a seed.
        opened: what takes cases, while it is entered.
    """

    share: float
    mutate: Mutate
    opened: Callable[[ExitStack], Take]


def _decoders(_: ExitStack) -> Take:
    def take(name: str, case: bytes) -> int:
        if name.endswith(".json"):
            decode_json_batch(case, _MOST) if "batch" in name else decode_json(case)
            return 0
        kind = _media_type(Path(name).suffix)
        if "batch" in name:
            BATCH_DECODERS[kind](case, _MOST, 4.0)
            return 0
        decode_file(case, kind, DiagnosisOptions(full_scale=4, sample_format="int16" if "int16" in name else "float32"))
        return 0

    return take


def _app(compose: Callable[[], ASGIApp], opened: ExitStack) -> Take:
    loop = opened.enter_context(_event_loop())
    app = compose()

    def take(_: str, case: bytes) -> int:
        return loop.run_until_complete(ask(app, case)).status

    return take


def _inference() -> ASGIApp:
    app = create_app(SETTINGS)
    app.state.diagnoser.load(DiagnosisOptions())
    return app


def _container() -> ASGIApp:
    return create_container(SETTINGS, ContainerSettings(provider="cpu")).served


def _jobs(_: ExitStack) -> Take:
    def take(_: str, case: bytes) -> int:
        read_submission(case, 10_000)
        return 0

    return take


def _lambda(opened: ExitStack) -> Take:
    opened.enter_context(_event_loop())
    handler = LambdaHandler(create_app(SETTINGS), SETTINGS)

    def take(_: str, case: bytes) -> int:
        # Lambda parses the event itself: what is no JSON never arrives.
        return int(handler(json.loads(case), None)["statusCode"])

    return take


def _media_type(ending: str) -> str:
    return next(one.media_type for one in SERVED_FORMATS if ending in one.endings)


def _mutate_event(rng: random.Random, seed: bytes, others: Sequence[bytes]) -> bytes:
    event: dict[str, Any] = json.loads(seed)
    if rng.random() < 0.6 and event["body"] is not None:
        sent = event["body"].encode()
        body = base64.b64decode(sent) if event["isBase64Encoded"] else sent
        body = (mutate_json if body[:1] == b"{" else mutate_bytes)(rng, body, [])
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    if rng.random() < 0.6:
        change_member(rng, event)
    return json.dumps(event).encode()


def _files(opened: ExitStack) -> Take:
    folder = Path(opened.enter_context(TemporaryDirectory(prefix="palier-attack-")))
    reader = opened.enter_context(FileReader())

    def take(name: str, case: bytes) -> int:
        path = folder / name
        path.write_bytes(case)
        read_recording(path, read=reader.read)
        return 0

    return take


@contextmanager
def _event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


TARGETS: Mapping[str, Target] = {
    "decoders": Target(0.35, mutate_bytes, _decoders),
    "native": Target(0.2, mutate_request, partial(_app, _inference)),
    "v2": Target(0.13, mutate_request, partial(_app, _inference)),
    "container": Target(0.05, mutate_request, partial(_app, _container)),
    "jobs": Target(0.12, mutate_json, _jobs),
    "lambda": Target(0.12, _mutate_event, _lambda),
    "files": Target(0.03, mutate_bytes, _files),
}


def is_refusal(error: Exception) -> bool:
    """Return whether an exception is an error of this project, or of the system about a file."""
    return isinstance(error, PalierError | OSError)
