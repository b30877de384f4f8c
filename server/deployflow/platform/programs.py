"""Other people's programs on other people's files: bounded in memory, time and what they may write, and killable.

They get no file names of a client, nothing of our environment, and their output comes through pipes, so that a dead
server leaves none of them running.
"""

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO

from deployflow.platform.errors import Problem
from deployflow.platform.threads import in_thread

OUTPUT_BYTES = 1024 * 1024
# The last words are where the reason is.
LAST_WORDS_BYTES = 16 * 1024
POLL_S = 0.2
MIB = 1024 * 1024


class ProgramMissing(Problem):
    status = 503
    code = "program_missing"
    title = "The server lacks a program for this"


class TooMuchOutput(Exception):
    """A program wrote more than anything good would."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use.

    Attributes:
        memory_bytes: Address space.
        cpu_s: Processor time, over all its threads.
        file_bytes: The largest file it may write; pipes do not count.
        idle_s: It is stuck when it neither says nor gives anything for this long.
        output_bytes: Of standard output.
    """

    memory_bytes: int
    cpu_s: int
    file_bytes: int = 0
    idle_s: float = 600
    output_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended. `code` is negative when a signal ended it."""

    code: int
    output: bytes
    errors: str
    was_stuck: bool = False


def find(program: str, *, package: str) -> str:
    """Where a program is.

    Raises:
        ProgramMissing: 503, saying which package brings it.
    """
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise ProgramMissing(f"{program} is not installed on the server: install the package {package} there")
    return found


async def run(
    command: Sequence[str],
    *,
    limits: Limits,
    folder: Path,
    on_output: Callable[[bytes], None] | None = None,
    on_errors: Callable[[bytes], None] | None = None,
    given: bytes = b"",
) -> Finished:
    """Run it to its end. Cancelled, it is killed.

    `on_output` and `on_errors` are called in another thread with what it writes; what they raise ends it. Without
    `on_output` the output is in the answer, up to `limits.output_bytes`.
    """
    stop = Event()
    return await in_thread(_run, command, limits, folder, on_output, on_errors, given, stop, stop=stop)


def _run(
    command: Sequence[str],
    limits: Limits,
    folder: Path,
    on_output: Callable[[bytes], None] | None,
    on_errors: Callable[[bytes], None] | None,
    given: bytes,
    stop: Event,
) -> Finished:
    output, errors = _Output(limits.output_bytes), _LastWords(on_errors)
    with subprocess.Popen(  # noqa: S603  found by `find`, arguments are ours
        [*_limiting(limits), *command],
        stdin=subprocess.PIPE if given else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            if process.stdin is not None:
                with suppress(BrokenPipeError), process.stdin:
                    process.stdin.write(given)

            takers = {process.stdout: on_output or output.take, process.stderr: errors.take}
            stuck = _listen(takers, limits, stop)
            if stuck or stop.is_set():
                _kill(process)
            code = process.wait()
        except BaseException:
            _kill(process)
            raise
    return Finished(code, bytes(output.all), errors.all.decode("utf-8", "replace"), was_stuck=stuck)


class _Output:
    def __init__(self, limit: int | None) -> None:
        self.all = bytearray()
        self._limit = limit

    def take(self, part: bytes) -> None:
        self.all += part
        if self._limit is not None and len(self.all) > self._limit:
            raise TooMuchOutput


class _LastWords:
    def __init__(self, also: Callable[[bytes], None] | None) -> None:
        self.all = bytearray()
        self._also = also

    def take(self, part: bytes) -> None:
        self.all += part
        del self.all[:-LAST_WORDS_BYTES]
        if self._also is not None:
            self._also(part)


def _listen(takers: dict[IO[bytes], Callable[[bytes], None]], limits: Limits, stop: Event) -> bool:
    """Hand on what comes until nothing more can; whether that was because nothing came for too long."""
    heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for pipe in takers:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map() and not stop.is_set():
            ready = selector.select(POLL_S)
            if not ready and time.monotonic() - heard > limits.idle_s:
                return True
            for key, _events in ready:
                part = os.read(key.fd, OUTPUT_BYTES)
                if not part:
                    selector.unregister(key.fileobj)
                    continue
                heard = time.monotonic()
                for pipe, take in takers.items():
                    if pipe is key.fileobj:
                        take(part)
    return False


def _limiting(limits: Limits) -> list[str]:
    return [
        find("nice", package="coreutils"),
        find("prlimit", package="util-linux"),
        f"--as={limits.memory_bytes}",
        f"--cpu={limits.cpu_s}",
        f"--fsize={limits.file_bytes}",
        "--core=0",
        "--nofile=256",
    ]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
