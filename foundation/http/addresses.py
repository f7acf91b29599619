"""Which network addresses a request may go to when its URL came from outside (SSRF). Free of Django.

Source: IANA special-purpose address registries (RFC 6890), RFC 6052 (NAT64), RFC 3056 (6to4), read 2026-11.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

IPAddress = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def may_be_called(text: str, *, allow_private: bool) -> bool:
    """Whether an address, as getaddrinfo gives it, may be connected to.

    allow_private adds loopback and private networks (development); link-local ones, where clouds keep their
    credentials, multicast and reserved ones stay refused.
    """
    address = innermost(ip_address(text.partition("%")[0]))
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if address.is_loopback or _is_private_network(address):
        return allow_private
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_reserved


def innermost(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one leads to: mapped, translated (NAT64) or tunnelled (6to4)."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address


def _is_private_network(address: IPAddress) -> bool:
    if isinstance(address, IPv4Address):
        number = int(address)
        return number >> 24 == 10 or number >> 20 == 0xAC1 or number >> 16 == 0xC0A8
    return int(address) >> 121 == 0xFC >> 1
