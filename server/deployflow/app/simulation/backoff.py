"""How long an agent waits after a failed call; the same as `Http/Backoff.cs` of the real one."""

import random

LONGEST_WINDOW_S = 64.0


class Backoff:
    """A random point in a window of 1, 2, 4 … 64 s, and the rest of that window before the next one begins.

    So whoever is away for three seconds is back five seconds later at most. Without the rest some have hurried through
    the short windows meanwhile, and stay away for one of the long ones.
    """

    __slots__ = ("_chance", "_rest", "_window")

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._window, self._rest = 1.0, 0.0

    def next(self, retry_after_s: float | None) -> float:
        """Seconds to wait now. What the server asked for wins."""
        if retry_after_s is not None:
            self._rest = 0.0
            return max(0.0, retry_after_s)
        point = self._chance.uniform(0, self._window)
        wait = self._rest + point
        self._rest = self._window - point
        self._window = min(self._window * 2, LONGEST_WINDOW_S)
        return wait

    def reset(self) -> None:
        """A call succeeded."""
        self._window, self._rest = 1.0, 0.0
