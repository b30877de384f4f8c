"""S-53: an address that a person gave never leads into the server's own network."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deployflow.platform.outgoing import AddressRefused, Outgoing

PUBLIC = "93.184.216.34"


class Canary(ThreadingHTTPServer):
    """A server inside the network that nobody may reach."""

    hits = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Canary

    def do_GET(self) -> None:
        self.server.hits += 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[Canary]:
    server = Canary(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0",
    "0.0.0.0",  # noqa: S104  asked for, not listened on
    "localhost",
    "LOCALHOST.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_an_inner_address_is_asked(canary: Canary, scheme: str, host: str) -> None:
    url = f"{scheme}://{host}:{canary.port}/"
    with pytest.raises(AddressRefused), Outgoing([]).get(url, headers={}):
        pass
    assert canary.hits == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/x",
        "gopher://example.com/",
        "//example.com/x",
        "example.com/x",
        "https://",
        "https:///x",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://[::1/",
        "https://example.com/a b",
        "https://example.com/\r\nX-Injected: 1",
        "https://example.com\t/",
        "http://example.com/",
        "https://" + "a" * 300 + ".example/",
        "",
    ],
)
def test_what_is_no_address_for_us_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused), Outgoing([]).get(url, headers={}):
        pass


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[tuple[Any, ...]]:
    """Names resolve to these, one answer after the other. Gives where connections went; none of them works."""
    waiting = list(answers)
    asked: list[tuple[Any, ...]] = []

    def getaddrinfo(host: str, port: int, **_more: Any) -> list[Any]:
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def create_connection(address: tuple[Any, ...], *_more: Any, **_named: Any) -> socket.socket:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return asked


def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: looked at once, connected to what was looked at."""
    asked = resolving(monkeypatch, [PUBLIC], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError), Outgoing([]).get("https://rebind.example/", headers={}):
        pass
    assert asked == [(PUBLIC, 443)]


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, [PUBLIC, "10.0.0.5"])
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.5"), Outgoing([]).get("https://a.example/", headers={}):
        pass
    assert asked == []


def test_plain_http_is_for_allowed_addresses_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, [PUBLIC])
    with pytest.raises(AddressRefused), Outgoing(["10.0.0.0/8"]).get("http://a.example/", headers={}):
        pass
    assert asked == []


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "localhost"])
def test_what_the_operator_allows_is_asked(canary: Canary, allowed: str) -> None:
    host = "localhost" if allowed == "localhost" else "127.0.0.1"
    with Outgoing([allowed]).get(f"http://{host}:{canary.port}/", headers={}) as answer:
        assert (answer.status, answer.read()) == (200, b"ok")
    assert canary.hits == 1


def test_another_inner_address_stays_refused(canary: Canary) -> None:
    with pytest.raises(AddressRefused), Outgoing(["10.0.0.0/8"]).get(f"http://127.0.0.1:{canary.port}/", headers={}):
        pass
    assert canary.hits == 0


@pytest.mark.parametrize("name", ["images.test", "other.test"])
def test_the_certificate_has_to_be_the_names(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    certificate = make_certificate("images.test", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    canary.socket = context.wrap_socket(canary.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", canary.port))]
    with monkeypatch.context() as names:
        names.setattr("deployflow.platform.outgoing.socket.getaddrinfo", lambda *_a, **_k: there)
        outgoing = Outgoing([name])
        address = outgoing._resolve(name, canary.port, is_plain=False)
    monkeypatch.setattr(outgoing, "_resolve", lambda *_a, **_k: address)
    if name == "images.test":
        with outgoing.get(f"https://{name}:{canary.port}/", headers={}) as answer:
            assert answer.read() == b"ok"
    else:
        with pytest.raises(ssl.SSLCertVerificationError), outgoing.get(f"https://{name}:{canary.port}/", headers={}):
            pass


def make_certificate(name: str, folder: Path) -> Path:
    """A certificate for a name, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file
