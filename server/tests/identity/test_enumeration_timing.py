"""S-44: how long a refusal takes says nothing about who exists."""

import time
from statistics import median

import pytest

from deployflow.identity import passwords, throttle
from tests.factories import identity as people
from tests.support.clients import Clients

PAIRS = 100
ROUNDS = 3
ALLOWED = 0.05


async def test_unknown_accounts_are_refused_in_the_same_time(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred sign-ins, known and unknown in turn, so that whatever else the machine does hits both alike."""
    monkeypatch.setattr(throttle, "FREE_FAILURES", 10**6)
    monkeypatch.setattr(throttle.PeerLimits, "_count", lambda *_: None)
    user = await people.make_user(
        clients.db, email="known@example.com", password_hash=await passwords.hash_password("violet tram over it")
    )
    role = await people.built_in_role(clients.db, clients.tenant_id, "viewer")
    await people.add_member(clients.db, clients.tenant_id, user.id, role.id)
    client = clients.anonymous()

    async def seconds(email: str) -> float:
        started = time.perf_counter()
        answer = await client.post("/api/v1/session", json={"email": email, "password": "some wrong password"})
        assert answer.status_code == 401
        return time.perf_counter() - started

    known: list[float] = []
    unknown: list[float] = []
    for address in ("known@example.com", "unknown@example.com"):
        await seconds(address)
    for _ in range(ROUNDS):
        for number in range(PAIRS):
            first, second = (known, unknown) if number % 2 else (unknown, known)
            for times in (first, second):
                times.append(await seconds("known@example.com" if times is known else "unknown@example.com"))
        difference = abs(median(known) / median(unknown) - 1)
        if difference <= ALLOWED:
            return
    raise AssertionError(f"known {median(known):.4f} s, unknown {median(unknown):.4f} s: {difference:.1%} apart")
