"""Which addresses are of the internet: results come from no others (reliability.md §5 row 14)."""

from __future__ import annotations

import pytest

from webapp.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *(
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.9",
            "224.0.0.1",
            "240.0.0.1",
        ),
        *(
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fd00::1",
            "ff0e::1",
            "::7f00:1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1"),
    ],
)
def test_addresses_of_a_machine_or_its_network(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "47.246.1.1", "172.15.255.255", "172.32.0.1", "198.18.0.7", "198.19.255.255"),
        *(
            "2606:4700::1111",
            "240e:33d::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ),
    ],
)
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)
