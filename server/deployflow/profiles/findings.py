"""What a preflight found, a sentence each."""

from typing import Literal

from pydantic import BaseModel

Level = Literal["error", "warning", "ok"]


class Finding(BaseModel):
    """One thing that was looked at. `code` is for programs; the sentence says what to do.

    Attributes:
        task: The order of the task it is about.
    """

    level: Level
    code: str
    message: str
    task: int | None = None


class Findings:
    """Collects them; `at` says which task the following ones are about."""

    def __init__(self) -> None:
        self.items: list[Finding] = []
        self.at: int | None = None

    def error(self, code: str, message: str) -> None:
        self._add("error", code, message)

    def warning(self, code: str, message: str) -> None:
        self._add("warning", code, message)

    def ok(self, code: str, message: str) -> None:
        self._add("ok", code, message)

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.items if one.level == "error"]

    def _add(self, level: Level, code: str, message: str) -> None:
        self.items.append(Finding(level=level, code=code, message=message, task=self.at))
