"""What must hold when two people, tabs or processes do it at the same moment."""

import asyncio

import pyotp
from sqlalchemy import select

from deployflow.identity import passwords, second_factor
from deployflow.identity.models import Membership, RecoveryCode, SignInThrottle, User
from deployflow.identity.service import codes
from deployflow.identity.throttle import note_failure
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories import identity as people
from tests.support.clients import Clients

ANY = {"If-Match": "*"}


async def test_two_owners_who_remove_each_other_leave_one(clients: Clients) -> None:
    first, second = await clients.signed_in(built_in="owner"), await clients.signed_in(built_in="owner")
    viewer = await people.built_in_role(clients.db, clients.tenant_id, "viewer")

    async def demote(by: object, whom: object) -> int:
        path = f"/api/v1/users/{clients.user_of(whom).user_id}"  # type: ignore[arg-type]
        answer = await by.patch(path, json={"role_id": str(viewer.id)}, headers=ANY)  # type: ignore[attr-defined]
        return int(answer.status_code)

    results = await asyncio.gather(demote(first, second), demote(second, first))
    assert results.count(200) == 1, results
    owner = await people.built_in_role(clients.db, clients.tenant_id, "owner")
    async with clients.db.read(system_context()) as session:
        left = (await session.scalars(select(Membership).where(Membership.role_id == owner.id))).all()
    assert len(left) == 1


async def test_one_code_sent_twice_at_once_signs_in_once(clients: Clients) -> None:
    user = await people.make_user(clients.db, email="ada@example.com")
    sealer = clients.app.state.runtime.sealer
    secret, sealed = second_factor.new_secret(sealer, user.id)
    async with clients.db.write(system_context()) as session:
        (await session.get_one(User, user.id)).totp_secret = sealed
        session.add(RecoveryCode(user_id=user.id, code_hash=second_factor.recovery_digest("abcd-efgh-jklm-npqr")))

    async def use(code: str) -> bool:
        async with clients.db.write(system_context()) as session:
            return await codes.accept(session, sealer, await session.get_one(User, user.id), code)

    for code in (pyotp.TOTP(secret).at(clock.now()), "ABCD EFGH JKLM NPQR"):
        assert sorted(await asyncio.gather(*(use(code) for _ in range(4)))) == [False, False, False, True]


async def test_failures_that_come_together_are_all_counted(clients: Clients) -> None:
    async def fail() -> None:
        async with clients.db.write(system_context()) as session:
            await note_failure(session, "ada@example.com")

    await asyncio.gather(*(fail() for _ in range(8)))
    async with clients.db.read(system_context()) as session:
        assert (await session.scalars(select(SignInThrottle.failures))).one() == 8


async def test_a_flood_of_sign_ins_leaves_the_loop_free(clients: Clients) -> None:
    """Hashing runs in two threads: whatever is waiting there, others are answered."""
    hashing = [asyncio.create_task(passwords.verify("x", None)) for _ in range(20)]
    await asyncio.sleep(0)
    longest = 0.0
    while not all(task.done() for task in hashing):
        started = asyncio.get_running_loop().time()
        await asyncio.sleep(0.005)
        longest = max(longest, asyncio.get_running_loop().time() - started)
    assert longest < 0.5
