"""What `make` says on a machine that lacks something."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def program(folder: Path, name: str, says: str, code: int = 0) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    file.chmod(0o755)


def run(*argv: str | Path, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in argv],
        cwd=ROOT,
        env={"PATH": f"{path}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def checked(code: str, *, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a line with `tools` imported, as the programs in scripts/ do."""
    lines = ["import sys", "sys.path.insert(0, 'scripts')", "import tools", "try:", f"    {code}"]
    text = "\n".join([*lines, "except tools.Stop as stop:", "    sys.exit(str(stop))"])
    only = {"PATH": str(path), "HOME": "/"}
    return subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env=only, capture_output=True, text=True, timeout=60, check=False
    )


class TestPython:
    def test_too_old_ones_are_named_with_what_is_needed(self, tmp_path: Path) -> None:
        for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
            program(tmp_path, name, "Python 3.8.20", code=1)
        done = run(ROOT / "scripts" / "python", "-c", "print(1)", path=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "Python 3.11 or newer is needed" in done.stderr
        assert "Python 3.8.20" in done.stderr
        assert "apt install" in done.stderr

    def test_a_good_one_is_found_behind_an_old_one(self, tmp_path: Path) -> None:
        program(tmp_path, "python3", "Python 3.8.20", code=1)
        (tmp_path / "python3.12").symlink_to(sys.executable)
        done = run(ROOT / "scripts" / "python", "-c", "print('here')", path=tmp_path)
        assert (done.returncode, done.stdout) == (0, "here\n")


class TestNode:
    @pytest.mark.parametrize("version", ["v18.19.0", "v8.0.0", "nonsense"])
    def test_a_too_old_one_is_named(self, tmp_path: Path, version: str) -> None:
        program(tmp_path, "node", version)
        program(tmp_path, "npm", "10")
        done = checked("tools.check_node()", path=tmp_path)
        assert done.returncode == 1
        assert "Node 20 or newer is needed" in done.stderr
        assert version in done.stderr

    def test_a_missing_one_is_named(self, tmp_path: Path) -> None:
        assert "node is not on PATH" in checked("tools.check_node()", path=tmp_path).stderr
        program(tmp_path, "node", "v24.0.0")
        assert "npm is not on PATH" in checked("tools.check_node()", path=tmp_path).stderr

    def test_a_good_one_passes(self, tmp_path: Path) -> None:
        program(tmp_path, "node", "v24.21.0")
        program(tmp_path, "npm", "11")
        assert checked("tools.check_node()", path=tmp_path).returncode == 0


class TestUp:
    def test_a_taken_port_is_said_before_anything_is_built(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run(sys.executable, "scripts/up.py", path=tmp_path, PORT=str(port), DATA=str(tmp_path))
        assert done.returncode == 1
        assert done.stderr == (
            f"make up: port {port} on 127.0.0.1 cannot be used (Address already in use): stop what listens there,"
            f" or choose another: make up PORT={port + 1}\n"
        )

    @pytest.mark.parametrize("port", ["many", "99999"])
    def test_what_is_no_port_is_said(self, tmp_path: Path, port: str) -> None:
        done = run(sys.executable, "scripts/up.py", path=tmp_path, PORT=port, DATA=str(tmp_path))
        assert done.returncode == 1
        assert f"PORT={port} is no port" in done.stderr


class TestSuites:
    @pytest.mark.parametrize(
        ("said", "counted"),
        [
            ("3 failed, 812 passed, 2 skipped in 60.12s\n", (812, 3, 2)),
            ("==== 5 passed in 0.10s ====\n", (5, 0, 0)),
            ("2 passed, 1 error in 75.00s (0:01:15)\n", (2, 1, 0)),
            (" Test Files  1 failed | 3 passed (4)\n      Tests  1 failed | 57 passed | 2 skipped (60)\n", (57, 1, 2)),
            ("Test run summary: Passed!\n  total: 120\n  failed: 0\n  succeeded: 118\n  skipped: 2\n", (118, 0, 2)),
            ("  1 failed\n    [x] story\n  2 skipped\n  12 passed (1.2m)\n", (12, 1, 2)),
        ],
        ids=["pytest", "pytest, plain", "pytest, long", "vitest", "dotnet", "playwright"],
    )
    def test_what_really_ran_is_counted(self, said: str, counted: tuple[int, int, int]) -> None:
        code = "import sys; sys.path.insert(0, 'scripts'); import suites; print(suites.count(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, said],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(counted)
