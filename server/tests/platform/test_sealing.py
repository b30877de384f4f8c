from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployflow.platform.sealing import SealBroken, Sealer, load_or_make_key

KEY = bytes(range(32))
PLACE = "tenant-a/secrets/1/value"


class TestSealer:
    @given(value=st.binary(max_size=2000))
    def test_a_sealed_value_opens_again(self, value: bytes) -> None:
        sealer = Sealer(KEY)
        assert sealer.open(sealer.seal(value, place=PLACE), place=PLACE) == value

    def test_a_sealed_value_does_not_show_its_text(self) -> None:
        assert b"correct horse" not in Sealer(KEY).seal(b"correct horse", place=PLACE)

    def test_a_value_moved_to_another_row_does_not_open(self) -> None:
        sealed = Sealer(KEY).seal(b"secret", place=PLACE)
        with pytest.raises(SealBroken):
            Sealer(KEY).open(sealed, place="tenant-a/secrets/2/value")

    def test_another_key_does_not_open_it(self) -> None:
        sealed = Sealer(KEY).seal(b"secret", place=PLACE)
        with pytest.raises(SealBroken, match="another key"):
            Sealer(bytes(32)).open(sealed, place=PLACE)

    @given(position=st.integers(min_value=0, max_value=86))
    def test_any_changed_byte_is_noticed(self, position: int) -> None:
        sealed = bytearray(Sealer(KEY).seal(b"secret", place=PLACE))
        sealed[position] ^= 1
        with pytest.raises(SealBroken):
            Sealer(KEY).open(bytes(sealed), place=PLACE)


class TestKeyFile:
    def test_the_key_is_made_once_and_only_its_owner_reads_it(self, tmp_path: Path) -> None:
        first = load_or_make_key(tmp_path / "keys")
        assert load_or_make_key(tmp_path / "keys") == first
        assert (tmp_path / "keys" / "kek").stat().st_mode & 0o777 == 0o600

    def test_a_damaged_key_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "kek").write_bytes(b"short")
        with pytest.raises(SealBroken, match="32 bytes"):
            load_or_make_key(tmp_path)
