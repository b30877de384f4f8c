"""Shapes of what people see and change of starting from the network."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from deployflow.actions.schemas import DeviceRef
from deployflow.boot.models import BootSite, DiscoveredMachine, TechnicianPin
from deployflow.devices.schemas import Strict
from deployflow.enrollment.schemas import Name, Networks
from deployflow.platform import clock

MAX_PIN_HOURS = 12
MAX_PROFILES = 100
Policy = Literal["menu", "wait", "local_disk"]
EnvironmentKind = Literal["linux", "winpe"]


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _distinct(values: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(values))


# It becomes part of computer names.
Code = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z0-9]{1,8}$")]
Profiles = Annotated[list[UUID], Field(max_length=MAX_PROFILES), AfterValidator(_distinct)]
MenuTimeout = Annotated[int, Field(ge=0, le=3600, description="Seconds until the default is taken; 0 waits for ever.")]


class BootSiteIn(Strict):
    name: Name
    code: Code = Field(description="Stands for {site} in computer names.")
    unknown_machines: Policy = "menu"
    environment: EnvironmentKind = "linux"
    default_profile_id: UUID | None = None
    profile_ids: Profiles = Field(default_factory=list, description="The menu; all profiles when empty.")
    menu_timeout_s: MenuTimeout = 30
    networks: Networks = Field(default_factory=list, description="Who may start here; everybody when empty.")
    trusted_network: bool = False


class BootSiteChange(Strict):
    """Fields that are left out stay as they are."""

    name: Name | None = None
    code: Code | None = None
    unknown_machines: Policy | None = None
    environment: EnvironmentKind | None = None
    default_profile_id: UUID | None = None
    profile_ids: Profiles | None = None
    menu_timeout_s: MenuTimeout | None = None
    networks: Networks | None = None
    trusted_network: bool | None = None
    new_key: bool = Field(False, description="Make another key; the address in DHCP has to follow.")


class BootSiteOut(BaseModel):
    """A boot site. `script_url` is what DHCP gives out."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    code: str
    key: str
    script_url: str
    unknown_machines: Policy
    environment: EnvironmentKind
    default_profile_id: UUID | None
    profile_ids: list[UUID]
    menu_timeout_s: int
    networks: list[str]
    trusted_network: bool
    created_at: datetime
    version: int

    @classmethod
    def of(cls, site: BootSite, *, server_url: str) -> "BootSiteOut":
        plain = {name: getattr(site, name) for name in cls.model_fields if name != "script_url"}
        return cls(**plain, script_url=f"{server_url}/boot/v1/script?site={site.key}")


class BootSiteRef(BaseModel):
    id: UUID
    name: str
    code: str


class DiscoveredMachineOut(BaseModel):
    """A machine that asked what to start. What it says of itself is a stranger's claim."""

    id: UUID
    site: BootSiteRef
    mac: str
    smbios_uuid: str | None
    serial: str | None
    manufacturer: str | None
    model: str | None
    asset: str | None
    platform: str | None
    ip: str | None
    device: DeviceRef | None
    deployment_id: UUID | None = Field(description="Its newest deployment.")
    deployment_state: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    last_answer: str
    times_seen: int

    @classmethod
    def of(
        cls,
        machine: DiscoveredMachine,
        site: BootSiteRef,
        device: DeviceRef | None,
        deployment: tuple[UUID, str] | None,
    ) -> "DiscoveredMachineOut":
        return cls(
            id=machine.id,
            site=site,
            mac=machine.mac,
            smbios_uuid=machine.smbios_uuid,
            serial=machine.serial or None,
            manufacturer=machine.manufacturer or None,
            model=machine.model or None,
            asset=machine.asset or None,
            platform=machine.platform or None,
            ip=machine.ip,
            device=device,
            deployment_id=deployment[0] if deployment else None,
            deployment_state=deployment[1] if deployment else None,
            first_seen_at=machine.created_at,
            last_seen_at=machine.last_seen_at,
            last_answer=machine.last_answer,
            times_seen=machine.times_seen,
        )


class TechnicianPinIn(Strict):
    """A PIN for a technician who stands at the machines."""

    site_id: UUID
    name: Name = Field(description="Who it is for, as the trail will name them.")
    hours: Annotated[int, Field(ge=1, le=MAX_PIN_HOURS)] = MAX_PIN_HOURS

    @property
    def expires_at(self) -> datetime:
        return clock.now() + timedelta(hours=self.hours)


class TechnicianPinOut(BaseModel):
    """A PIN without its digits, which were shown once."""

    id: UUID
    site: BootSiteRef
    name: str
    state: Literal["usable", "expired", "revoked"]
    uses: int
    last_used_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None
    created_at: datetime
    created_by: str

    @classmethod
    def of(cls, pin: TechnicianPin, site: BootSiteRef) -> "TechnicianPinOut":
        expired = pin.expires_at <= clock.now()
        return cls(
            id=pin.id,
            site=site,
            name=pin.name,
            state="revoked" if pin.revoked_at else "expired" if expired else "usable",
            uses=pin.uses,
            last_used_at=pin.last_used_at,
            expires_at=pin.expires_at,
            revoked_at=pin.revoked_at,
            created_at=pin.created_at,
            created_by=pin.created_by_name,
        )


class TechnicianPinMade(TechnicianPinOut):
    pin: str = Field(description="Eight digits, in this answer only.")
