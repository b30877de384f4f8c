"""Calls that come while one transaction runs share the next one: the more there are at once, the cheaper each is.

On SQLite there is one writer, and everywhere a transaction costs far more than a row in it. Ten thousand devices that
are woken by one order, or report at once, would otherwise wait for ten thousand commits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class Together(Generic[Asked, Answered]):
    """Collects calls and does them in batches, one batch at a time.

    `work` gives one answer for each question, in order; an exception as an answer is raised to its caller, and one
    that `work` raises to all of them. What was answered to callers who no longer wait goes to `abandoned`.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answered | Exception]]],
        *,
        at_most: int,
        abandoned: Callable[[Sequence[Answered]], Awaitable[None]] | None = None,
    ) -> None:
        self._work = work
        self._at_most = at_most
        self._abandoned = abandoned
        self._urgent: list[tuple[Asked, asyncio.Future[Answered]]] = []
        self._waiting: list[tuple[Asked, asyncio.Future[Answered]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked, *, urgent: bool = False) -> Answered:
        """Have it done with the next batch; what is urgent takes nine tenths of one from the rest."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answered] = loop.create_future()
        (self._urgent if urgent else self._waiting).append((asked, future))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._serve())
        return await future

    async def stop(self) -> None:
        """Do what was asked for so far."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _serve(self) -> None:
        # Whoever asks in the same turn of the loop comes along with the first one.
        await asyncio.sleep(0)
        while self._urgent or self._waiting:
            batch = self._next_batch()
            if not batch:
                continue
            answers: Sequence[Answered | Exception]
            try:
                answers = await self._work([asked for asked, _future in batch])
            except Exception as error:  # noqa: BLE001  raised to everybody who asked
                answers = [error] * len(batch)
            left: list[Answered] = []
            for (_asked, future), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Exception):
                    if not future.done():
                        future.set_exception(answer)
                elif not future.done():
                    future.set_result(answer)
                else:
                    left.append(answer)
            if left and self._abandoned is not None:
                await self._abandoned(left)

    def _next_batch(self) -> list[tuple[Asked, asyncio.Future[Answered]]]:
        urgent = self._at_most - min(len(self._waiting), self._at_most // 10)
        batch, self._urgent = self._urgent[:urgent], self._urgent[urgent:]
        rest = self._at_most - len(batch)
        batch += self._waiting[:rest]
        self._waiting = self._waiting[rest:]
        # Who gave up meanwhile is not asked for.
        return [(asked, future) for asked, future in batch if not future.done()]
