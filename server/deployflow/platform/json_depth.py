"""Refuses JSON nested deeper than anything we read, before a parser spends stack or time on it."""

import re

from deployflow.platform.errors import BadRequest

MAX_JSON_DEPTH = 32
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def refuse_deep_json(body: bytes) -> None:
    """Raise BadRequest (400) when `body` nests deeper than `MAX_JSON_DEPTH`.

    Strings are cut out first and all but brackets dropped, both in C: some three times the time of `json.loads`.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_JSON_DEPTH:
        return
    depth = 0
    for bracket in _STRINGS.sub(b"", body).translate(None, _ALL_BUT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise BadRequest(f"The body is nested deeper than {MAX_JSON_DEPTH}")
        else:
            depth -= 1
