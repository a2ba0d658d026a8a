"""Which addresses of the internet this service may call on behalf of a caller: public ones, nothing inside."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from functions.core.errors import WebhookRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = frozenset({443, 8443})
# IPv6 addresses that stand for IPv4 ones behind a translator. Source: RFC 6052, section 2.1.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# Metadata and platform services under addresses that look public. Source: Microsoft Learn, "What is IP address
# 168.63.129.16?"; Alibaba Cloud, "Instance metadata".
_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("100.100.100.200")})
_INNER_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


def is_public(address: Address) -> bool:
    """Whether an address is reached over the internet and belongs to no network of one's own."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and address not in _PLATFORM


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that may be called, as far as its text tells; its name is yet to be resolved.

    Raises:
        WebhookRefusedError: not https, a port that no web server has, a name or address that is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise WebhookRefusedError("The webhook's URL cannot be read.") from None
    if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
        raise WebhookRefusedError("A webhook needs an https URL with a host and without a password.")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise WebhookRefusedError("The webhook's URL holds characters that no URL has.")
    if port not in _PORTS:
        raise WebhookRefusedError(f"A webhook's port is 443 or 8443, not {port}.")
    name = host.rstrip(".")
    if name.endswith(_INNER_NAMES) or ("." not in name and ":" not in name):
        raise WebhookRefusedError(f"The webhook's host {host!r} is not public.")
    _check_literal(name)
    return parts


def _check_literal(name: str) -> None:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return
    if not is_public(address):
        raise WebhookRefusedError(f"The webhook's address {name} is not public.")


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
