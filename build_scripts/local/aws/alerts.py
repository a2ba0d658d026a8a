"""Alerts of assets as lines in the terminal."""

import json
from typing import Any

from build_scripts.local.aws.embedded.installation import Notify
from build_scripts.local.aws.polling import Polling

_WAIT_S = 1
_TURNS = {"fault": "has a fault", "worsened": "got worse", "recovered": "is healthy again"}


class AlertReader(Polling):
    """Reports every event that the bus has delivered to a queue, in a sentence, until it is closed."""

    def __init__(self, client: Any, url: str, notify: Notify) -> None:
        self._client = client
        self._url = url
        self._notify = notify
        self._reported: set[str] = set()
        super().__init__("palier-alerts")

    def poll(self) -> None:
        """Wait for events and report them."""
        answer = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=_WAIT_S)
        for message in answer.get("Messages", ()):
            detail = json.loads(message["Body"])["detail"]
            # An alert may come twice, under one id.
            if detail["alert_id"] not in self._reported:
                self._reported.add(detail["alert_id"])
                self._notify(sentence(detail))
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def sentence(detail: dict[str, Any]) -> str:
    """Return an alert in words.

    Args:
        detail: of the event, docs/jobs.md, Alerts.
    """
    after = detail["after"]
    found = f": {after['class_id']}" if after["class_id"] and detail["turn"] != "recovered" else ""
    return f"alert: {detail['asset_id']} {_TURNS[detail['turn']]}{found} ({detail['recorded_at']})"
