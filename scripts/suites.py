"""`make test` and its parts: runs suites one after the other and sums them up.

A suite whose tools are missing is skipped loudly, with the command that brings them. One failed suite does not
stop the others. Each suite's last words are counted, so that the closing line says what really ran.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import (
    AGENT,
    CONSOLE,
    LOCAL,
    ROOT,
    SERVER,
    SYSTEM_PACKAGES,
    Stop,
    build_agent,
    build_console,
    log_file,
    sync_console,
    sync_server,
)

RESULTS = LOCAL / "results"
BIN = SERVER / ".venv" / "bin"
TWO_AT_ONCE = ["-n", "2"]


@dataclass(frozen=True)
class Suite:
    """A list of commands that stand or fall together."""

    name: str
    steps: Sequence[Sequence[str | Path]]
    folder: Path = ROOT
    needs: Sequence[Callable[[], str | None]] = ()
    prepare: Sequence[Callable[[], None]] = ()
    env: dict[str, str] = field(default_factory=dict)
    counts_tests: bool = True
    # False while a suite has not yet been seen green as a whole: its failures are shown, and do not stop a landing.
    gates: bool = True


@dataclass
class Outcome:
    name: str
    gates: bool = True
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    note: str = ""


def tool(name: str, how: str) -> Callable[[], str | None]:
    """A need: `name` on PATH."""
    return lambda: None if shutil.which(name) else f"{name} is not on PATH; {how}"


def there(path: Path) -> Callable[[], str | None]:
    """A need: a part of the project that this checkout has."""
    return lambda: None if path.exists() else f"{path.relative_to(ROOT)} is not in this checkout"


def root() -> str | None:
    """A need: leave to make network namespaces."""
    return None if os.geteuid() == 0 else "network namespaces need root; run: sudo make test"


DOTNET = tool("dotnet", "install the .NET 10 SDK (https://dotnet.microsoft.com/)")
CHROMIUM = tool("chromium", f"run: {SYSTEM_PACKAGES}")
POSTGRESQL = tool("initdb", f"run: {SYSTEM_PACKAGES}")
LINKER = tool("gcc", f"run: {SYSTEM_PACKAGES}")

# Python outside the server's folder; each has its own ruff.toml.
BESIDE_IT = [ROOT / "scripts", ROOT / "e2e", ROOT / "bench", AGENT / "packaging"]
PYTHON_LINT = Suite(
    "server: lint and types",
    [
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "ruff", "check", *BESIDE_IT],
        [BIN / "ruff", "format", "--check", *BESIDE_IT],
        [BIN / "mypy"],
        [BIN / "lint-imports", "--no-cache"],
    ],
    folder=SERVER,
    prepare=[sync_server],
    counts_tests=False,
)
CONTRACT = Suite(
    "contracts: openapi.json is what the server says",
    [[BIN / "deployflow", "openapi", "--check", ROOT / "contracts" / "openapi.json"]],
    prepare=[sync_server],
    counts_tests=False,
)
CONSOLE_LINT = Suite(
    "console: lint, types, import rules, generated client",
    [["npm", "run", "lint"], ["npm", "run", "typecheck"], ["npm", "run", "generate:check"]],
    folder=CONSOLE,
    needs=[there(CONSOLE / "package.json")],
    prepare=[sync_console],
    counts_tests=False,
)
AGENT_LINT = Suite(
    "agent: build, warnings are errors",
    [["dotnet", "build", "-warnaserror", "-v", "quiet"]],
    folder=AGENT,
    needs=[there(AGENT), DOTNET],
    counts_tests=False,
)
LINT = [PYTHON_LINT, CONTRACT, CONSOLE_LINT, AGENT_LINT]


def server_suite(database: str) -> Suite:
    return Suite(
        f"server: tests on {database}",
        [[BIN / "pytest", "-q", *TWO_AT_ONCE, "--durations=5"]],
        folder=SERVER,
        needs=[POSTGRESQL] if database == "postgresql" else [],
        prepare=[sync_server],
        env={"DEPLOYFLOW_TEST_DATABASE": database},
    )


CONSOLE_UNIT = Suite(
    "console: unit tests",
    [["npm", "run", "test"]],
    folder=CONSOLE,
    needs=[there(CONSOLE / "package.json")],
    prepare=[sync_console],
)
AGENT_UNIT = Suite(
    "agent: tests",
    [["dotnet", "test", "--no-build"]],
    folder=AGENT,
    needs=[there(AGENT / "tests"), DOTNET],
)


E2E = Suite(
    "console: the whole story in Chromium",
    [["timeout", "-k", "20", "900", "npm", "run", "e2e"]],
    folder=CONSOLE,
    needs=[there(CONSOLE / "e2e"), CHROMIUM, DOTNET, LINKER],
    prepare=[sync_server, build_console, build_agent],
    gates=False,
)
TOGETHER = Suite(
    "all parts together: lost work, bad input",
    # By file: the tests of one share a server.
    [[BIN / "pytest", "-q", *TWO_AT_ONCE, "--dist", "loadfile", "--durations=5"]],
    folder=ROOT / "e2e",
    needs=[there(ROOT / "e2e" / "pytest.ini"), DOTNET, LINKER, POSTGRESQL],
    prepare=[sync_server, build_console, build_agent],
)
NETBOOT = Suite(
    "netboot: machines boot from the network and are deployed",
    # Each test has its own end; this one is for whatever that does not reach.
    [["timeout", "-k", "20", "900", BIN / "pytest", "-q", *TWO_AT_ONCE, "--durations=5", "netboot"]],
    folder=ROOT / "e2e",
    needs=[
        there(ROOT / "e2e" / "netboot"),
        DOTNET,
        LINKER,
        root,
        tool("qemu-system-x86_64", f"run: {SYSTEM_PACKAGES}"),
    ],
    prepare=[sync_server, build_agent],
)
WINE = Suite(
    "agent: on Windows, under Wine",
    [[sys.executable, ROOT / "e2e" / "wine" / "run.py"]],
    needs=[there(ROOT / "e2e" / "wine"), DOTNET, tool("debootstrap", f"run: {SYSTEM_PACKAGES}")],
    prepare=[sync_server],
)
BENCH = Suite(
    "benchmarks",
    [[BIN / "python", "-m", "bench"]],
    needs=[there(ROOT / "bench"), POSTGRESQL, DOTNET],
    prepare=[sync_server, build_console, build_agent],
    counts_tests=False,
)
TEST = [*LINT, server_suite("sqlite"), server_suite("postgresql"), CONSOLE_UNIT, AGENT_UNIT, TOGETHER, E2E, NETBOOT]


def run_suites(suites: Sequence[Suite]) -> list[Outcome]:
    outcomes = []
    for suite in suites:
        print(f"\n━━ {suite.name}", flush=True)
        started = time.monotonic()
        outcome = run_suite(suite)
        outcome.seconds = time.monotonic() - started
        outcomes.append(outcome)
    return outcomes


def run_suite(suite: Suite) -> Outcome:
    outcome = Outcome(suite.name, suite.gates)
    missing = [said for need in suite.needs if (said := need())]
    if missing:
        outcome.skipped, outcome.note = 1, "; ".join(missing)
        print(f"!! SKIPPED: {outcome.note}", flush=True)
        return outcome
    try:
        for prepare in suite.prepare:
            prepare()
    except Stop as stop:
        outcome.failed, outcome.note = 1, str(stop)
        print(f"!! FAILED: {stop}", flush=True)
        return outcome
    log = log_file(suite.name)
    log.write_bytes(b"")
    for step in suite.steps:
        argv = [str(part) for part in step]
        print(
            f"$ {' '.join(Path(argv[0]).name if index == 0 else part for index, part in enumerate(argv))}", flush=True
        )
        code, said = stream(argv, suite, log)
        counted = count(said) if suite.counts_tests else None
        passed, failed, skipped = counted or ((0, 1, 0) if code else (1, 0, 0))
        if code and not failed:
            failed = 1
        outcome.passed += passed
        outcome.failed += failed
        outcome.skipped += skipped
        if flaky := re.search(r"^ +\d+ flaky$", said, re.MULTILINE):
            outcome.note = f"{flaky[0].strip()}: passed only at the second try"
        if code:
            outcome.note = f"{Path(argv[0]).name} ended with {code}"
    return outcome


def stream(argv: list[str], suite: Suite, log: Path) -> tuple[int, str]:
    """Run it with its output on the screen and in the log; gives the exit code and the output."""
    try:
        process = subprocess.Popen(
            argv,
            cwd=suite.folder,
            env={**os.environ, **suite.env, "NO_COLOR": "1", "CI": "1", "NEXT_TELEMETRY_DISABLED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        print(f"!! {error}", flush=True)
        return 127, ""
    assert process.stdout is not None
    said = []
    with log.open("ab") as kept:
        for line in process.stdout:
            kept.write(line)
            text = line.decode(errors="replace")
            said.append(text)
            sys.stdout.write(text)
            sys.stdout.flush()
    return process.wait(), "".join(said)


# pytest: `3 failed, 812 passed, 2 skipped in 60.1s` · vitest: `Tests  1 failed | 57 passed (58)`
# dotnet: `  total: 5` and so on, one a line · playwright: `  12 passed (1.2m)`, one a line
_WORDS = {"passed": 0, "succeeded": 0, "failed": 1, "errors": 1, "error": 1, "flaky": 0, "skipped": 2, "todo": 2}


def count(said: str) -> tuple[int, int, int] | None:
    """Passed, failed and skipped tests as the runner's own summary says, or None where there is none."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    for one_line in (r"^=* ?(\d+ .*) in [\d.:hms ()]+=*$", r"^ *Tests +(.*\(\d+\))$"):
        if found := re.findall(one_line, said, re.MULTILINE):
            return _sum(re.findall(r"(\d+) ([a-z]+)", found[-1]))
    if re.search(r"^ *total: \d+", said, re.MULTILINE):
        return _sum([(number, word) for word, number in re.findall(r"^ *([a-z]+): (\d+)", said, re.MULTILINE)])
    if found := re.findall(r"^ +(\d+) (passed|failed|skipped|flaky)\b", said, re.MULTILINE):
        return _sum(found)
    return None


