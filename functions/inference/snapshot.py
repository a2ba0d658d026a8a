"""Priming of the inference function before a snapshot of it is taken."""

import numpy as np
from starlette.applications import Starlette

from functions.core.aws.clients import dynamodb_client, events_client, secrets_client
from functions.core.lambda_host.snapshot import Hook, prime_app
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording
from functions.core.settings import Settings


def prime(app: Starlette, settings: Settings) -> None:
    """Diagnose one window, so that the snapshot holds the engine's memory and threads as a first request leaves them.

    The client that reads API keys is made too, but no key is read: a key of today may be revoked tomorrow.

    Raises:
        PalierError: the default model cannot serve; AWS then does not publish the version.
    """
    diagnoser = app.state.diagnoser
    spec = diagnoser.load(DiagnosisOptions()).manifest.input
    window = np.sin(np.arange(spec.window, dtype=np.float32) * 0.1)
    # Late: no diagnosis needs it.
    from functions.core.models.conditions import ordinary_conditions

    options = DiagnosisOptions(conditions=ordinary_conditions(spec))
    diagnoser.diagnose(Recording(np.tile(window, (spec.channels, 1))), options)
    prime_app(app, settings, "/health", _clients(settings))


def _clients(settings: Settings) -> list[Hook]:
    made: list[tuple[object, Hook]] = [
        (settings.api_keys_secret, secrets_client),
        (settings.history_table, dynamodb_client),
        (settings.event_bus, events_client),
    ]
    return [client for name, client in made if name]
