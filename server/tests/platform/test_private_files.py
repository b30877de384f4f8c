import errno
import os
from pathlib import Path
from typing import Any

import pytest

from deployflow.platform.private_files import make_once


class TestMakeOnce:
    def test_the_first_content_stays(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        assert make_once(file, b"one") == b"one"
        assert make_once(file, b"two") == b"one"
        assert file.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [file]

    def test_a_full_disk_leaves_nothing_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            make_once(tmp_path / "key", b"one")
        assert list(tmp_path.iterdir()) == []

    def test_who_comes_second_gets_what_the_first_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "key"
        link = os.link

        def beaten(source: Any, target: Any) -> None:
            file.write_bytes(b"the other's")
            link(source, target)

        monkeypatch.setattr(os, "link", beaten)
        assert make_once(file, b"ours") == b"the other's"