def _sum(pairs: list[tuple[str, str]]) -> tuple[int, int, int]:
    sums = [0, 0, 0]
    for number, word in pairs:
        if word in _WORDS:
            sums[_WORDS[word]] += int(number)
    return sums[0], sums[1], sums[2]


def report(name: str, outcomes: list[Outcome]) -> int:
    width = max(len(outcome.name) for outcome in outcomes)
    print(f"\n{'suite':<{width}}  passed  failed skipped   time")
    for one in outcomes:
        print(
            f"{one.name:<{width}}  {one.passed:6}  {one.failed:6} {one.skipped:7} {one.seconds:5.0f} s"
            + (f"  {one.note}" if one.note else "")
        )
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps([vars(outcome) for outcome in outcomes], indent=1))
    print()
    closing_line(outcomes)
    return 1 if any(outcome.failed and outcome.gates for outcome in outcomes) else 0


def closing_line(outcomes: list[Outcome]) -> None:
    passed, failed, skipped = (sum(getattr(one, word) for one in outcomes) for word in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)


def total() -> int:
    """The closing line over what `make test` and `make test-wine` left, as .ci/run ends."""
    outcomes = [Outcome(**kept) for file in sorted(RESULTS.glob("*.json")) for kept in json.loads(file.read_text())]
    closing_line(outcomes)
    return 1 if any(outcome.failed and outcome.gates for outcome in outcomes) else 0


