"""INF files as makers write them."""

import random

import pytest

from deployflow.drivers import infs
from deployflow.drivers.infs import NotAnInf
from tests.factories.drivers import NET

GERMAN = NET.replace('Intel = "Intel"', 'Intel = "Müller Geräte GmbH"')


class TestReading:
    def test_what_it_says_is_found(self) -> None:
        found = infs.read(NET.encode())
        assert (found.device_class, found.provider) == ("Net", "Intel")
        assert (found.driver_version, found.driver_date) == ("12.19.2.60", "07/14/2023")
        assert found.architectures == ["x64"]
        assert found.hardware_ids == [
            "PCI\\VEN_8086&DEV_15B7",
            "PCI\\VEN_8086&DEV_15B7&SUBSYS_00008086",
            "PCI\\VEN_8086&DEV_15B8",
            "PCI\\VEN_8086&DEV_15B9",
        ]

    @pytest.mark.parametrize(
        "content",
        [
            GERMAN.encode("utf-16"),
            b"\xfe\xff" + GERMAN.encode("utf-16-be"),
            GERMAN.encode("utf-16-le"),
            GERMAN.encode("utf-16-be"),
            GERMAN.encode("utf-8"),
            GERMAN.encode("utf-8-sig"),
            GERMAN.encode("cp1252"),
            GERMAN.replace("\n", "\r\n").encode("utf-16"),
            GERMAN.upper().replace('"MÜLLER GERÄTE GMBH"', '"Müller Geräte GmbH"').encode("utf-8"),
        ],
    )
    def test_in_every_encoding(self, content: bytes) -> None:
        found = infs.read(content)
        assert found.provider == "Müller Geräte GmbH"
        assert "PCI\\VEN_8086&DEV_15B8" in found.hardware_ids

    def test_sections_without_a_decoration_are_for_32_bits(self) -> None:
        found = infs.read(
            b'[Version]\nSignature="$CHICAGO$"\nClass=Printer\n[Manufacturer]\n"Old Maker"=Models\n'
            b'[Models]\n"Printer One" = Install, LPTENUM\\One\n[Other]\n"No" = Install, NOT\\One\n'
        )
        assert (found.architectures, found.hardware_ids) == (["x86"], ["LPTENUM\\One"])

    def test_each_architecture_once(self) -> None:
        found = infs.read(
            b'[Version]\nSignature="$Windows NT$"\n[Manufacturer]\n%M%=D,NTx86,NTamd64,NTarm64\n'
            b"[D.NTx86]\nA=I,USB\\A\n[D.NTamd64]\nA=I,USB\\A\nB=I,USB\\B\n[D.NTarm64]\nA=I,USB\\A\n"
        )
        assert (found.architectures, found.hardware_ids) == (["arm64", "x64", "x86"], ["USB\\A", "USB\\B"])

    def test_lines_go_on_and_comments_end(self) -> None:
        found = infs.read(
            b'[Version]\nSignature = \\\n  "$Windows NT$" ; the usual\nProvider = "A; B" ; not C\n'
            b"DriverVer = 01/02/2024, \\\n 1.2.3.4\n"
        )
        assert (found.provider, found.driver_version) == ("A; B", "1.2.3.4")

    def test_an_extension_without_hardware_is_fine(self) -> None:
        found = infs.read(b'[Version]\nSignature="$Windows NT$"\nClass=Extension\nProvider=%P%\n[Strings]\nP="Maker"\n')
        assert (found.device_class, found.provider, found.hardware_ids) == ("Extension", "Maker", [])

    def test_an_unknown_token_stays(self) -> None:
        found = infs.read(b'[Version]\nSignature="$Windows NT$"\nProvider=%NoSuch% 100%%\n')
        assert found.provider == "%NoSuch% 100%"


class TestWhatIsNone:
    @pytest.mark.parametrize(
        ("content", "word"),
        [
            (b"", "[Version]"),
            (b"just a text\n", "[Version]"),
            (b"[Version]\nClass=Net\n", "signature"),
            (b'[Version]\nSignature="$Linux$"\n', "$linux$"),
            (b"[Version\nSignature", "bracket"),
            (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" * 100, "binary"),
            (b"[Version]\n" + b"a=b\n" * 200_000, "lines"),
            (b"x" * (5 * 1024 * 1024), "MiB"),
        ],
    )
    def test_the_reason_is_said(self, content: bytes, word: str) -> None:
        with pytest.raises(NotAnInf) as refused:
            infs.read(content)
        assert word in str(refused.value)

    def test_no_garbled_file_does_more(self) -> None:
        noise = random.Random(53)  # noqa: S311  test data
        for _ in range(500):
            content = bytearray(NET.encode(noise.choice(["utf-8", "utf-16"])))
            for _ in range(noise.randrange(1, 30)):
                content[noise.randrange(len(content))] = noise.randrange(256)
            try:
                found = infs.read(bytes(content))
            except NotAnInf:
                continue
            assert all(len(one) <= infs.MAX_TEXT for one in found.hardware_ids)

    def test_lists_have_an_end(self) -> None:
        models = "".join(f"A=I,USB\\{number}\n" for number in range(5000))
        found = infs.read(
            f'[Version]\nSignature="$Windows NT$"\n[Manufacturer]\nM=D,NTamd64\n[D.NTamd64]\n{models}'.encode()
        )
        assert len(found.hardware_ids) == infs.MAX_IDS
