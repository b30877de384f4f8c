"""Parts of the boot environment's build that need no network; e2e/netboot builds and boots the whole."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deployflow.boot import loaders, recipe
from deployflow.boot.elf import Libraries, needed
from deployflow.boot.initramfs import Archive
from deployflow.boot.kernel_modules import Kernel
from deployflow.boot.packages import KEYRING, PackageCache, Source
from deployflow.boot.tools import BootToolFailed, program, run

APT = pytest.mark.skipif(
    not shutil.which("apt-get") or not KEYRING.exists(), reason="needs apt and debian-archive-keyring"
)


def entries(packed: bytes) -> dict[str, tuple[int, bytes, int]]:
    """What a newc archive holds, read by the format's description: mode, content, time."""
    found, file = {}, io.BytesIO(packed)
    while True:
        header = file.read(110)
        assert header[:6] == b"070701"
        numbers = [int(header[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
        name = file.read(numbers[11]).rstrip(b"\0").decode()
        file.read(-file.tell() % 4)
        if name == "TRAILER!!!":
            return found
        content = file.read(numbers[6])
        file.read(-file.tell() % 4)
        found[name] = (numbers[1], content, numbers[5])


class TestArchive:
    def test_it_holds_what_was_put_in_with_parents_and_modes(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        (root / "etc").mkdir(parents=True)
        (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
        (root / "init").write_text("#!/bin/sh\n")
        (root / "init").chmod(0o744)
        archive = Archive()
        archive.tree(root)
        archive.link("usr/bin/sh", "busybox")
        archive.device("dev/console", 5, 1)
        found = entries(archive.packed(modified=1_700_000_000))
        assert list(found) == ["dev", "dev/console", "etc", "etc/hosts", "init", "usr", "usr/bin", "usr/bin/sh"]
        assert found["init"] == (0o100755, b"#!/bin/sh\n", 1_700_000_000)
        assert found["etc/hosts"][:2] == (0o100644, b"127.0.0.1 localhost\n")
        assert found["usr/bin/sh"][:2] == (0o120777, b"busybox")
        assert found["usr"][0] == 0o040755
        assert found["dev/console"][0] == 0o020600

    def test_order_and_age_of_what_was_put_in_do_not_change_a_byte(self, tmp_path: Path) -> None:
        first, second = Archive(), Archive()
        names = ["b/two", "a", "b/one"]
        for name in names:
            first.file(name, name.encode())
        for name in reversed(names):
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
            os.utime(path, (1, 1))
        second.tree(tmp_path / "root")
        assert first.packed(modified=5) == second.packed(modified=5)


class TestLibraries:
    def test_a_programs_libraries_are_read_from_it_as_ldd_says(self) -> None:
        file = Path(sys.executable).resolve()
        said = subprocess.run(["ldd", file], capture_output=True, text=True, check=True).stdout
        assert set(needed(file)) <= {line.split()[0].rsplit("/", 1)[-1] for line in said.splitlines()}
        assert any(name.startswith("libc.so") for name in needed(file))

    def test_a_script_needs_none(self, tmp_path: Path) -> None:
        (tmp_path / "script").write_text("#!/bin/sh\n")
        assert needed(tmp_path / "script") == []

    def test_a_library_that_is_not_there_is_named(self) -> None:
        with pytest.raises(KeyError, match="libgone"):
            Libraries(Path("/")).of([], also=["libgone.so.1"])

    def test_what_a_library_needs_comes_along(self) -> None:
        found = Libraries(Path("/")).of([], also=["libstdc++.so.6"])
        assert {"libstdc++.so.6", "libc.so.6", "libgcc_s.so.1"} <= set(found)


class TestRecipe:
    def test_every_list_is_there_and_names_nothing_twice(self) -> None:
        read = recipe.Recipe.read()
        for words in (read.packages, read.programs, read.libraries, read.files, read.modules):
            assert words
            assert len(words) == len(set(words)), sorted(word for word in words if words.count(word) > 1)

    def test_the_first_process_and_what_udhcpc_calls_can_be_run(self) -> None:
        root = recipe.Recipe.read().root
        for name in ("init", "usr/share/udhcpc/default.script"):
            assert (root / name).stat().st_mode & 0o111, name

    @pytest.mark.parametrize("shell", ["dash", "bash"])
    def test_a_shell_can_read_every_script(self, shell: str) -> None:
        root = recipe.Recipe.read().root
        scripts = [root / "init", root / "usr/share/udhcpc/default.script"]
        scripts += sorted((root / "usr/lib/deployflow").iterdir())
        for script in scripts:
            done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


class TestLoaders:
    def packages(self, folder: Path) -> Path:
        for name, places in loaders.FILES.items():
            (folder / places[0]).parent.mkdir(parents=True, exist_ok=True)
            (folder / places[0]).write_text(f"packaged {name}")
        return folder

    def test_they_are_collected_with_their_checksums(self, tmp_path: Path) -> None:
        folder = loaders.collect(self.packages(tmp_path / "packages"), tmp_path / "loaders")
        assert (folder / "ipxe.efi").read_text() == "packaged ipxe.efi"
        listed = json.loads((folder / "manifest.json").read_text())["files"]
        assert set(listed) == set(loaders.FILES)
        assert loaders.missing(folder) == []

    def test_ones_own_go_before_the_packages(self, tmp_path: Path) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "ipxe.efi").write_text("ours")
        folder = loaders.collect(self.packages(tmp_path / "packages"), tmp_path / "loaders", own=tmp_path / "own")
        assert (folder / "ipxe.efi").read_text() == "ours"
        assert (folder / "snponly.efi").read_text() == "packaged snponly.efi"

    def test_one_that_no_package_has_is_named(self, tmp_path: Path) -> None:
        (self.packages(tmp_path / "packages") / loaders.FILES["snponly.efi"][0]).unlink()
        with pytest.raises(BootToolFailed, match=r"no snponly\.efi: give your own with --loaders"):
            loaders.collect(tmp_path / "packages", tmp_path / "loaders")

    def test_a_failed_collection_leaves_the_former_one(self, tmp_path: Path) -> None:
        loaders.collect(self.packages(tmp_path / "packages"), tmp_path / "loaders")
        with pytest.raises(BootToolFailed):
            loaders.collect(tmp_path, tmp_path / "loaders")
        assert loaders.missing(tmp_path / "loaders") == []


class TestBadInput:
    def test_a_missing_program_is_said_with_its_package(self) -> None:
        with pytest.raises(BootToolFailed, match="no-such-program is not installed: install the package some-package"):
            program("no-such-program", "some-package")

    def test_a_program_that_fails_is_quoted(self) -> None:
        with pytest.raises(BootToolFailed, match=r"trying failed \(exit code 7\): one / two"):
            run(["sh", "-c", "echo one >&2; echo two >&2; exit 7"], what="trying")

    @APT
    def test_a_mirror_that_does_not_answer_is_named_with_what_to_do(self, tmp_path: Path) -> None:
        cache = PackageCache(
            tmp_path, Source(mirror="http://127.0.0.1:9/debian", security_mirror="http://127.0.0.1:9/s")
        )
        with pytest.raises(BootToolFailed, match=r":9/debian must be reachable, or name another with --mirror"):
            cache.refresh()

    @APT
    def test_two_builds_on_one_cache_are_refused(self, tmp_path: Path) -> None:
        with PackageCache(tmp_path, Source()).held(), pytest.raises(BootToolFailed, match="another build is running"):  # noqa: SIM117  the second must fail inside the first
            with PackageCache(tmp_path, Source()).held():
                pass

    def test_a_kernel_package_of_another_layout_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BootToolFailed, match="0 kernels in /boot where one was expected"):
            Kernel.found_in(tmp_path)
