"""The second factor of one person: the code that is accepted, the codes that are handed out."""

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import second_factor
from deployflow.identity.models import RecoveryCode, User
from deployflow.platform import clock
from deployflow.platform.sealing import Sealer


async def accept(session: AsyncSession, sealer: Sealer, user: User, code: str) -> bool:
    """Whether the code is right; it is used up by this, in whichever process it comes twice."""
    if user.totp_secret is None:
        return False
    given = "".join(code.split())
    if not second_factor.looks_like_totp(given):
        return await _use_recovery_code(session, user, given)
    step = second_factor.accepted_step(
        sealer, user_id=user.id, sealed=user.totp_secret, code=given, at=clock.now(), last_step=user.totp_last_step
    )
    if step is None:
        return False
    used = await session.execute(
        update(User)
        .where(User.id == user.id, User.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


async def _use_recovery_code(session: AsyncSession, user: User, code: str) -> bool:
    used = await session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == second_factor.recovery_digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


async def replace_recovery_codes(session: AsyncSession, user: User) -> list[str]:
    """Ten new codes; those before are worth nothing."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = second_factor.new_recovery_codes()
    session.add_all(RecoveryCode(user_id=user.id, code_hash=second_factor.recovery_digest(code)) for code in codes)
    return codes
