import ipaddress

import pytest

from functions.core.errors import WebhookRefusedError
from functions.core.http.addresses import check_url, is_public

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
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2002:a00:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
]
OUTSIDE = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


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
    ],
)
def test_urls_that_lead_inside_or_nowhere_are_refused(url: str) -> None:
    with pytest.raises(WebhookRefusedError):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://plant.example", "https://plant.example:8443/a?b=c", "https://1.1.1.1/", "https://[2606:4700::1]/"]
)
def test_public_urls_pass(url: str) -> None:
    assert check_url(url).hostname in {"plant.example", "1.1.1.1", "2606:4700::1"}
