"""`deployflow image` and `deployflow driver`, on an installation of their own."""

import shutil
from pathlib import Path

import pytest

from deployflow.app.failures import ExitCode
from tests.factories.drivers import NET, zipped
from tests.support.shell import Shell


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "t14.zip"
    file.write_bytes(zipped({"net/e1d.inf": NET}))
    return file


class TestDrivers:
    def test_a_pack_is_sent_listed_matched_and_deleted(self, installed: Shell, archive: Path) -> None:
        made = installed("driver", "import", str(archive), "--model", "LENOVO/21HD*", "--no-wait", "--json")
        assert made.code == 0, made.err
        assert (made.json["name"], made.json["state"]) == ("t14", "importing")
        assert made.json["rules"] == [{"sku": None, "manufacturer": "LENOVO", "model": "21HD*"}]
        listed = installed("driver", "list")
        assert "LENOVO 21HD*" in listed.out
        # What is not read yet goes to no machine.
        assert "No driver pack" in installed("driver", "match", "--manufacturer", "LENOVO", "--model", "21HDCTO").err
        assert installed("driver", "delete", "t14").code == 0
        assert installed("driver", "show", "t14").code == ExitCode.NOT_FOUND

    def test_a_model_without_its_maker_is_refused(self, installed: Shell, archive: Path) -> None:
        said = installed("driver", "import", str(archive), "--model", "21HD*")
        assert (said.code, "MAKER/MODEL" in said.err) == (ExitCode.USAGE, True)


class TestImages:
    def test_an_import_is_ordered_and_seen(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "Windows 11.wim"
        file.write_bytes(b"MSWIM\0\0\0" + bytes(9 * 1024 * 1024))
        made = installed("image", "import", str(file), "--image-version", "24H2", "--no-wait", "--json")
        assert made.code == 0, made.err
        assert (made.json["name"], made.json["importing"]["state"]) == ("Windows 11", "queued")
        assert "24H2" in installed("image", "list").out
        sent = list((installed.data / "content" / "uploads").iterdir())
        assert [one.stat().st_size for one in sent] == [file.stat().st_size]
        deleted = installed("image", "delete", "Windows 11")
        assert (deleted.code, "image_import_running" in deleted.err) == (ExitCode.REFUSED, True)

    def test_a_file_that_is_not_there_is_said(self, installed: Shell) -> None:
        said = installed("image", "import", "nowhere.iso")
        assert (said.code, "--on-server" in said.err) == (ExitCode.USAGE, True)

    def test_a_folder_that_was_not_opened_is_said(self, installed: Shell) -> None:
        said = installed("image", "import", "x.iso", "--on-server")
        assert (said.code, "DEPLOYFLOW_IMPORT_DIR" in said.err) == (ExitCode.USAGE, True)


def test_the_programs_that_imports_need_are_those_of_the_list() -> None:
    listed = Path(__file__).parents[3].joinpath("scripts", "install-system-packages").read_text("utf-8")
    for program in ("wimlib-imagex", "7z", "genisoimage", "gcab"):
        assert f"command -v {program}" in listed
        assert shutil.which(program) is not None, program
