"""What loaders are answered, byte by byte, by the real server."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("server")
    (data / "boot" / "loaders").mkdir(parents=True)
    (data / "boot" / "loaders" / "ipxe.efi").write_bytes(b"MZ" + bytes(200_000))
    with ServerProcess(data_dir=data) as running:
        yield running


def answer(server: ServerProcess, *paths: str, method: str = "GET") -> bytes:
    """All that comes over one connection for these requests, until the server closes it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for number, path in enumerate(paths):
            last = "Connection: close\r\n" if number == len(paths) - 1 else ""
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: boot.test\r\n{last}\r\n".encode())
        got = b""
        while piece := connection.recv(65536):
            got += piece
    return got


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/boot/v1/script?loader=grub"),
        ("GET", "/boot/v1/script"),
        ("GET", "/boot/v1/loaders/ipxe.efi"),
        ("HEAD", "/boot/v1/loaders/ipxe.efi"),
    ],
)
def test_the_length_is_written_as_grub_reads_it(server: ServerProcess, method: str, path: str) -> None:
    got = answer(server, path, method=method)
    headers, _, body = got.partition(b"\r\n\r\n")
    length = int(headers.partition(b"\r\nContent-Length: ")[2].partition(b"\r\n")[0])
    assert b"content-length" not in headers
    assert len(body) == (length if method == "GET" else 0)


def test_several_answers_over_one_connection_are_whole(server: ServerProcess) -> None:
    got = answer(server, "/boot/v1/loaders/ipxe.efi", "/healthz", "/boot/v1/script")
    assert got.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert got.count(b"\r\nContent-Length: ") == 3
    assert b"MZ" + bytes(200_000) + b"HTTP/1.1 200 OK" in got
    assert b"#!ipxe" in got


def test_other_answers_stay_as_they_are(server: ServerProcess) -> None:
    assert b"\r\ncontent-length: " in answer(server, "/healthz")
