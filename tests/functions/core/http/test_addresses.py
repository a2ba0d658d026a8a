import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import WebhookRefusedError
from functions.core.http.addresses import SPECIAL_PURPOSE, Address, check_url, is_public

INSIDE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.0.0.192",
    "::ffff:0:1.1.1.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::c000:c0",
    "64:ff9b:1::101:101",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2002:a00:1::1",
    "2001:db8::1",
    "2002:c000:c0::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
]
OUTSIDE = [
    "1.1.1.1",
    "93.184.216.34",
    "192.0.1.1",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]
SPECIAL_IPV4 = [block for block in SPECIAL_PURPOSE if isinstance(block, ipaddress.IPv4Network)]


def forms(address: ipaddress.IPv4Address) -> list[Address]:
    """An address of IPv4, and what stands for it in IPv6: mapped, translated, 6to4."""
    number = int(address)
    starts = [(0xFFFF << 32, 0), (0x64FF9B << 96, 0), (0x2002 << 112, 80)]
    return [address, *(ipaddress.IPv6Address(start | number << shift) for start, shift in starts)]


@st.composite
def special(draw: st.DrawFn) -> Address:
    """An address of a special-purpose block, in one of its forms."""
    block = draw(st.sampled_from(SPECIAL_PURPOSE))
    address = block[draw(st.integers(0, block.num_addresses - 1))]
    return draw(st.sampled_from(forms(address))) if isinstance(address, ipaddress.IPv4Address) else address


@given(special())
def test_no_address_of_a_special_purpose_is_public_also_where_python_takes_it_for_one(address: Address) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for kind in (ipaddress.IPv4Address, ipaddress.IPv6Address):
            patch.setattr(kind, "is_global", True)
            patch.setattr(kind, "is_reserved", False)
            patch.setattr(kind, "is_multicast", False)
        assert not is_public(address)


@pytest.mark.parametrize("block", SPECIAL_PURPOSE, ids=str)
def test_a_block_is_refused_to_its_last_address(block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> None:
    assert not is_public(block[0])
    assert not is_public(block[-1])


@pytest.mark.parametrize("block", SPECIAL_IPV4, ids=str)
def test_every_form_of_a_block_of_ipv4_is_refused(block: ipaddress.IPv4Network) -> None:
    assert [is_public(address) for address in forms(block[-1])] == [False] * 4


def test_every_form_of_a_public_address_is_public() -> None:
    assert [is_public(address) for address in forms(ipaddress.IPv4Address("1.1.1.1"))] == [True] * 4


@pytest.mark.parametrize("address", INSIDE)
def test_what_belongs_to_a_network_of_one_s_own_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_the_internet_reaches_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://plant.example/hook",
        "ftp://plant.example/",
        "//plant.example/",
        "https://",
        "https:///hook",
        "https://user@plant.example/",
        "https://user:word@plant.example/",
        "https://plant.example:80/",
        "https://plant.example:22/",
        "https://plant.example:99999/",
        "https://plant.example:x/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://intranet/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://plant.example/a b",
        "https://plant.example/\r\nX-Header:1",
        "https://plänt.example/",
        "https://[::1",
        "https://[v1.a]/",
        "https://plant.example:0/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https://a.0x7f/",
        "https://127.0.0.1.1/",
        "https://localhost../",
        "https://.example/",
        "https://plant..example/",
        "https://plant.example%00.b/",
        "https://plant-.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
    ],
)
def test_urls_that_lead_inside_or_nowhere_are_refused(url: str) -> None:
    with pytest.raises(WebhookRefusedError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://plant.example",
        "https://plant.example:8443/a?b=c",
        "https://1.1.1.1/",
        "https://[2606:4700::1]/",
        "https://PLANT.example./",
        "https://xn--plnt-loa.example/",
        "https://10.0.0.1.plant.example/",
        "https://1.a-b.c0/",
    ],
)
def test_public_urls_pass(url: str) -> None:
    assert check_url(url).netloc == url.split("/")[2]
