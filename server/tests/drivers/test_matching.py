"""Rules and the machines they are for."""

import time

import pytest

from deployflow.drivers.matching import matches
from deployflow.drivers.schemas import MachineIn, Rule

T14 = MachineIn(manufacturer="LENOVO", model="21HDCTO1WW", sku="LENOVO_MT_21HD_BU_Think_FM_ThinkPad T14 Gen 4")
DELL = MachineIn(manufacturer="Dell Inc.", model="Latitude 5440 ", sku="0C06")
UNKNOWN = MachineIn()


@pytest.mark.parametrize(
    ("rule", "machine", "fits"),
    [
        (Rule(sku="0C06"), DELL, True),
        (Rule(sku="0c06"), DELL, True),
        (Rule(sku="0C0"), DELL, False),
        (Rule(sku="LENOVO_MT_21HD*"), T14, True),
        (Rule(manufacturer="Dell*", model="Latitude 54*"), DELL, True),
        (Rule(manufacturer="Dell*", model="latitude 5440"), DELL, True),
        (Rule(manufacturer="HP", model="Latitude 54*"), DELL, False),
        (Rule(sku="0C06", model="Precision*"), DELL, False),
        (Rule(model="*"), DELL, True),
        (Rule(model="*"), UNKNOWN, False),
        (Rule(sku="*"), UNKNOWN, False),
        (Rule(model="Latitude 544?"), DELL, False),
        (Rule(model="Latitude [5]440"), DELL, False),
        (Rule(model="*5440*"), DELL, True),
        (Rule(model="Lat*tude*40"), DELL, True),
        (Rule(model="Latitude 5440*5440"), DELL, False),
        (Rule(model="*5440*5440"), DELL, False),
        (Rule(model="**54**"), DELL, True),
    ],
)
def test_all_that_a_rule_names_has_to_fit(rule: Rule, machine: MachineIn, *, fits: bool) -> None:
    assert matches(rule, machine) is fits


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    machine = MachineIn(model="a" * 200)
    began = time.monotonic()
    assert not matches(Rule(model="*" * 150 + "b"), machine)
    assert not matches(Rule(model="a*" * 90 + "b"), machine)
    assert time.monotonic() - began < 1
