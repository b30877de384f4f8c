"""Calls that come while one batch runs share the next one."""

import asyncio
from collections.abc import Sequence

import pytest

from deployflow.platform.together import Together


async def test_what_is_asked_while_a_batch_runs_goes_into_the_next_one() -> None:
    batches: list[list[int]] = []
    first_runs, go_on = asyncio.Event(), asyncio.Event()

    async def work(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        first_runs.set()
        await go_on.wait()
        return [number * 10 for number in asked]

    together = Together(work, at_most=3)
    first = asyncio.create_task(together.ask(0))
    await first_runs.wait()
    others = [asyncio.create_task(together.ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *others) == [0, 10, 20, 30, 40, 50]
    assert batches == [[0], [1, 2, 3], [4, 5]]


async def test_an_answer_that_is_an_exception_reaches_its_caller_alone() -> None:
    async def work(asked: Sequence[str]) -> list[str | Exception]:
        return [ValueError(word) if word == "bad" else word for word in asked]

    together: Together[str, str] = Together(work, at_most=10)
    found = await asyncio.gather(together.ask("good"), together.ask("bad"), return_exceptions=True)
    assert found[0] == "good"
    assert isinstance(found[1], ValueError)


async def test_a_batch_that_fails_fails_for_all_in_it_and_the_next_one_works() -> None:
    fails = True

    async def work(asked: Sequence[int]) -> list[int]:
        if fails:
            raise OSError("gone")
        return list(asked)

    together = Together(work, at_most=10)
    found = await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)
    assert [type(error) for error in found] == [OSError, OSError]
    fails = False
    assert await together.ask(3) == 3


async def test_what_was_done_for_a_caller_who_left_is_told() -> None:
    left: list[int] = []
    runs, go_on = asyncio.Event(), asyncio.Event()

    async def work(asked: Sequence[int]) -> list[int]:
        runs.set()
        await go_on.wait()
        return list(asked)

    async def abandoned(answers: Sequence[int]) -> None:
        left.extend(answers)

    together = Together(work, at_most=10, abandoned=abandoned)
    call = asyncio.create_task(together.ask(7))
    await runs.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    go_on.set()
    await together.stop()
    assert left == [7]


async def test_what_is_urgent_comes_first_and_leaves_the_rest_a_tenth() -> None:
    batches: list[list[int]] = []
    first_runs, go_on = asyncio.Event(), asyncio.Event()

    async def work(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        first_runs.set()
        await go_on.wait()
        return list(asked)

    together = Together(work, at_most=10)
    first = asyncio.create_task(together.ask(0))
    await first_runs.wait()
    patient = [asyncio.create_task(together.ask(number)) for number in range(1, 4)]
    urgent = [asyncio.create_task(together.ask(number, urgent=True)) for number in range(100, 112)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, *patient, *urgent)
    assert batches == [[0], [*range(100, 109), 1], [109, 110, 111, 2, 3]]
