"""Follows actions to their end: their output as it comes, then how each ended."""

import sys
import time
from typing import Any

from deployflow.app.cli.api import Api, get
from deployflow.app.cli.output import show_json
from deployflow.app.failures import Failure

# Often enough to feel live; each look costs the server one indexed read.
LOOK_EVERY_S = 0.3
ENDED = frozenset({"succeeded", "failed", "cancelled", "expired", "timed_out", "interrupted"})


def follow(api: Api, action_ids: list[str], *, as_json: bool) -> None:
    """Print output as it comes, and the ends.

    Raises:
        Failure: when one did not succeed.
    """
    several = len(action_ids) > 1
    seen = dict.fromkeys(action_ids, -1)
    waiting, ended = list(action_ids), []
    told: dict[str, str | None] = {}
    while waiting:
        for action_id in list(waiting):
            # The state first: what was printed before the end is then certainly in the log read after it.
            action = get(api, f"/actions/{action_id}")
            if not as_json:
                seen[action_id] = _print_output(api, action, seen[action_id], named=several)
                _say_why_it_waits(action, told)
            if action["status"] in ENDED:
                waiting.remove(action_id)
                ended.append(action)
        if waiting:
            time.sleep(LOOK_EVERY_S)
    _sum_up(ended, as_json=as_json)


def _print_output(api: Api, action: dict[str, Any], after: int, *, named: bool) -> int:
    while True:
        page = get(api, f"/actions/{action['id']}/log", after_seq=after, limit=500)
        for chunk in page["chunks"]:
            out = sys.stderr if chunk["stream"] == "err" else sys.stdout
            for line in chunk["text"].splitlines(keepends=True):
                out.write(f"{action['device']['hostname']}: {line}" if named else line)
            out.flush()
            after = chunk["seq"]
        if len(page["chunks"]) < 500:  # noqa: PLR2004  fewer than asked for
            return after


def _say_why_it_waits(action: dict[str, Any], told: dict[str, str | None]) -> None:
    if action["reason"] and told.get(action["id"]) != action["reason"] and action["status"] not in ENDED:
        told[action["id"]] = action["reason"]
        print(f"[{action['device']['hostname']}: {action['reason']}]", file=sys.stderr)


def _sum_up(ended: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json({"items": ended})
    bad = [one for one in ended if one["status"] != "succeeded"]
    for action in [] if as_json else ended:
        code = f", exit code {action['exit_code']}" if action["exit_code"] is not None else ""
        why = f": {action['error']['message']}" if action["error"] else ""
        print(f"[{action['device']['hostname']}: {action['status']}{code}{why}]", file=sys.stderr)
    if bad:
        raise Failure(f"{len(bad)} of {len(ended)} did not succeed")
