"""Which passwords are good enough."""

import subprocess
import sys

import pytest

from deployflow.identity import passwords
from deployflow.identity.errors import PasswordUnfit

WORDS = ("Ada Lovelace", "ada.lovelace@contoso.example", "Contoso GmbH")


@pytest.mark.parametrize(
    "password",
    [
        "violet tram over the bridge",
        "fünf grüne Äpfel im Korb",
        "correct horse battery staple",
        "x7!kQp2#mV9z&Lw",
        "contoso makes very fine widgets",
        "私は毎朝コーヒーを飲みます。毎日。",
    ],
)
def test_a_long_sentence_is_welcome(password: str) -> None:
    passwords.check(password, with_totp=False, words=WORDS)


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "passwordpassword",
        "PasswordPassword1!",
        "qwertyuiopasdfgh",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "1234567890123456",
        "9876543210987654",
        "Lovelace Lovelace",
        "contoso.example1",
        "deployflowdeployflow",
        "x" * 513,
    ],
)
def test_what_is_short_known_or_ones_own_name_is_not(password: str) -> None:
    with pytest.raises(PasswordUnfit):
        passwords.check(password, with_totp=False, words=WORDS)


def test_beside_an_authenticator_twelve_characters_do() -> None:
    passwords.check("tram bridge 7", with_totp=True, words=WORDS)
    with pytest.raises(PasswordUnfit, match="15"):
        passwords.check("tram bridge 7", with_totp=False, words=WORDS)
    with pytest.raises(PasswordUnfit, match="12"):
        passwords.check("tram bridge", with_totp=True, words=WORDS)


async def test_the_hash_is_argon2id_with_our_parameters_and_a_salt() -> None:
    first, second = await passwords.hash_password("one"), await passwords.hash_password("one")
    assert first.startswith("$argon2id$v=19$m=19456,t=4,p=1$")
    assert first != second
    assert await passwords.verify("one", first)
    assert not await passwords.verify("two", first)
    assert not await passwords.verify("nobody has this password", None)


def test_hashes_leave_none_of_their_memory_behind() -> None:
    """19 MiB for each thread would be a third of what the whole server may take."""
    script = """
import asyncio, re, pathlib
from deployflow.identity import passwords

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])

async def main():
    await passwords.verify("load what is loaded once", None)
    before = resident()
    await asyncio.gather(*(passwords.hash_password("x" * 20) for _ in range(6)))
    print(resident() - before)

asyncio.run(main())
"""
    grown = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert int(grown) < 8_000