def install_system_packages() -> None:
    """Only where that needs nobody's leave: as root, with apt."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run([ROOT / "scripts" / "install-system-packages"], check=False)


def find_postgresql() -> None:
    """Debian keeps initdb and pg_ctl off PATH."""
    if shutil.which("initdb"):
        return
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)):
        os.environ["PATH"] += os.pathsep + str(folder)


def openapi() -> int:
    sync_server()
    sync_console()
    made = subprocess.run([BIN / "deployflow", "openapi", ROOT / "contracts" / "openapi.json"], check=False)
    if made.returncode:
        return made.returncode
    return subprocess.run(["npm", "run", "generate"], cwd=CONSOLE, check=False).returncode


def clean() -> int:
    for path in [
        *(LOCAL / name for name in ("logs", "results", "stamps", "uv")),
        *(CONSOLE / name for name in ("out", ".next", "node_modules")),
        *(SERVER / name for name in (".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache")),
        AGENT / "dist",
        *AGENT.glob("**/bin"),
        *AGENT.glob("**/obj"),
    ]:
        shutil.rmtree(path, ignore_errors=True)
    return 0


def main(argv: list[str]) -> int:
    command, *names = argv or ["test"]
    if command in {"total", "openapi", "clean"}:
        return {"total": total, "openapi": openapi, "clean": clean}[command]()
    suites = {"test": TEST, "lint": LINT, "wine": [WINE], "bench": [BENCH]}[command]
    # For one part alone: `scripts/suites.py test console`.
    chosen = [suite for suite in suites if not names or any(name in suite.name for name in names)]
    if not chosen:
        raise Stop(f"no suite is named {' or '.join(names)}; there are: {', '.join(suite.name for suite in suites)}")
    if command in {"test", "wine"}:
        install_system_packages()
    find_postgresql()
    return report(command, run_suites(chosen))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit(f"make: {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
