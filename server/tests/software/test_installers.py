"""An installer from the upload to what it says of itself."""

import hashlib
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.platform.storage import content_store
from deployflow.software import importing
from deployflow.software.installers import file_name
from tests.factories.software import PRODUCT, deb, exe, msi
from tests.support.clients import Clients
from tests.support.jobs import finish_jobs
from tests.support.uploading import upload


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("software:read", "software:write")


@pytest.fixture(autouse=True)
def _programs() -> None:
    for program in ("wixl", "msiinfo", "dpkg-deb"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here. Install it with: sudo scripts/install-system-packages")


async def bring(app: FastAPI, admin: AsyncClient, content: bytes, name: str, **body: Any) -> dict[str, Any]:
    """Upload a file, have it read, and see what came of it."""
    upload_id = await upload(admin, content, purpose="software", file_name=name)
    answer = await admin.post("/api/v1/software-installers", json={"upload_id": upload_id, **body})
    assert answer.status_code == 201, answer.text
    await finish_jobs(app)
    read: dict[str, Any] = (await admin.get(f"/api/v1/software-installers/{answer.json()['id']}")).json()
    return read


class TestMsi:
    async def test_a_dropped_msi_is_ready_to_install(self, app: FastAPI, admin: AsyncClient) -> None:
        given = msi()
        read = await bring(app, admin, given, "Contoso Reader 3.2.msi", sha256=hashlib.sha256(given).hexdigest())
        assert (read["state"], read["error_message"]) == ("ready", None)
        assert (read["sha256"], read["size_bytes"]) == (hashlib.sha256(given).hexdigest(), len(given))
        assert read["file_name"] == "Contoso-Reader-3.2.msi"
        facts = read["facts"]
        assert facts["kind"] == "msi"
        assert (facts["name"], facts["publisher"], facts["software_version"]) == (
            "Contoso Reader",
            "Contoso Ltd",
            "3.2.1",
        )
        assert (facts["os_family"], facts["architecture"]) == ("windows", "x64")
        assert facts["install_command"] == 'msiexec /i "{installer}" /qn /norestart'
        assert facts["uninstall_command"] == f"msiexec /x {PRODUCT} /qn /norestart"
        assert facts["detection"] == {
            "type": "msi",
            "product_code": PRODUCT,
            "comparison": "exists",
            "version": None,
        }

    async def test_it_becomes_an_item_whose_file_the_store_keeps(self, app: FastAPI, admin: AsyncClient) -> None:
        read = await bring(app, admin, msi(), "reader.msi")
        facts = read["facts"]
        definition = {
            name: facts[name]
            for name in (
                "software_version",
                "os_family",
                "architecture",
                "install_command",
                "uninstall_command",
                "detection",
                "inventory_name",
            )
        }
        body = {"name": facts["name"], "definition": {**definition, "installer_id": read["id"]}}
        item = (await admin.post("/api/v1/software", json=body)).json()
        assert item["current"]["installer"] == {
            "file_name": "reader.msi",
            "sha256": read["sha256"],
            "size_bytes": read["size_bytes"],
        }
        assert [one["meaning"] for one in item["current"]["exit_codes"]] == ["success", "retry", "reboot", "reboot"]
        assert (await admin.delete(f"/api/v1/software-installers/{read['id']}")).status_code == 204
        assert app.state.runtime.part(content_store).find(read["sha256"]) is not None

    @pytest.mark.parametrize(
        "content",
        [b"MZ\x90 this is no MSI", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), b"PK\x03\x04 a zip"],
    )
    async def test_a_file_that_is_no_msi_says_so(self, app: FastAPI, admin: AsyncClient, content: bytes) -> None:
        read = await bring(app, admin, content, "setup.msi")
        assert (read["state"], read["error_code"]) == ("failed", "not_an_msi")
        assert "MSI" in read["error_message"]

    async def test_a_cut_off_msi_says_so(self, app: FastAPI, admin: AsyncClient) -> None:
        read = await bring(app, admin, msi()[:1500], "setup.msi")
        assert (read["state"], read["error_code"]) == ("failed", "not_an_msi")

    async def test_the_wrong_hash_says_so(self, app: FastAPI, admin: AsyncClient) -> None:
        read = await bring(app, admin, msi(), "setup.msi", sha256="1" * 64)
        assert (read["state"], read["error_code"]) == ("failed", "checksum_wrong")
        assert "1" * 64 in read["error_message"]

    def test_a_hostile_one_costs_little(self, tmp_path: Path) -> None:
        """S-51: a compound file that claims chains of sectors without end."""
        hostile = tmp_path / "a.msi"
        whole = bytearray(msi())
        # Each sector's successor is itself: the allocation table goes round in a circle.
        whole[512:] = b"".join((number % 100).to_bytes(4, "little") for number in range((len(whole) - 512) // 4))
        hostile.write_bytes(whole + bytes(4_000_000))
        reader = textwrap.dedent(f"""
            import asyncio, resource, time
            from pathlib import Path
            from deployflow.platform.importing import FileProblem
            from deployflow.software import reading
            began = time.monotonic()
            try:
                print("read", asyncio.run(reading.read(Path({str(hostile)!r}), "a.msi")).kind)
            except FileProblem as problem:
                print(problem.code)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, time.monotonic() - began)
        """)
        said = subprocess.run([sys.executable, "-c", reader], check=True, capture_output=True, text=True).stdout.split()
        assert said[0] == "not_an_msi"
        assert int(said[1]) < 300
        assert float(said[2]) < 20


class TestExe:
    @pytest.mark.parametrize(
        ("mark", "maker", "switch"),
        [
            (b"Inno Setup Setup Data (6.2.0)", "Inno Setup", "/VERYSILENT"),
            ("This installation was built with Inno Setup.".encode("utf-16-le"), "Inno Setup", "/VERYSILENT"),
            (b"\xef\xbe\xad\xdeNullsoftInst", "NSIS", "/S"),
            (b".wixburn", "WiX Burn", "/quiet"),
            ("InstallShield".encode("utf-16-le"), "InstallShield", "/s"),
        ],
    )
    async def test_its_maker_is_recognised(
        self, app: FastAPI, admin: AsyncClient, mark: bytes, maker: str, switch: str
    ) -> None:
        facts = (await bring(app, admin, exe(mark), "Setup (1).exe"))["facts"]
        assert (facts["made_with"], facts["architecture"]) == (maker, "x64")
        assert switch in facts["install_command"].split()
        assert maker in facts["hint"]

    async def test_a_mark_on_the_border_of_two_reads_is_seen(self, app: FastAPI, admin: AsyncClient) -> None:
        facts = (await bring(app, admin, exe(b"NullsoftInst", at=4 * 1024 * 1024 - 4096 - 6), "a.exe"))["facts"]
        assert facts["made_with"] == "NSIS"

    async def test_an_unknown_one_says_what_to_do(self, app: FastAPI, admin: AsyncClient) -> None:
        facts = (await bring(app, admin, exe(b"nothing"), "a.exe"))["facts"]
        assert (facts["made_with"], facts["install_command"]) == (None, '"{installer}"')
        assert "silent switch" in facts["hint"]

    async def test_what_is_called_exe_and_is_none_says_so(self, app: FastAPI, admin: AsyncClient) -> None:
        assert (await bring(app, admin, b"#!/bin/sh\n", "a.exe"))["error_code"] == "not_an_exe"
        assert (await bring(app, admin, b"MZ" + bytes(5000), "a.exe"))["error_code"] == "not_an_exe"


class TestLinux:
    async def test_a_debian_package_is_ready_to_install(self, app: FastAPI, admin: AsyncClient) -> None:
        facts = (await bring(app, admin, deb(), "tool.deb"))["facts"]
        assert (facts["name"], facts["software_version"], facts["os_family"]) == ("contoso-tool", "1.4-2", "linux")
        assert facts["install_command"] == 'apt-get install -y -o DPkg::Lock::Timeout=300 "{installer}"'
        assert (facts["detection"]["type"], facts["detection"]["name"]) == ("package", "contoso-tool")

    async def test_what_is_called_deb_and_is_none_says_so(self, app: FastAPI, admin: AsyncClient) -> None:
        assert (await bring(app, admin, b"nothing", "a.deb"))["error_code"] == "not_a_deb"
        assert (await bring(app, admin, deb()[:200], "a.deb"))["error_code"] == "not_a_deb"


class TestFiles:
    def test_pieces_are_hashed_by_themselves(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        content = bytes(importing.PIECE_BYTES) + b"rest"
        file.write_bytes(content)
        whole, size, pieces = importing.hash_pieces(file, lambda _count: None)
        assert (whole, size) == (hashlib.sha256(content).hexdigest(), len(content))
        assert pieces == [
            hashlib.sha256(content[: importing.PIECE_BYTES]).hexdigest(),
            hashlib.sha256(b"rest").hexdigest(),
        ]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("../../etc/passwd", "etc-passwd"),
            ("..\\..\\a b.msi", "a-b.msi"),
            ('x"; rm -rf $HOME.exe', "x-rm-rf-HOME.exe"),
            ("%TEMP%.exe", "TEMP.exe"),
            ("Überprüfung 3.msi", "berpr-fung-3.msi"),
            ("...", "installer"),
        ],
    )
    def test_a_name_becomes_one_that_no_machine_stumbles_over(self, given: str, kept: str) -> None:
        assert file_name(given) == kept

    async def test_an_address_needs_its_hash(self, admin: AsyncClient) -> None:
        answer = await admin.post("/api/v1/software-installers", json={"url": "https://example.com/a.msi"})
        assert answer.status_code == 422
        assert "sha256" in answer.text

    async def test_a_failed_one_is_tried_again(self, app: FastAPI, admin: AsyncClient) -> None:
        read = await bring(app, admin, b"nothing", "a.deb")
        again = await admin.post(f"/api/v1/software-installers/{read['id']}:retry")
        assert (again.status_code, again.json()["state"]) == (200, "importing")
        await finish_jobs(app)
        assert (await admin.get(f"/api/v1/software-installers/{read['id']}")).json()["error_code"] == "not_a_deb"
