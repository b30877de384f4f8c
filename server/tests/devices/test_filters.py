"""Filters: every operator on both databases, and a sentence for each wrong rule."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from deployflow.devices import filters
from deployflow.devices.models import DeviceGroup, DeviceInventory
from deployflow.devices.targets import Targets, found
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories.fleet import make_device
from tests.support.clients import Clients

INVENTORY = {
    "hardware": {"firmware": "uefi", "secure_boot": True, "tpm": {"present": True, "version": "2.0"}},
    "disks": [{"media": "hdd"}, {"media": "ssd"}],
    "volumes": [{"free_bytes": 500}, {"free_bytes": 80_000}],
    "networks": [{"mac": "02:00:00:00:00:01", "addresses": ["10.2.0.5", "fe80::1"]}, {"mac": None, "addresses": []}],
    "software": [{"name": 'Mozilla "Fire_fox" 100%', "publisher": "Mozilla"}, {"name": "7-Zip", "publisher": None}],
}
OLD_INVENTORY = {
    "hardware": {"firmware": "bios", "secure_boot": None, "tpm": None},
    "disks": [{"media": "hdd"}],
    "volumes": [{"free_bytes": 9_000}],
    "networks": [{"mac": "02:00:00:00:00:02", "addresses": ["192.168.1.9"]}],
    "software": [],
}


@pytest.fixture
async def ids(clients: Clients) -> dict[UUID, str]:
    """Three devices: new and online with an inventory, old and offline with one, and bare without anything."""
    now = clock.now()
    new = await make_device(
        clients.db,
        clients.tenant_id,
        hostname="New-01",
        tags=("pilot", "lab"),
        online=True,
        last_check_in=now,
        os_family="windows",
        os_name="Windows 11 Pro",
        os_version="10.0.26100",
        os_build="26100.4061",
        architecture="x64",
        model="Latitude 5450",
        memory_bytes=32 << 30,
        cpu_cores=8,
        boot_time=now - timedelta(hours=2),
    )
    old = await make_device(
        clients.db,
        clients.tenant_id,
        hostname="old-02",
        tags=("lab",),
        last_check_in=now - timedelta(days=40),
        os_family="windows",
        os_name="Windows 10 Pro",
        os_version="10.0.9600",
        os_build="9600",
        architecture="x64",
        model="Latitude E6400",
        memory_bytes=4 << 30,
        cpu_cores=2,
        boot_time=now - timedelta(days=41),
    )
    bare = await make_device(
        clients.db, clients.tenant_id, hostname="bare", os_family="linux", last_check_in=now - timedelta(days=2)
    )
    await make_device(clients.db, clients.other_tenant_id, hostname="New-01", tags=("pilot",), os_family="windows")
    async with clients.db.write(system_context()) as session:
        for device, inventory in ((new, INVENTORY), (old, OLD_INVENTORY)):
            session.add(
                DeviceInventory(tenant_id=clients.tenant_id, device_id=device.id, hash="0" * 64, inventory=inventory)
            )
    return {new.id: "new", old.id: "old", bare.id: "bare"}


async def names(clients: Clients, ids: dict[UUID, str], *rules: tuple[str, str, Any], match: str = "all") -> str:
    wanted = {"match": match, "rules": [{"field": field, "op": op, "value": value} for field, op, value in rules]}
    async with clients.db.read(system_context(clients.tenant_id)) as session:
        return " ".join(sorted(ids[each] for each in await found(session, Targets.model_validate({"filter": wanted}))))


RULES = [
    (("hostname", "eq", "NEW-01"), "new"),
    (("hostname", "ne", "new-01"), "bare old"),
    (("hostname", "contains", "-0"), "new old"),
    (("hostname", "not_contains", "-0"), "bare"),
    (("hostname", "starts_with", "OLD"), "old"),
    (("hostname", "ends_with", "01"), "new"),
    (("hostname", "in", ["bare", "New-01"]), "bare new"),
    (("hostname", "not_in", ["bare", "New-01"]), "old"),
    (("hostname", "contains", "%"), ""),
    (("hostname", "contains", "_"), ""),
    (("search", "contains", "new"), "new"),
    (("model", "is_empty", None), "bare"),
    (("model", "is_set", None), "new old"),
    (("sku", "is_empty", None), "bare new old"),
    (("sku", "ne", "0A1B"), "bare new old"),
    (("status", "eq", "online"), "new"),
    (("status", "ne", "online"), "bare old"),
    (("status", "in", ["online", "offline"]), "bare new old"),
    (("state", "eq", "active"), "bare new old"),
    (("os_family", "not_in", ["windows"]), "bare"),
    (("os_version", "gte", "10.0.22000"), "new"),
    (("os_version", "lt", "10.0.22000"), "old"),
    (("os_version", "eq", "10.0.26100.0"), "new"),
    (("os_version", "ne", "10.0.26100"), "bare old"),
    (("os_version", "starts_with", "10.0."), "new old"),
    (("os_build", "gt", "26100.999"), "new"),
    (("os_build", "is_empty", None), "bare"),
    (("memory_bytes", "gte", 8 << 30), "new"),
    (("memory_bytes", "lt", str(8 << 30)), "old"),
    (("cpu_cores", "ne", 8), "bare old"),
    (("cpu_cores", "is_set", None), "new old"),
    (("last_check_in", "within", 86_400), "new"),
    (("last_check_in", "not_within", 30 * 86_400), "old"),
    (("boot_time", "within", 86_400), "new"),
    (("boot_time", "not_within", 86_400), "old"),
    (("last_check_in", "after", "2020-01-01T00:00:00Z"), "bare new old"),
    (("last_check_in", "before", "2020-01-01T00:00:00+02:00"), ""),
    (("tag", "eq", "pilot"), "new"),
    (("tag", "ne", "pilot"), "bare old"),
    (("tag", "in", ["pilot", "lab"]), "new old"),
    (("tag", "contains", "la"), "new old"),
    (("tag", "is_empty", None), "bare"),
    (("firmware", "eq", "uefi"), "new"),
    (("firmware", "ne", "uefi"), "bare old"),
    (("secure_boot", "eq", True), "new"),
    (("secure_boot", "eq", "false"), ""),
    (("tpm", "eq", "true"), "new"),
    (("tpm_version", "gte", "2.0"), "new"),
    (("disk_media", "eq", "ssd"), "new"),
    (("disk_media", "ne", "ssd"), "bare old"),
    (("free_bytes", "lt", 1_000), "new"),
    (("free_bytes", "gte", 9_000), "new old"),
    (("mac", "eq", "02:00:00:00:00:02"), "old"),
    (("address", "starts_with", "10.2."), "new"),
    (("address", "contains", "FE80"), "new"),
    (("software", "eq", "7-zip"), "new"),
    (("software", "contains", '"fire_fox" 100%'), "new"),
    (("software", "contains", "firexfox"), ""),
    (("software", "ne", "7-Zip"), "bare old"),
    (("software", "is_set", None), "new"),
    (("software_publisher", "eq", "mozilla"), "new"),
]


@pytest.mark.parametrize(("rule", "who"), RULES, ids=str)
async def test_a_rule_finds_whom_it_says(
    clients: Clients, ids: dict[UUID, str], rule: tuple[str, str, Any], who: str
) -> None:
    assert await names(clients, ids, rule) == who


async def test_rules_hold_together_or_one_of_them(clients: Clients, ids: dict[UUID, str]) -> None:
    rules = (("tag", "eq", "lab"), ("status", "eq", "offline"))
    assert await names(clients, ids, *rules) == "old"
    assert await names(clients, ids, *rules, match="any") == "bare new old"


def test_every_field_is_tried_here() -> None:
    tried = {rule[0] for rule, _who in RULES} | {"group"}
    plain = {name for name, field in filters.FIELDS.items() if field.column is not None}
    assert filters.FIELDS.keys() - tried - plain == set()


WRONG = [
    (("memory", "gt", 1), "there is no field 'memory'; known: search, hostname"),
    (("hostname", "gt", "a"), "Host name has no operator 'gt'; use eq, ne"),
    (("memory_bytes", "gt", "much"), "'much' is no value for Memory: give a number of bytes"),
    (("memory_bytes", "gt", 2**63), "is no value for Memory"),
    (("memory_bytes", "gt", -1), "is no value for Memory"),
    (("cpu_cores", "eq", True), "is no value for Processor cores: give a whole number"),
    (("os_version", "gt", "newest"), "give a version such as 10.0.22631"),
    (("status", "eq", "gone"), "give one of online, offline"),
    (("last_check_in", "within", 0), "give a number of seconds, at least 1"),
    (("last_check_in", "before", "yesterday"), "give a time such as 2026-"),
    (("last_check_in", "before", "2026-01-01T00:00:00"), "give a time such as 2026-"),
    (("hostname", "in", "a"), "'in' of Host name takes a list of values"),
    (("hostname", "in", []), "give at least one value for Host name"),
    (("hostname", "eq", ["a"]), "'eq' of Host name takes one value"),
    (("hostname", "eq", " "), "give text of 1 to 255 characters"),
    (("model", "is_empty", "x"), "'is_empty' takes no value"),
    (("secure_boot", "eq", "maybe"), "give true or false"),
    (("group", "eq", "Room 1"), "give the id of a static group"),
    (("group", "eq", "01900000-0000-7000-8000-000000000000"), "there is no group 01900000"),
]


@pytest.mark.parametrize(("rule", "said"), WRONG, ids=str)
async def test_a_wrong_rule_is_refused_with_what_would_be_right(
    clients: Clients, rule: tuple[str, str, Any], said: str
) -> None:
    client = await clients.signed_in("devices:read")
    right = {"field": "hostname", "op": "eq", "value": "a"}
    rules = [right, {"field": rule[0], "op": rule[1], "value": rule[2]}]
    answer = await client.post("/api/v1/devices:count", json={"filter": {"rules": rules}})
    assert (answer.status_code, answer.json()["code"]) == (422, "filter_wrong")
    assert answer.json()["detail"].startswith("Rule 2: ")
    assert said in answer.json()["detail"]


async def test_members_of_a_static_group_and_the_others(clients: Clients, ids: dict[UUID, str]) -> None:
    client = await clients.signed_in("devices:write", "devices:read")
    new = next(str(each) for each, name in ids.items() if name == "new")
    made = (await client.post("/api/v1/device-groups", json={"name": "Room", "device_ids": [new]})).json()
    assert await names(clients, ids, ("group", "eq", made["id"])) == "new"
    assert await names(clients, ids, ("group", "ne", made["id"])) == "bare old"
    dynamic = {"name": "All", "filter": {"rules": [{"field": "group", "op": "in", "value": [made["id"]]}]}}
    second = (await client.post("/api/v1/device-groups", json=dynamic)).json()
    assert second["device_count"] == 1
    dynamic = {"name": "Cycle", "filter": {"rules": [{"field": "group", "op": "eq", "value": second["id"]}]}}
    answer = await client.post("/api/v1/device-groups", json=dynamic)
    assert "static groups only" in answer.json()["detail"]


async def test_a_stored_filter_that_this_version_does_not_know_finds_nobody(clients: Clients) -> None:
    async with clients.db.write(system_context(clients.tenant_id)) as session:
        session.add(
            DeviceGroup(name="Old", filter={"match": "all", "rules": [{"field": "gone", "op": "eq", "value": 1}]})
        )
    client = await clients.signed_in("devices:read")
    (group,) = (await client.get("/api/v1/device-groups")).json()["items"]
    assert group["device_count"] == 0
