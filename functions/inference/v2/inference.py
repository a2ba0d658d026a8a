"""The work of one inference request, from its bytes to its answer."""

import time
from dataclasses import dataclass, field

from functions.core.errors import BodyTooLargeError, MalformedEnvelopeError, UnsupportedMediaTypeError
from functions.core.http.bodies import unpack
from functions.core.models.flow import EngineCall, Flow
from functions.core.models.models import ModelRepository
from functions.core.models.preparation import input_rows, window_evidence
from functions.core.observability.metrics import observe_inference
from functions.core.settings import Settings
from functions.inference.v2.answers import InferenceAnswer, encode_answer
from functions.inference.v2.requests import read_request
from functions.inference.v2.statistics import Statistics
from functions.inference.v2.tensors import Expected


@dataclass(frozen=True)
class SentRequest:
    """An inference request as it was sent: the model in its path, its body, and the headers that describe it."""

    model: str
    version: str | None
    body: bytes
    content_encoding: str
    header_length: str | None
    arrived_ns: int = field(default_factory=time.perf_counter_ns)


@dataclass(frozen=True)
class Inference:
    """Answers inference requests with the models of a repository; safe to share between threads."""

    models: ModelRepository
    settings: Settings
    statistics: Statistics

    def answer(self, sent: SentRequest) -> Flow[InferenceAnswer]:
        """Answer one request, as a flow.

        Raises:
            ModelNotFoundError, VersionNotFoundError, ModelUnavailableError: the model cannot serve.
            MalformedEnvelopeError, UnusableError: the request cannot be answered.
        """
        manifest = self.models.manifest(sent.model, sent.version)
        with self.statistics.measured(manifest.name, manifest.version, sent.arrived_ns) as stopwatch:
            model = self.models.load(sent.model, sent.version)
            stopwatch.lap()
            body = unpack_body(sent.body, sent.content_encoding, self.settings.max_body_bytes)
            request = read_request(body, sent.header_length, Expected(manifest.input, self.settings.max_batch))
            stopwatch.lap()
            inputs = request.inputs
            evidence = window_evidence(inputs.windows, inputs.conditions, manifest, "inputs")
            rows = input_rows(inputs.windows, inputs.conditions, manifest)
            run = yield EngineCall(model, rows, inputs.conditions)
            observe_inference(manifest.name, len(inputs.windows), run.elapsed_ms)
            stopwatch.ran(run)
            answer = encode_answer(request, run.output, manifest, evidence)
            stopwatch.lap()
            stopwatch.windows = len(inputs.windows)
        return answer


def unpack_body(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Unpack a request's body; its encoding counts as part of the protocol's envelope.

    Raises:
        MalformedEnvelopeError: it is no gzip or deflate, broken, or larger than the limit once unpacked.
    """
    try:
        return unpack(body, encoding, limit_bytes)
    except BodyTooLargeError:
        raise MalformedEnvelopeError(
            f"The body is over the limit of {limit_bytes} bytes once it is unpacked.", field="Content-Encoding"
        ) from None
    except UnsupportedMediaTypeError as error:
        raise MalformedEnvelopeError(error.message, field="Content-Encoding") from None
