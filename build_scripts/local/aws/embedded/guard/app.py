"""The emulator behind the gate: the app that its server runs; the credentials of the run are the process's own."""

import hmac
import json
import os
import time
from pathlib import Path

from build_scripts.local.aws.embedded.guard.bodies import Message, Receive
from build_scripts.local.aws.embedded.guard.gate import RULES_VARIABLE, App, Gate, Rules, Send
from build_scripts.local.aws.embedded.guard.saving import Saving

# In the names by which the emulator keeps queues, wherever it listens: so they are found again at another port.
_PORT_OF_NAMES = "4566"


def emulator() -> App:
    """Load the emulator; its queues are kept by names without its port."""
    port = os.environ["GATEWAY_PORT"]
    os.environ["GATEWAY_PORT"] = _PORT_OF_NAMES
    from ministack.services import sqs  # noqa: F401 - reads the variable

    os.environ["GATEWAY_PORT"] = port
    from ministack import app as loaded

    app: App = loaded.app
    return app


def saving(app: App) -> App:
    """Return an app that saves the emulator's state also while it runs, where that is kept and has no functions."""
    if os.environ["PERSIST_STATE"] == "0" or _RULES.has_apis:
        return app
    return Saving(app, _save, Path(os.environ["STATE_DIR"]) / "lock")


def _save() -> None:
    from ministack.app import _build_persistence_save_dict
    from ministack.core.persistence import save_all

    save_all(_build_persistence_save_dict())


def delivering_again(app: App) -> App:
    """Return an app that, once it has started, delivers again what was in work when it ended."""

    async def started(scope: Message, receive: Receive, send: Send) -> None:
        async def notice(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                _deliver_again(time.time())
            await send(message)

        await app(scope, receive, notice if scope["type"] == "lifespan" else send)

    return started


def _deliver_again(now: float) -> None:
    from ministack.services import sqs

    state = sqs.get_state()
    for queue in state["queues"].to_dict().values():
        for message in queue["messages"]:
            # One that was never received waits for its delay.
            if message.get("receive_count"):
                message["visible_at"] = min(message["visible_at"], now)
    sqs.load_persisted_state(state)


def secret_of(key_id: str, token: str) -> str | None:
    """Return the secret of the run's own credentials, or of a function's where functions are deployed."""
    if hmac.compare_digest(key_id.encode(), os.environ["AWS_ACCESS_KEY_ID"].encode()):
        return None if token else os.environ["AWS_SECRET_ACCESS_KEY"]
    if not _RULES.has_apis:
        return None
    from ministack.core.iam_evaluator import resolve_credential

    found = resolve_credential(key_id, os.environ["MINISTACK_ACCOUNT_ID"], token)
    secret: str | None = getattr(found, "secret_access_key", None)
    return secret


def _rules() -> Rules:
    read = json.loads(os.environ.pop(RULES_VARIABLE))
    return Rules(**read | {"origins": tuple(read["origins"])})


_RULES = _rules()
app = Gate(saving(delivering_again(emulator())), _RULES, secret_of)
