"""The machine: what it is, which core does what, and what a process uses.

Two cores: the server that is measured has the first to itself, whatever makes the load has the others. On a machine
with one core both share it, and the report says so.
"""

import os
import platform
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = {CORES[0]}
# A share of a busy core some thirty times that of an ordinary process.
PRIORITY = -15
KEEP_EVERY_S = 0.3
# Where Linux groups processes by session, priorities count within a session only, and the session has its own.
_AUTOGROUP = Path("/proc/self/autogroup")
LOAD_CORES = set(CORES[1:]) or {CORES[0]}


def raise_open_files() -> int:
    """Take all the open files the system grants: ten thousand agents are ten thousand sockets on either side."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def first_in_line() -> Iterator[None]:
    """Run before what else runs on this machine, with all that is started from here; only where that is allowed."""
    before = _AUTOGROUP.read_text().rsplit("nice", 1)[-1].strip() if _AUTOGROUP.exists() else None
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        if before is not None:
            _AUTOGROUP.write_text(str(PRIORITY))
    try:
        yield
    finally:
        if before is not None:
            with suppress(OSError):
                _AUTOGROUP.write_text(before)


def keep_first(pid: int, stop: threading.Event) -> None:
    """Keep a process and its children first in line although each makes a session of its own, as PostgreSQL's do."""
    while not stop.wait(KEEP_EVERY_S):
        with suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for one in (str(pid), *children):
                with suppress(OSError):
                    Path(f"/proc/{one}/autogroup").write_text(str(PRIORITY))


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process on these cores, with all the threads it has by now; later ones inherit."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


@contextmanager
def on_load_cores() -> Iterator[None]:
    """This process makes load: away from the server."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, LOAD_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def rss_bytes(pid: int) -> int:
    """Memory a process holds now."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


def cpu_s(pid: int) -> float:
    """Processor time a process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load_average() -> float:
    return os.getloadavg()[0]


def description() -> str:
    """The machine in one line."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]) / 1024**2
    name = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{len(CORES)} cores of {cpu}, {memory:.0f} GiB memory, {name}, Linux {platform.release()}"
