"""Shows what was measured, keeps it in .local/bench, and writes docs/benchmarks.md from all that is kept.

Figures of benchmarks that did not run this time stay as they were, with their own date.
"""

import json
import platform
import sqlite3
import subprocess
from dataclasses import asdict
from pathlib import Path

import fastapi
import pydantic
import uvicorn
from deployflow.platform import clock

from bench import machine
from bench.figures import Figure, Report

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".local" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
NOTES = Path(__file__).with_name("notes.md")
ORDER = ("check-ins", "held", "runs", "real-agent", "lists", "wall", "footprint", "deployment")


def show(reports: list[Report]) -> None:
    for report in reports:
        print(f"\n  {report.title}")
        for figure in report.figures:
            target = f"  target {figure.target_shown}: {figure.verdict.strip('*')}" if figure.target else ""
            note = f"  ({figure.note})" if figure.note else ""
            print(f"    {figure.name:<52} {figure.shown(figure.measured):>14}{target}{note}")
        for words in report.words:
            print(f"    {words}")


def keep(name: str, reports: list[Report]) -> None:
    """Remember the figures of one benchmark, for the page."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = {
        "at": f"{clock.now():%Y-%m-%d %H:%M} UTC",
        "commit": _git("rev-parse", "--short", "HEAD"),
        "machine": machine.description(),
        "versions": _versions(),
        "reports": [asdict(report) for report in reports],
    }
    (KEPT / f"{name}.json").write_text(json.dumps(kept, indent=1))


def write() -> None:
    """Write the page."""
    kept = {name: json.loads((KEPT / f"{name}.json").read_text()) for name in ORDER if (KEPT / f"{name}.json").exists()}
    if not kept:
        return
    newest = max(kept.values(), key=lambda one: one["at"])
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench` (`make bench ONLY=check-ins` for one; programs in `bench/`). Targets are those of the",
        "design. Ratios and shares hold on other machines too; times and rates are this machine's.",
        "",
        f"- Machine: {newest['machine']}",
        f"- Versions: {newest['versions']}",
        "- The server that is measured has one core, whatever makes the load has the other; PostgreSQL shares the",
        "  load's. PostgreSQL keeps its own defaults (`fsync` on). All run with raised priority where that is allowed.",
        "",
    ]
    for name, one in kept.items():
        for number, report in enumerate(one["reports"]):
            figures = [Figure(**figure) for figure in report["figures"]]
            lines += [f"## {report['title']}", ""]
            if number == 0:
                lines += [f"`make bench ONLY={name}`, {one['at']}, commit {one['commit']}.", ""]
            lines += ["| figure | measured | target | | |", "|---|--:|--:|---|---|"]
            lines += [
                f"| {figure.name} | {figure.shown(figure.measured)} | {figure.target_shown} | {figure.verdict} |"
                f" {figure.note} |"
                for figure in figures
            ]
            lines += ["", *(line for words in report["words"] for line in (words, ""))]
    if NOTES.exists():
        lines += [NOTES.read_text().rstrip(), ""]
    PAGE.write_text("\n".join(line.rstrip() for line in lines).replace("\n\n\n", "\n\n"))
    print(f"\n  wrote {PAGE.relative_to(ROOT)}")


def _versions() -> str:
    postgres = subprocess.run(["postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return ", ".join(
        [
            f"Python {platform.python_version()}",
            f"FastAPI {fastapi.__version__}",
            f"pydantic {pydantic.VERSION}",
            f"uvicorn {uvicorn.__version__}",
            f"SQLite {sqlite3.sqlite_version}",
            *([f"PostgreSQL {postgres.split()[2]}"] if postgres else []),
        ]
    )


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
