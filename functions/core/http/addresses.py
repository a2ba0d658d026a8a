"""Checks of the addresses that this service calls on behalf of a caller: public ones only."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from functions.core.errors import WebhookRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = frozenset({443, 8443})
# Blocks that hold no host of the internet, also where `is_global` of this Python has them wrong. A block with
# exceptions is refused as a whole: no exception is a web server.
# Source: IANA, "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry".
SPECIAL_PURPOSE = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",  # This network: RFC 791, section 3.2
        "10.0.0.0/8",  # Private use: RFC 1918
        "100.64.0.0/10",  # Shared address space: RFC 6598
        "127.0.0.0/8",  # Loopback: RFC 1122, section 3.2.1.3
        "169.254.0.0/16",  # Link local, metadata of clouds: RFC 3927
        "172.16.0.0/12",  # Private use: RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, metadata of Oracle's cloud: RFC 6890, section 2.1
        "192.0.2.0/24",  # Documentation: RFC 5737
        "192.88.99.0/24",  # Relays of 6to4, deprecated: RFC 7526
        "192.168.0.0/16",  # Private use: RFC 1918
        "198.18.0.0/15",  # Benchmarking: RFC 2544
        "198.51.100.0/24",  # Documentation: RFC 5737
        "203.0.113.0/24",  # Documentation: RFC 5737
        "224.0.0.0/4",  # Multicast: RFC 5771
        "240.0.0.0/4",  # Reserved, limited broadcast: RFC 1112, section 4; RFC 919, section 7
        "::/128",  # Unspecified: RFC 4291
        "::1/128",  # Loopback: RFC 4291
        "::/96",  # IPv4-compatible, deprecated: RFC 4291, section 2.5.5.1
        "64:ff9b:1::/48",  # Translation of one's own: RFC 8215
        "100::/64",  # Discard only: RFC 6666
        "100:0:0:1::/64",  # Dummy prefix: RFC 9780
        "2001::/23",  # IETF protocol assignments, Teredo, benchmarking, ORCHID: RFC 2928
        "2001:db8::/32",  # Documentation: RFC 3849
        "3fff::/20",  # Documentation: RFC 9637
        "5f00::/16",  # Segment routing: RFC 9602
        "fc00::/7",  # Unique local: RFC 4193
        "fe80::/10",  # Link local: RFC 4291
        "fec0::/10",  # Site local, deprecated: RFC 3879
        "ff00::/8",  # Multicast: RFC 4291, section 2.7
    )
)
# All that IANA assigns hosts of IPv6 from. Source: IANA, "Internet Protocol Version 6 Address Space", note 3.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# IPv6 addresses that stand for IPv4 ones behind a translator. Source: RFC 6052, section 2.1.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# Metadata and platform services under addresses that look public. Source: Microsoft Learn, "What is IP address
# 168.63.129.16?"; Alibaba Cloud, "Instance metadata".
_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("100.100.100.200")})
# A name whose last label is a number is read as an address, also in octal and hexadecimal.
# Sources: RFC 1035, section 2.3; WHATWG, URL Standard, "ends in a number checker".
_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"({_LABEL}\.)+(?!(0x[0-9a-f]*|[0-9]+)\Z){_LABEL}")
_LONGEST_NAME = 253
_INNER_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    if address in _PLATFORM or any(address in block for block in SPECIAL_PURPOSE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_url(url: str) -> SplitResult:
    """Check the text of a URL that is to be called, and return its parts; its host name is yet to be resolved.

    Raises:
        WebhookRefusedError: not https, a port that no web server has, a name or address that is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", 443 if parts.port is None else parts.port
    except ValueError:
        raise WebhookRefusedError("The webhook's URL cannot be read.") from None
    if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
        raise WebhookRefusedError("A webhook needs an https URL with a host and without a password.")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise WebhookRefusedError("The webhook's URL holds characters that no URL has.")
    if port not in _PORTS:
        raise WebhookRefusedError(f"A webhook's port is 443 or 8443, not {port}.")
    _check_host(host.removesuffix("."), is_bracketed="[" in parts.netloc)
    return parts


def _check_host(name: str, *, is_bracketed: bool) -> None:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        if name.endswith(_INNER_NAMES) or "." not in name:
            raise WebhookRefusedError(f"The webhook's host {name[:_LONGEST_NAME]!r} is not public.") from None
        if is_bracketed or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise WebhookRefusedError(
                f"The webhook's host {name[:_LONGEST_NAME]!r} is no name of a host; write a domain name."
            ) from None
    else:
        if not is_public(address):
            raise WebhookRefusedError(f"The webhook's address {name} is not public.")


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: translated (NAT64), mapped or 6to4."""
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
