"""Scripts that leave a trace of every start and end, and the rules that the traces must keep."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.console import Console


@dataclass(frozen=True)
class Trace:
    """A file to which scripts append one short line at their start and one at their end.

    Such a line arrives whole: the shell opens with O_APPEND and writes it at once.
    """

    file: Path

    def script(self, number: int, *, seconds: float = 0.0, lines: int = 3, exit_code: int = 0) -> str:
        """A shell script that says what it does, both in the trace and in its output."""
        pause = f"sleep {seconds / max(lines, 1):.3f}\n" if seconds else ""
        return (
            f"echo 'start {number}' >> '{self.file}'\n"
            f'i=0\nwhile [ $i -lt {lines} ]; do\n{pause}echo "{number} line $i"\ni=$((i+1))\ndone\n'
            f"echo 'end {number}' >> '{self.file}'\nexit {exit_code}\n"
        )

    @staticmethod
    def output(number: int, *, lines: int = 3) -> str:
        """What that script prints."""
        return "".join(f"{number} line {line}\n" for line in range(lines))

    def counts(self) -> tuple[Counter[int], Counter[int]]:
        """How often each number started, and ended."""
        starts, ends = Counter[int](), Counter[int]()
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                what, number = line.split()
                (starts if what == "start" else ends)[int(number)] += 1
        return starts, ends


def broken_rules(console: Console, trace: Trace, orders: dict[int, str], *, lines: int = 3) -> list[str]:
    """What of "it does not lose work" was broken. `orders`: number in the trace → id of its acknowledged action."""
    starts, ends = trace.counts()
    known = {action["id"]: action for action in console.actions()}
    broken = [f"number {number} ran, but was never ordered" for number in starts if number not in orders]
    for number, action_id in orders.items():
        action = known.get(action_id)
        if action is None:
            broken.append(f"{number}: acknowledged, and lost")
            continue
        said = f"{number} ({action_id}, {action['status']}, {starts[number]} starts, {ends[number]} ends)"
        if starts[number] > 1:
            broken.append(f"{said}: ran more than once")
        broken += [f"{said}: {rule}" for rule in _broken_of(console, action, number, starts, ends, lines)]
    return broken


def _broken_of(
    console: Console, action: dict[str, Any], number: int, starts: Counter[int], ends: Counter[int], lines: int
) -> list[str]:
    broken = []
    if action["status"] == "succeeded":
        if (starts[number], ends[number], action["exit_code"]) != (1, 1, 0):
            broken.append("succeeded without a full run")
    elif action["status"] == "interrupted":
        if action["error"] is None or action["error"]["code"] != "agent_died":
            broken.append(f"interrupted for another reason: {action['error']}")
    else:
        broken.append(f"ended otherwise: {action['error']}, {action['reason']}")
    chunks = console.log_of(action["id"])
    if [chunk["seq"] for chunk in chunks] != list(range(len(chunks))):
        broken.append(f"its output has gaps: {[chunk['seq'] for chunk in chunks]}")
    text, printed = "".join(chunk["text"] for chunk in chunks), Trace.output(number, lines=lines)
    if not (text == printed or (action["status"] == "interrupted" and printed.startswith(text))):
        broken.append(f"its output is not what it printed: {text!r}")
    detail = console.action(action["id"])
    last = [step["status"] for step in detail["timeline"]]
    ended = [status for status in last if status in {"succeeded", "failed", "interrupted", "timed_out", "cancelled"}]
    if len(ended) != 1:
        broken.append(f"it ended {len(ended)} times: {last}")
    return broken
