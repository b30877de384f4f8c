"""Passwords: what is good enough, and the slow hash that keeps them.

Hashing runs in threads, a few at a time: each takes about a tenth of a second of one core and 19 MiB, and a flood of
sign-ins must neither stop the event loop nor eat the machine.
"""

import asyncio
import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from deployflow.identity.errors import PasswordUnfit

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

Result = TypeVar("Result")

# NIST SP 800-63B-4: 15 where the password is the only factor; 12 is ours beside a second one (it asks for 8).
MIN_LENGTH_ALONE = 15
MIN_LENGTH_WITH_TOTP = 12
# Longer ones cost the hash nothing, but the request something.
MAX_LENGTH = 512
# OWASP's first choice for Argon2id is 19 MiB and 2 rounds (50 ms here); 4 rounds make it about 100 ms.
MEMORY_KIB = 19 * 1024
ROUNDS = 4
HASHES_AT_ONCE = 2
# glibc's malloc.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# Shorter parts of a name stand in many good passwords by chance.
MIN_TELLING_PART = 5

# Long common ones only: short ones fail by their length. Compared in lower case without digits and signs at the end.
COMMON = frozenset({
    "abcdefghijkl", "abcdefghijklm", "abcdefghijklmno", "administrator", "administratoradministrator",
    "changemechangeme", "changemeplease", "correcthorsebatterystaple", "deployflow", "deployflowdeployflow",
    "deployflowfleet", "iloveyouforever", "iloveyouiloveyou", "letmeinletmein", "letmeinplease", "longpassword",
    "mypassword", "mypasswordispassword", "passphrase", "password", "passwordpassword", "passwordpasswordpassword",
    "qwertyqwerty", "qwertyqwertyqwerty", "qwertyuiop", "qwertyuiopasdfgh", "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm", "qwertzuiop", "qwertzuiopasdfgh", "secretsecret", "supersecretpassword",
    "thisisapassword", "thisismypassword", "trustno1trustno1", "verysecretpassword", "welcometothejungle",
    "welcomewelcome", "zxcvbnmzxcvbnm", "asdfghjklasdfghjkl", "1q2w3e4r5t6y7u8i", "1qaz2wsx3edc4rfv",
})  # fmt: skip


def check(password: str, *, with_totp: bool, words: tuple[str, ...]) -> None:
    """Refuse a password that is too short or easily guessed. `words`: names and addresses it must not be made of.

    Raises:
        PasswordUnfit: saying what to do.
    """
    needed = MIN_LENGTH_WITH_TOTP if with_totp else MIN_LENGTH_ALONE
    if len(password) < needed:
        raise PasswordUnfit(f"Use at least {needed} characters: a few words with spaces are easy to remember")
    if len(password) > MAX_LENGTH:
        raise PasswordUnfit(f"Use at most {MAX_LENGTH} characters")
    plain = password.lower()
    core = plain.strip("0123456789!?.,;:-_#*+$%&/()= ")
    if plain in COMMON or core in COMMON or len(set(plain)) < 5 or _counts(plain):  # noqa: PLR2004  a few keys held
        raise PasswordUnfit("This password is on every attacker's list: choose another one")
    rest = plain
    for part in sorted(_telling_parts(words), key=len, reverse=True):
        rest = rest.replace(part, "")
    if rest != plain and len(rest) < needed // 2:
        raise PasswordUnfit("This password is made of your own name or organisation: choose another one")


def _telling_parts(words: tuple[str, ...]) -> set[str]:
    parts = {part for word in words for part in (word, *word.replace("@", " ").replace(".", " ").split())}
    return {part.lower() for part in parts if len(part) >= MIN_TELLING_PART}


def _counts(plain: str) -> bool:
    """1234567890123456 and the like."""
    digits = "0123456789" * (len(plain) // 10 + 2)
    return plain in digits or plain in digits[::-1]


async def hash_password(password: str) -> str:
    return await _in_thread(lambda: _hasher()[0].hash(password))


async def verify(password: str, hashed: str | None) -> bool:
    """Whether it is the password. Without a hash it takes the same time and says no."""
    return await _in_thread(lambda: _verify(password, hashed))


def _verify(password: str, hashed: str | None) -> bool:
    hasher, nobodys = _hasher()
    matches = hasher.verify(password[:MAX_LENGTH], hashed or nobodys)
    return matches and hashed is not None


@lru_cache(maxsize=1)
def _hasher() -> tuple["Argon2Hasher", str]:
    """The hasher, and a hash of nobody's password to spend the same time on."""
    # Loaded at the first sign-in: it costs a start 50 ms that most processes never need.
    from pwdlib.hashers.argon2 import Argon2Hasher  # noqa: PLC0415

    _give_memory_back()
    hasher = Argon2Hasher(memory_cost=MEMORY_KIB, time_cost=ROUNDS, parallelism=1)
    return hasher, hasher.hash("nobody has this password")


def _give_memory_back() -> None:
    """Have glibc return each hash's 19 MiB at once; left alone it keeps them for good, 19 MiB a thread (measured)."""
    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024)
        # Setting the one stops the other from adapting; 128 KiB would cost a system call for every large answer.
        libc.mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024)


_threads = ThreadPoolExecutor(max_workers=HASHES_AT_ONCE, thread_name_prefix="password")


async def _in_thread(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
