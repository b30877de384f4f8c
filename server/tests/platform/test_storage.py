"""The content store."""

import errno
import hashlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from deployflow.platform.errors import DiskFull, TooLarge
from deployflow.platform.settings import Settings
from deployflow.platform.storage import ContentStore, WrongHash, explained_disk

ANYTHING = b"the same bytes" * 1000
DIGEST = hashlib.sha256(ANYTHING).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(Settings(data_dir=tmp_path))


def put(store: ContentStore, content: bytes = ANYTHING) -> str:
    with store.new_file() as file:
        file.write(content)
        return file.keep().sha256


def left_over(store: ContentStore) -> list[Path]:
    return list(store.tmp.iterdir())


def make_old(file: Path, seconds: float) -> None:
    os.utime(file, (time.time() - seconds, time.time() - seconds))


class TestWriting:
    def test_content_is_called_by_its_hash_and_nothing_else_stays(self, store: ContentStore) -> None:
        assert put(store) == DIGEST
        assert store.path(DIGEST) == store.folder / DIGEST[:2] / DIGEST
        assert store.path(DIGEST).read_bytes() == ANYTHING
        assert not left_over(store)

    def test_the_same_again_is_there_once(self, store: ContentStore) -> None:
        put(store)
        put(store)
        assert len(list(store.folder.glob("??/*"))) == 1

    def test_a_wrong_hash_leaves_nothing(self, store: ContentStore) -> None:
        with store.new_file() as file:
            file.write(b"something else")
            with pytest.raises(WrongHash):
                file.keep(expected_sha256=DIGEST)
        assert store.find(DIGEST) is None
        assert not left_over(store)

    def test_more_than_the_limit_leaves_nothing(self, store: ContentStore) -> None:
        with pytest.raises(TooLarge), store.new_file(limit=10) as file:
            file.write(b"12345678901")
        assert not left_over(store)

    def test_what_does_not_fit_on_the_disk_is_not_begun(self, store: ContentStore) -> None:
        with pytest.raises(DiskFull, match="may be used"):
            store.new_file(expected_bytes=2**60)

    def test_a_disk_that_is_full_says_so(self) -> None:
        with pytest.raises(DiskFull), explained_disk():
            raise OSError(errno.ENOSPC, "No space left on device")

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "", "a" * 63, "A" * 64, DIGEST + "/x", "x" * 64, DIGEST + "\n"]
    )
    def test_only_a_hash_makes_a_path(self, store: ContentStore, name: str) -> None:
        """S-50."""
        with pytest.raises(ValueError, match="is no SHA-256"):
            store.path(name)

    def test_a_killed_writer_leaves_no_content(self, store: ContentStore, tmp_path: Path) -> None:
        writer = textwrap.dedent(f"""
            import os, signal
            from deployflow.platform.settings import Settings
            from deployflow.platform.storage import ContentStore
            with ContentStore(Settings(data_dir={str(tmp_path)!r})).new_file() as file:
                file.write(b"x" * 5_000_000)
                os.kill(os.getpid(), signal.SIGKILL)
        """)
        subprocess.run([sys.executable, "-c", writer], check=False)
        assert not list(store.folder.glob("??/*"))
        assert len(left_over(store)) == 1
        make_old(left_over(store)[0], 25 * 3600)
        assert store.sweep(set()) == 1
        assert not left_over(store)


class TestSweep:
    def test_what_nobody_refers_to_goes_after_a_while(self, store: ContentStore) -> None:
        kept, fresh, old = put(store, b"kept"), put(store, b"fresh"), put(store, b"old")
        for one in (kept, old):
            make_old(store.path(one), 7200)
        assert store.sweep({kept}) == 1
        assert [store.find(one) is not None for one in (kept, fresh, old)] == [True, True, False]

    def test_content_that_is_written_again_is_fresh(self, store: ContentStore) -> None:
        make_old(store.path(put(store)), 7200)
        put(store)
        assert store.sweep(set()) == 0
