"""Reading addresses that come from outside."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ASSIGNMENTS = ipaddress.IPv4Network("192.0.0.0/24")  # Python calls parts of it public
# Proxies that take over all connections of a machine (Clash, sing-box) give every name an address in
# here. No network uses it for machines of its own.
_STAND_INS = ipaddress.IPv4Network("198.18.0.0/15")


def split_address(text: str) -> SplitResult:
    """The parts of an address; all empty for what is none, such as `http://[`. Never fails."""
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, not of this machine, its network, or its cloud.
    An IPv4 address inside an IPv6 one counts as itself. Raises ValueError for what is none."""
    found = _innermost(ipaddress.ip_address(address))
    if isinstance(found, ipaddress.IPv4Address):
        if found in _STAND_INS:
            return True
        if found in _ASSIGNMENTS:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _innermost(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
