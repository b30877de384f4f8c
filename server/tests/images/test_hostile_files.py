"""S-51, S-52: files made to hurt whoever reads them. Each is read by a process of its own, within limits."""

import asyncio
import random
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

from deployflow.images import discs, wims
from deployflow.platform.importing import FileProblem
from tests.factories import media

XML_AT = 72
BILLION = "<!DOCTYPE WIM [{}]><WIM><IMAGE INDEX='1'><NAME>&l9;</NAME></IMAGE></WIM>".format(
    "".join(f"<!ENTITY l{n + 1} '{f'&l{n};' * 10}'>" for n in range(9)) + "<!ENTITY l0 'lol'>"
)
OUTSIDE = "<!DOCTYPE WIM [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><WIM><IMAGE INDEX='1'><NAME>&x;</NAME></IMAGE></WIM>"


def with_xml(to: Path, xml: str, *, claimed: int | None = None) -> Path:
    """A WIM whose description is another one, of a size that may be a lie."""
    content = bytearray(media.make_wim().read_bytes())
    encoded = b"\xff\xfe" + xml.encode("utf-16-le")
    size = claimed if claimed is not None else len(encoded)
    described = size.to_bytes(7, "little") + b"\x02" + len(content).to_bytes(8, "little") + size.to_bytes(8, "little")
    content[XML_AT : XML_AT + 24] = described
    to.write_bytes(content + encoded)
    return to


def with_header(to: Path, at: int, value: bytes) -> Path:
    content = bytearray(media.make_wim().read_bytes())
    content[at : at + len(value)] = value
    to.write_bytes(content)
    return to


def read(file: Path) -> list[wims.Edition]:
    return asyncio.run(wims.read_images(file))


def test_the_way_of_making_them_works(tmp_path: Path) -> None:
    plain = "<WIM><IMAGE INDEX='1'><NAME>One</NAME></IMAGE><IMAGE INDEX='2'><NAME>Two</NAME></IMAGE></WIM>"
    assert [one.name for one in read(with_xml(tmp_path / "w.wim", plain))] == ["One", "Two"]


@pytest.mark.parametrize(
    "xml",
    [
        BILLION,
        OUTSIDE,
        "<WIM>" * 100_000,
        "<WIM><IMAGE INDEX='1'>",
        "",
        "<WIM>" + "<IMAGE INDEX='1'><NAME>x</NAME></IMAGE>" * 300 + "</WIM>",
        "<WIM><IMAGE INDEX='../../1'><NAME>x</NAME></IMAGE></WIM>",
        "<WIM><IMAGE INDEX='-1'><NAME>x</NAME></IMAGE></WIM>",
        "\ud7ff\uffff",
    ],
)
def test_a_hostile_description_is_a_damaged_image(tmp_path: Path, xml: str) -> None:
    with pytest.raises(FileProblem) as refused:
        read(with_xml(tmp_path / "w.wim", xml))
    assert "root:" not in refused.value.sentence


def test_words_in_it_are_short_and_printable(tmp_path: Path) -> None:
    name = "A\u202e\x85B" + "x" * 5000
    size = "9" * 30
    xml = (
        f"<WIM><IMAGE INDEX='1'><NAME>{name}</NAME><TOTALBYTES>{size}</TOTALBYTES></IMAGE>"
        "<IMAGE INDEX='2'><NAME>Two</NAME></IMAGE></WIM>"
    )
    found = read(with_xml(tmp_path / "w.wim", xml))[0]
    assert found.name.startswith("ABx")
    assert len(found.name) == 255
    assert found.size_bytes <= 2**53


BOMBS = {
    "description of 100 TB": lambda to: with_xml(to, "<WIM/>", claimed=10**14),
    "description of 2 GiB": lambda to: with_xml(to, "<WIM/>", claimed=2**31),
    "table of files of 60 TB": lambda to: with_header(to, 48, (6 * 10**13).to_bytes(7, "little")),
    "chunks of 4 GiB": lambda to: with_header(to, 20, (2**32 - 1).to_bytes(4, "little")),
    "four billion images": lambda to: with_header(to, 44, (2**32 - 1).to_bytes(4, "little")),
    "description inside the header": lambda to: with_header(to, 80, (0).to_bytes(8, "little")),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_memory_and_time(tmp_path: Path, name: str) -> None:
    file = BOMBS[name](tmp_path / "bomb.wim")
    reader = textwrap.dedent(f"""
        import asyncio, resource, time
        from pathlib import Path
        from deployflow.images import wims
        from deployflow.platform.importing import FileProblem
        began = time.monotonic()
        try:
            asyncio.run(wims.read_images(Path({str(file)!r})))
            print("read")
        except FileProblem as problem:
            print(problem.code)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, time.monotonic() - began)
    """)
    said = subprocess.run([sys.executable, "-c", reader], check=True, capture_output=True, text=True).stdout.split()
    # A description is read without the table of files; preparing the image would find that out.
    assert said[0] in {"image_damaged", "image_wrong", *(["read"] if "table" in name else [])}
    assert int(said[1]) < 300, "MiB"
    assert float(said[2]) < 20, "seconds"


def test_no_flipped_byte_does_more_than_refuse(tmp_path: Path) -> None:
    noise = random.Random(51)  # noqa: S311  test data
    whole = media.make_wim().read_bytes()
    for number in range(60):
        content = bytearray(whole)
        for _ in range(noise.randrange(1, 6)):
            at = noise.randrange(208) if number % 2 else len(content) - 1 - noise.randrange(3000)
            content[at] = noise.randrange(256)
        file = tmp_path / f"{number}.wim"
        file.write_bytes(content)
        with suppress(FileProblem):
            read(file)


def test_no_flipped_byte_of_a_disc_does_more_than_refuse(tmp_path: Path) -> None:
    noise = random.Random(52)  # noqa: S311  test data
    whole = media.make_iso().read_bytes()
    for number in range(40):
        content = bytearray(whole)
        for _ in range(200):
            content[noise.randrange(16 * 2048, 600 * 1024)] = noise.randrange(256)
        file = tmp_path / f"{number}.iso"
        file.write_bytes(content)
        if discs.file_system_of(file) is None:
            continue
        with suppress(FileProblem):
            asyncio.run(discs.read_contents(file))
