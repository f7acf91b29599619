"""Which addresses may be called."""

from __future__ import annotations

import pytest

from foundation.http.addresses import may_be_called

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:2800:220:1::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fd00::1",
]
NEVER = [
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "64:ff9b:1::a00:1",
    "::7f00:1",
]
HIDDEN_PRIVATE = [
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(address, allow_private=False)
    assert may_be_called(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE + HIDDEN_PRIVATE)
def test_private_addresses_however_written_may_be_called_only_where_allowed(address: str) -> None:
    assert not may_be_called(address, allow_private=False)
    assert may_be_called(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_multicast_and_reserved_addresses_are_never_called(address: str) -> None:
    assert not may_be_called(address, allow_private=False)
    assert not may_be_called(address, allow_private=True)
