"""Requests that the server makes to addresses that a person gave: never into the server's own network.

A name is resolved once, every address of it has to be a public one, and the connection goes to the address that was
looked at: a name that resolves to another one a moment later gains nothing. No redirects. What the operator allows is
reached by plain HTTP and at any address.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

from deployflow import __version__

TIMEOUT_S = 30.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):
    """Why an address is not asked, as a sentence."""


class Outgoing:
    """Asks addresses. `allowed` are host names, addresses or networks of the operator's own."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for one in allowed:
            try:
                self._networks.append(ipaddress.ip_network(one, strict=False))
            except ValueError:
                self._names.add(one.lower().rstrip("."))

    @contextmanager
    def get(self, url: str, *, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """The answer to a GET, whatever its status. Blocks.

        Raises:
            AddressRefused: it is not asked at all.
            OSError, HTTPException: it was, without success.
        """
        parts = self.check(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = self._resolve(host, port, is_plain=parts.scheme == "http")
        connection = (_PinnedHttps if parts.scheme == "https" else _PinnedHttp)(host, port, address)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"User-Agent": f"DeployFlow/{__version__}", **headers})
            yield connection.getresponse()
        finally:
            connection.close()

    def check(self, url: str) -> SplitResult:
        """What can be said of an address before a name is resolved.

        Raises:
            AddressRefused: it is none, or not one for us.
        """
        if any(char <= " " or char == "\x7f" for char in url):
            raise AddressRefused("The address holds a space or a control character")
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise AddressRefused(f"'{url[:200]}' is no address: {error}") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise AddressRefused("Give an address that begins with https://")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("An address with a name or password in it would be kept and shown: leave them out")
        if parts.scheme == "http" and not self._may_be_allowed(parts.hostname):
            raise AddressRefused(
                f"Only https:// is fetched; plain HTTP from {parts.hostname} needs it in DEPLOYFLOW_FETCH_ALLOWED"
            )
        return parts

    def _may_be_allowed(self, host: str) -> bool:
        """By its name already, or perhaps by the addresses it resolves to."""
        return bool(self._networks) or host.lower().rstrip(".") in self._names

    def _resolve(self, host: str, port: int, *, is_plain: bool) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise AddressRefused(f"The name {host[:200]} is not known: check the address") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        by_name = host.lower().rstrip(".") in self._names
        for address in addresses:
            plain = _plain(ipaddress.ip_address(address.partition("%")[0]))
            if by_name or any(plain in network for network in self._networks):
                continue
            if is_plain or not _is_public(plain):
                raise AddressRefused(
                    f"{host} is at {address}, inside a private network: the operator can allow it"
                    " with DEPLOYFLOW_FETCH_ALLOWED"
                )
        return addresses[0]


def _plain(address: Address) -> Address:
    """The address that is really meant by one that wraps another."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Assigned to protocols and tunnels; older Pythons count parts of them as public.
_SPECIAL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))


def _is_public(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL)
    return address.is_global and not odd


class _PinnedHttp(http.client.HTTPConnection):
    """Connects to the address that was looked at, whatever the name says by now."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedHttps(http.client.HTTPSConnection):
    """The same; the certificate has to be the name's."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT_S, context=self._tls)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
