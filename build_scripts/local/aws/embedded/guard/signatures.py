"""Signatures of AWS, version 4: of a request by its header or by its link, and of a form."""

import hashlib
import hmac
import time
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
# The words of a signature for a body without its hash.
_UNHASHED = frozenset({UNSIGNED, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_CLOCK_S = 15 * 60
_LONGEST_LINK_S = 7 * 24 * 3600
_TERMINATOR = "aws4_request"

# Returns the secret of a key's id and session token ("" where it has none), or None where there is no such key.
SecretOf = Callable[[str, str], str | None]


class RefusedError(Exception):
    """A request that is refused; the message has the reason, and the code is one of S3's."""

    status = 403
    code = "AccessDenied"


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        method: like `GET`.
        path: percent-encoded.
        query: what stands after the question mark.
        headers: by their names in small letters; values of a repeated name are joined by commas.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """Names and values of the query, decoded."""
        pairs = (part.partition("=") for part in self.query.split("&") if part)
        return [(unquote(name), unquote(value)) for name, _, value in pairs]

    def parameter(self, name: str) -> str:
        """Return the value of a name that stands in the query once.

        Raises:
            RefusedError: the name is missing, or stands there several times.
        """
        found = [value for one, value in self.parameters if one == name]
        if len(found) != 1:
            raise RefusedError(f"The link has {len(found)} times {name}.")
        return found[0]


@dataclass(frozen=True)
class Signature:
    """A signature and what it is of.

    Attributes:
        key_id: of the credentials.
        scope: date, region, service and terminator.
        signed: names of the signed headers.
        value: of the signature, in hexadecimal digits.
        date: of the signature, like `20260131T021500Z`.
        token: of the session, "" without one.
        is_link: it stands in the query.
    """

    key_id: str
    scope: tuple[str, ...]
    signed: tuple[str, ...]
    value: str
    date: str
    token: str
    is_link: bool

    @property
    def service(self) -> str:
        """The service that it is for."""
        return self.scope[2]


def signature_of(request: Request) -> Signature:
    """Return the signature of a request, unchecked.

    Raises:
        RefusedError: it has none, or one of another kind.
    """
    authorization = request.headers.get("authorization", "")
    names = {name for name, _ in request.parameters}
    if "X-Amz-Signature" in names and not authorization:
        return _of_link(request)
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM or "X-Amz-Signature" in names:
        raise RefusedError("The request is not signed.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    key_id, scope = _credential(fields.get("Credential", ""))
    headers = request.headers
    signed = tuple(fields.get("SignedHeaders", "").split(";"))
    date, token = headers.get("x-amz-date", ""), headers.get("x-amz-security-token", "")
    return Signature(key_id, scope, signed, fields.get("Signature", ""), date, token, is_link=False)


def _of_link(request: Request) -> Signature:
    key_id, scope = _credential(request.parameter("X-Amz-Credential"))
    token = next((value for name, value in request.parameters if name == "X-Amz-Security-Token"), "")
    signed = tuple(request.parameter("X-Amz-SignedHeaders").split(";"))
    value, date = request.parameter("X-Amz-Signature"), request.parameter("X-Amz-Date")
    if request.parameter("X-Amz-Algorithm") != ALGORITHM or scope[2] != "s3":
        raise RefusedError("The link is no link of S3, signed in version 4.")
    return Signature(key_id, scope, signed, value, date, token, is_link=True)


def _credential(text: str) -> tuple[str, tuple[str, ...]]:
    key_id, *scope = text.split("/")
    if len(scope) != 4 or not key_id:
        raise RefusedError("The signature names no credential.")
    return key_id, tuple(scope)


def promised_hash(request: Request, signature: Signature) -> str | None:
    """Return the signature's entry for the body: its hash, a word of version 4, or None where it must be hashed.

    Raises:
        RefusedError: a word that is not known.
    """
    if signature.is_link:
        return UNSIGNED
    promised = request.headers.get("x-amz-content-sha256")
    if promised is None or promised in _UNHASHED or is_hash(promised):
        return promised
    raise RefusedError("The body is signed in a way that is not known here.")


def is_hash(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal digits."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def check_signature(
    request: Request, signature: Signature, body_hash: str, secret_of: SecretOf, now: float | None = None
) -> None:
    """Recompute a signature of a request.

    Args:
        request: as it came.
        signature: of `signature_of`.
        body_hash: of the body, or the word in place of it.
        secret_of: returns the secret of credentials.
        now: time, default this machine's.

    Raises:
        RefusedError: other credentials, another request, another time.
    """
    _check_time(request, signature, time.time() if now is None else now)
    if "host" not in signature.signed:
        raise RefusedError("The signature does not name the host.")
    canonical = "\n".join(
        [
            request.method,
            request.path if signature.service == "s3" else quote(_without_dots(request.path), safe="/~"),
            _canonical_query(request),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signature.signed),
            "",
            ";".join(signature.signed),
            body_hash,
        ]
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, signature.date, "/".join(signature.scope), hashed])
    _compare(signature, text, secret_of)


def check_form(fields: Mapping[str, str], secret_of: SecretOf) -> None:
    """Check the signature of a form's policy; its conditions and its end are the emulator's to check.

    Args:
        fields: by their names in small letters.
        secret_of: returns the secret of credentials.

    Raises:
        RefusedError: no signature of version 4, other credentials, another policy.
    """
    if fields.get("x-amz-algorithm") != ALGORITHM or not fields.get("policy"):
        raise RefusedError("The form is not signed.")
    key_id, scope = _credential(fields.get("x-amz-credential", ""))
    token, value = fields.get("x-amz-security-token", ""), fields.get("x-amz-signature", "")
    signature = Signature(key_id, scope, (), value, fields.get("x-amz-date", ""), token, is_link=False)
    if signature.service != "s3":
        raise RefusedError("The form is not for S3.")
    _compare(signature, fields["policy"], secret_of)


def _check_time(request: Request, signature: Signature, now: float) -> None:
    try:
        age_s = now - timegm(time.strptime(signature.date, "%Y%m%dT%H%M%SZ"))
        lasts_s = int(request.parameter("X-Amz-Expires")[:8]) if signature.is_link else _CLOCK_S
    except ValueError:
        raise RefusedError("The signature has no time.") from None
    if signature.date[:8] != signature.scope[0] or not -_CLOCK_S <= age_s <= min(lasts_s, _LONGEST_LINK_S):
        raise RefusedError("The signature is of another time.")


def _compare(signature: Signature, text: str, secret_of: SecretOf) -> None:
    secret = secret_of(signature.key_id, signature.token)
    if secret is None or signature.scope[3] != _TERMINATOR:
        raise RefusedError("The credentials are not those of these services.")
    key = f"AWS4{secret}".encode()
    for part in signature.scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    computed = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(computed.encode(), signature.value.encode()):
        raise RefusedError("The signature is not of this request.")


def _canonical_query(request: Request) -> str:
    pairs = [(_quoted(name), _quoted(value)) for name, value in request.parameters if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _without_dots(path: str) -> str:
    """Return a path without `.`, `..` and empty parts, as signers of every service but S3 have it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part and part != ".":
            parts.append(part)
    return f"/{'/'.join(parts)}{'/' if parts and path.endswith('/') else ''}"
