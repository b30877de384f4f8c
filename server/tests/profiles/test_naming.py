"""Computer names from patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployflow.profiles import naming
from deployflow.profiles.errors import NameUnavailable, PatternWrong
from deployflow.profiles.subject import Machine

LAPTOP = Machine(
    manufacturer="Dell Inc.",
    model="Latitude 5440",
    serial="  5CG-1234xyz ",
    mac_addresses=("52:54:00:12:ab:CD", "00:00:00:00:00:01"),
    smbios_uuid="4C4C4544-0042-3010-8051-B4C04F313233",
    asset="IT 004217",
    site="BER",
)


class TestRender:
    @pytest.mark.parametrize(
        ("pattern", "name"),
        [
            ("PC-{serial:8}", "PC-G1234XYZ"),
            ("{serial}", "5CG1234XYZ"),
            ("pc-{mac:6}", "PC-12ABCD"),
            ("{model:5}-{asset:4}", "LATIT-4217"),
            ("{site}-{uuid:4}", "BER-3233"),
            ("KIOSK", "KIOSK"),
        ],
    )
    def test_a_part_is_filled_with_what_the_machine_says(self, pattern: str, name: str) -> None:
        assert naming.render(pattern, LAPTOP) == name

    def test_a_number_has_its_digits_and_not_more(self) -> None:
        assert naming.render("{site}-{seq:3}", LAPTOP, number=7) == "BER-007"
        assert naming.render("{site}-{seq}", LAPTOP, number=1234) == "BER-1234"
        with pytest.raises(NameUnavailable, match="up to 999"):
            naming.render("{site}-{seq:3}", LAPTOP, number=1000)

    @pytest.mark.parametrize(
        ("pattern", "machine", "said"),
        [
            ("PC-{serial:8}", Machine(serial="To be filled by O.E.M."), "tells no serial number"),
            ("PC-{serial:8}", Machine(), "tells no serial number"),
            ("{site}-{mac:6}", Machine(mac_addresses=("52:54:00:12:34:56",)), "no boot site"),
            ("PC-{mac:6}", Machine(), "no network card"),
            ("PC-{asset}", Machine(asset="No Asset Tag"), "no asset tag"),
            ("PC-{uuid:4}", Machine(smbios_uuid="03000200-0400-0500-0006-000700080009"), "no usable SMBIOS UUID"),
            ("{serial}-{asset}", LAPTOP, "has 19 characters, and 15 are the most"),
            ("{mac:6}", Machine(mac_addresses=("52:54:00:12:34:56",)), "only digits"),
        ],
    )
    def test_what_cannot_be_a_name_is_refused_in_words(self, pattern: str, machine: Machine, said: str) -> None:
        with pytest.raises(NameUnavailable, match=said):
            naming.render(pattern, machine)

    @given(
        serial=st.text(max_size=30),
        asset=st.text(max_size=20),
        model=st.text(max_size=20),
        site=st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True),
        pattern=st.sampled_from(["{serial}", "X{serial:6}-{asset:4}", "{model:5}-{seq:3}", "{site}-{serial:8}"]),
    )
    def test_whatever_a_machine_says_a_name_is_one_that_windows_takes(
        self, serial: str, asset: str, model: str, site: str, pattern: str
    ) -> None:
        machine = Machine(manufacturer="X", serial=serial, asset=asset, model=model, site=site)
        try:
            name = naming.render(pattern, machine, number=42)
        except NameUnavailable:
            return
        assert naming.NETBIOS.match(name)
        assert not name.isdigit()


class TestParse:
    @pytest.mark.parametrize(
        ("pattern", "said"),
        [
            ("PC-{serial:0}", "between 1 and 15"),
            ("PC-{seq:10}", "between 1 and 9"),
            ("PC-{colour}", "no part of a pattern: use {serial}"),
            ("PC-{serial", "brace is open or closed alone"),
            ("PC_{serial:4}", "cannot have '_'"),
            ("PC {serial:4}", "cannot have ' '"),
            ("BÜRO-{seq:3}", "cannot have 'Ü'"),
            ("WORKSTATION-{serial:8}", "names of 20 characters"),
            ("-{serial:4}", "neither begins nor ends"),
            ("{seq:3}-", "neither begins nor ends"),
            ("{seq:2}{seq:3}", "one {seq} at most"),
            ("{seq:6}", "digits only"),
            ("2026{seq:4}", "digits only"),
            ("123456", "only digits"),
        ],
    )
    def test_a_wrong_pattern_is_refused_in_words(self, pattern: str, said: str) -> None:
        with pytest.raises(PatternWrong, match=said):
            naming.parse(pattern)

    def test_it_is_known_whether_a_pattern_tells_machines_apart(self) -> None:
        assert naming.is_same_for_all("KIOSK-{site}")
        assert not naming.is_same_for_all("KIOSK-{seq:2}")


class TestFits:
    @pytest.mark.parametrize("name", ["ber-042", "BER-1042"])
    def test_a_name_of_the_pattern_may_be_kept(self, name: str) -> None:
        assert naming.fits("{site}-{seq:3}", LAPTOP, name)

    @pytest.mark.parametrize("name", ["BER-42", "MUC-042", "XBER-042"])
    def test_a_name_of_another_shape_may_not(self, name: str) -> None:
        assert not naming.fits("{site}-{seq:3}", LAPTOP, name)

    def test_a_name_with_the_serial_number_fits_its_own_machine_only(self) -> None:
        assert naming.fits("PC-{serial:8}", LAPTOP, "pc-g1234xyz")
        assert not naming.fits("PC-{serial:8}", Machine(serial="9XY12345"), "pc-g1234xyz")

    def test_without_what_the_pattern_asks_for_nothing_fits(self) -> None:
        assert not naming.fits("PC-{serial:8}", Machine(), "PC-G1234XYZ")
