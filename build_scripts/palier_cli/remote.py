"""Send samples to a deployed endpoint for a diagnosis."""

import io
from typing import Any

import httpx
import msgspec
import numpy as np

from functions.core.decoding.formats import NPY, SERVED_FORMATS
from functions.core.errors import PalierError
from functions.core.http.diagnosis_answer import ChannelsAnswer, DiagnosisAnswer
from functions.core.models.manifest import CONDITIONS
from functions.core.models.options import ALL_CHANNELS, DiagnosisOptions
from functions.core.preprocessing.arrays import Float32Array

# Options of reading the file, which are done before samples are sent.
_OF_THE_FILE = frozenset[str]().union(*(one.options for one in SERVED_FORMATS)) - {"sample_rate_hz"}


class EndpointError(PalierError):
    """The endpoint refused, or did not answer."""

    code = "endpoint_error"


def ask_endpoint(
    url: str, key: str | None, samples: Float32Array, options: DiagnosisOptions, auth: httpx.Auth | None = None
) -> dict[str, Any]:
    """POST samples float32 [C, N] to an endpoint's /predict and return its diagnosis, or those of every channel.

    Raises:
        EndpointError: it refused, with its own sentence, or cannot be reached.
    """
    body = io.BytesIO()
    np.save(body, samples)
    given = _query(options)
    headers = {"content-type": NPY} | ({"x-api-key": key} if key else {})
    try:
        response = httpx.post(
            f"{url.rstrip('/')}/predict", content=body.getvalue(), params=given, headers=headers, auth=auth, timeout=60
        )
        answer: Any = response.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise no_answer(url, error) from None
    except (ValueError, RecursionError):
        raise other_service(url, response.status_code) from None
    if not isinstance(answer, dict) or not answer.keys() & {"error", "class_id", "predictions"}:
        raise other_service(url, response.status_code)
    if response.status_code != 200:
        raise EndpointError(f"{url} answered {response.status_code}: {answer.get('error')}")
    try:
        msgspec.convert(answer, ChannelsAnswer if options.channel == ALL_CHANNELS else DiagnosisAnswer)
    except msgspec.ValidationError:
        raise other_service(url, response.status_code) from None
    return answer


def no_answer(url: str, error: Exception) -> EndpointError:
    """Return the error of an endpoint that cannot be reached."""
    return EndpointError(f"{url} does not answer ({type(error).__name__}): check the URL, and that the service runs.")


def other_service(url: str, status: int) -> EndpointError:
    """Return the error of an endpoint whose answer is of another form than this version's."""
    return EndpointError(
        f"{url} answered {status}, but not as Palier does: check the URL, and that the service is of this version."
    )


def _query(options: DiagnosisOptions) -> dict[str, Any]:
    """Return the parameters of the query; conditions stand there each under a name of its own."""
    given = {name: value for name, value in _changed(options).items() if name not in _OF_THE_FILE}
    conditions = given.pop(CONDITIONS, {})
    return given | {f"{CONDITIONS}.{name}": value for name, value in conditions.items()}


def _changed(options: DiagnosisOptions) -> dict[str, Any]:
    """Return the options that are not the defaults; the endpoint has the same."""
    default = DiagnosisOptions()
    given = msgspec.structs.asdict(options)
    return {name: value for name, value in given.items() if value != getattr(default, name)}
