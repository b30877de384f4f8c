"""Slows down who tries tokens. Only failures count: a site of a thousand machines comes from one address."""

from deployflow.platform.errors import TooManyRequests
from deployflow.platform.runtime import Runtime

# No token can be guessed (256 bits). This keeps the log readable and the database idle.
ALLOWED = "30 per 1 minute"
RETRY_AFTER_S = 60


class Failures:
    """Failed enrolments of this process, by peer."""

    def __init__(self, _runtime: Runtime) -> None:
        # Loaded at the first enrolment: the package costs a start 0.2 s.
        from limits import parse  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import FixedWindowRateLimiter  # noqa: PLC0415

        self._allowed = parse(ALLOWED)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def refuse_when_many(self, ip: str | None) -> None:
        """Refuse a peer that failed too often in the last minute.

        Raises:
            TooManyRequests: 429.
        """
        if not self._limiter.test(self._allowed, ip or "unknown"):
            raise TooManyRequests(
                "Too many failed enrolments from this address: wait a minute", retry_after_s=RETRY_AFTER_S
            )

    def count(self, ip: str | None) -> None:
        self._limiter.hit(self._allowed, ip or "unknown")
