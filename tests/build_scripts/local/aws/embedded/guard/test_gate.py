"""The gate before an app that notes what reaches it."""

from collections.abc import Iterable
from typing import Any

import pytest

from build_scripts.local.aws.embedded.guard.bodies import Message
from build_scripts.local.aws.embedded.guard.gate import HEALTH, Gate, Rules
from tests.build_scripts.local.aws.embedded.guard.test_signatures import HOST, link, secret_of, sign

PAGE = "http://localhost:8000"
RULES = Rules(4566, (PAGE,))
WITH_APIS = Rules(4566, has_apis=True)
API = "/restapis/a1b2/dev/_user_request_/predict"


class Emulator:
    """Answers everything to everybody, as the emulator does."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: dict[str, str] = {}

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Access-Control-Allow-Origin", b"*")]})
        await send({"type": "http.response.body", "body": b"{}"})


class Exchange:
    """A request through the gate."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.emulator = Emulator()
        self.gate = Gate(self.emulator, rules, secret_of)
        self.taken = 0
        self.sent: list[Message] = []

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | list[tuple[str, str]], body: Iterable[bytes] = (b"",)
    ) -> int:
        pieces = list(body)

        async def receive() -> Message:
            self.taken += 1
            piece = pieces.pop(0) if pieces else None
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Message) -> None:
            self.sent.append(message)

        pairs = list(headers.items()) if isinstance(headers, dict) else headers
        raw_path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        }
        await self.gate(scope, receive, send)
        return int(self.sent[0]["status"]) if self.sent else 0

    @property
    def shared(self) -> list[str]:
        """The origins that may read the answer."""
        return [v.decode() for name, v in self.sent[0]["headers"] if name.lower() == b"access-control-allow-origin"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example@{HOST}"},
        {"host": "localhost"},
        {"host": "localhost:80"},
        {"host": "evil.example:4566"},
        {"host": "localhost.evil.example:4566"},
        {"host": "sqs.localhost:4566"},
        {},
        [("host", HOST), ("host", "evil.example:4566")],
        {"host": HOST, "origin": "http://evil.example"},
        {"host": HOST, "origin": "null"},
        {"host": HOST, "origin": "http://localhost:8001"},
        [("host", HOST), ("origin", PAGE), ("origin", "http://evil.example")],
        {"host": HOST, "content-type": "text/plain"},
        {"host": HOST, "origin": PAGE, "authorization": "x"},
        {"host": HOST, "content-type": "multipart/form-data; boundary=x"},
    ],
)
@pytest.mark.parametrize("path", ["/2015-03-31/functions", "/", "/_ministack/reset", HEALTH, "/recordings", API])
async def test_strangers_are_refused_before_their_body_is_taken(headers: Any, path: str) -> None:
    exchange = Exchange()
    assert await exchange.ask("POST", path, headers, [b"{}"] * 10_000) == 403
    assert exchange.emulator.bodies == []
    assert exchange.shared in ([], [PAGE])
    # A form's fields are read to be checked.
    assert exchange.taken == 0 or path == "/recordings"


async def test_other_signatures_are_refused_before_the_body_is_taken() -> None:
    for request in (
        sign("s3", "PUT", "/recordings/a", [], b"x", "another run's secret"),
        sign("s3", "PUT", "/recordings/b", [], b"x"),
    ):
        exchange = Exchange()
        assert await exchange.ask("PUT", "/recordings/a", dict(request.headers), [b"x"] * 1000) == 403
        assert (exchange.taken, exchange.emulator.bodies) == (0, [])


async def test_what_is_signed_reaches_the_emulator_as_it_came() -> None:
    for service, path in (("s3", "/recordings/a"), ("sqs", "/")):
        request = sign(service, "POST", path, [], b"content")
        exchange = Exchange()
        assert await exchange.ask("POST", path, dict(request.headers), [b"con", b"tent"]) == 200
        assert exchange.emulator.bodies == [b"content"]
        assert exchange.shared == []
        exchange = Exchange()
        assert await exchange.ask("POST", path, dict(request.headers), [b"other"]) == 403
        assert exchange.emulator.bodies == []


async def test_a_caller_who_goes_away_is_not_answered() -> None:
    request = sign("sqs", "POST", "/", [], b"content")
    exchange = Exchange()
    assert await exchange.ask("POST", "/", dict(request.headers), []) == 0


async def test_a_link_brings_no_headers_that_were_not_signed() -> None:
    request = link("/recordings/a")
    headers = dict(request.headers) | {"origin": PAGE, "range": "bytes=0-1", "x-amz-target": "DynamoDB_20120810.Scan"}
    exchange = Exchange()
    assert await exchange.ask("GET", f"{request.path}?{request.query}", headers) == 200
    assert exchange.emulator.headers == {"host": HOST, "origin": PAGE, "range": "bytes=0-1"}
    assert exchange.shared == [PAGE]


async def test_a_form_is_for_one_bucket_and_posted() -> None:
    headers = {"host": HOST, "content-type": "multipart/form-data; boundary=x"}
    for method, path in (
        ("PUT", "/recordings"),
        ("DELETE", "/recordings"),
        ("POST", "/recordings/key"),
        ("POST", "/?Action=SendMessage"),
        ("POST", "/recordings?delete"),
    ):
        exchange = Exchange()
        assert await exchange.ask(method, path, headers, [b"x"] * 100) == 403
        assert (exchange.taken, exchange.emulator.bodies) == (0, [])


async def test_only_the_page_learns_that_it_may_ask() -> None:
    exchange = Exchange()
    assert await exchange.ask("OPTIONS", "/recordings", {"host": HOST, "origin": PAGE}) == 204
    assert exchange.shared == [PAGE]
    exchange = Exchange()
    assert await exchange.ask("OPTIONS", "/recordings", {"host": HOST, "origin": "http://evil.example"}) == 403
    assert exchange.shared == []


async def test_whether_it_answers_is_no_secret() -> None:
    exchange = Exchange()
    assert await exchange.ask("GET", HEALTH, {"host": HOST}) == 200
    assert exchange.emulator.bodies == []


@pytest.mark.parametrize(
    ("rules", "path", "status"),
    [
        (WITH_APIS, API, 200),
        (WITH_APIS, "/restapis/a1b2/dev/other", 403),
        (WITH_APIS, "/x/restapis/a1b2/dev/_user_request_/predict", 403),
        (RULES, API, 403),
    ],
)
async def test_deployed_apis_are_asked_unsigned_where_there_are_any(rules: Rules, path: str, status: int) -> None:
    exchange = Exchange(rules)
    assert await exchange.ask("POST", path, {"host": HOST}) == status
    assert len(exchange.emulator.bodies) == (status == 200)


async def test_buckets_stand_in_the_host_where_stages_are_deployed() -> None:
    host = "assets.localhost:4566"
    for rules, status in ((RULES, 403), (WITH_APIS, 200)):
        request = sign("s3", "GET", "/a", [], b"", host=host)
        exchange = Exchange(rules)
        assert await exchange.ask("GET", "/a", dict(request.headers)) == status
        exchange = Exchange(rules)
        form = {"host": host, "content-type": "multipart/form-data; boundary=x"}
        assert await exchange.ask("POST", "/recordings", form) == 403
        assert exchange.taken == 0


async def test_nobody_opens_a_socket() -> None:
    exchange = Exchange()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await exchange.gate({"type": "websocket", "headers": []}, None, send)  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]
