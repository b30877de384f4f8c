"""Shapes of driver packs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from deployflow.drivers.states import PackState

MAX_RULES = 200
# What lists show of the hardware of one INF; some are for thousands.
SHOWN_IDS = 50

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
VersionText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Description = Annotated[str, Field(max_length=2000)]
Sha256 = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9A-Fa-f]{64}$"), Field(max_length=80)
]
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rule(_Strict):
    """Machines that a pack is for: all that is given has to fit. `*` stands for any text; case does not count."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    sku: Annotated[Pattern | None, Field(description="System SKU, such as 21HM.")] = None
    manufacturer: Pattern | None = None
    model: Annotated[Pattern | None, Field(description="Such as `Latitude 54*`.")] = None

    @model_validator(mode="after")
    def _names_a_model(self) -> "Rule":
        if self.sku is None and self.model is None:
            raise ValueError("a rule names a system SKU, or a model with its maker")
        return self


Rules = Annotated[list[Rule], Field(max_length=MAX_RULES)]


class PackIn(_Strict):
    """A driver pack to be, and where it comes from: an upload, or what lies in the server's import folder."""

    name: Name
    pack_version: VersionText = ""
    description: Description = ""
    rules: Rules = []
    upload_id: UUID | None = None
    path: Annotated[str, Field(max_length=1000, description="Below the server's import folder.")] | None = None
    sha256: Annotated[Sha256 | None, Field(description="What the uploaded file is expected to be.")] = None

    @model_validator(mode="after")
    def _one_source(self) -> "PackIn":
        if (self.upload_id is None) == (self.path is None):
            raise ValueError("give exactly one of upload_id and path")
        return self


class PackChange(_Strict):
    """What people may change of a pack. `rules` is the whole list."""

    name: Name | None = None
    pack_version: VersionText | None = None
    description: Description | None = None
    rules: Rules | None = None


class PackOut(BaseModel):
    """A driver pack. `content_sha256` is the archive that machines get; `checksum` is of the file that was given."""

    id: UUID
    name: str
    pack_version: str
    description: str
    state: PackState
    error_code: str | None
    error_message: str | None
    rules: list[Rule]
    source: Literal["upload", "server"]
    file_name: str
    path: str | None
    checksum: str | None
    content_sha256: str | None
    content_bytes: int | None
    file_count: int
    inf_count: int
    broken_inf_count: int
    bytes_done: int
    bytes_total: int | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int


class InfOut(BaseModel):
    """An INF file of a pack: what it says, or why it cannot be read."""

    path: str
    device_class: str | None
    provider: str | None
    driver_version: str | None
    driver_date: str | None
    architectures: list[str]
    hardware_ids: list[str]
    hardware_id_count: int
    error: str | None


class InfList(BaseModel):
    items: list[InfOut]


class MachineIn(_Strict):
    """What a machine says of itself."""

    manufacturer: Annotated[str, Field(max_length=200)] | None = None
    model: Annotated[str, Field(max_length=200)] | None = None
    sku: Annotated[str, Field(max_length=200)] | None = None


class MatchList(BaseModel):
    """The packs that such a machine gets; none where nothing matches."""

    items: list[PackOut]


class PackName(BaseModel):
    """A driver pack, in short."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    pack_version: str


class MachineModel(BaseModel):
    """A model that devices are of, and the packs that it gets; none where nothing matches."""

    manufacturer: str | None
    model: str | None
    sku: str | None
    devices: int
    packs: list[PackName]


class MachineModelList(BaseModel):
    items: list[MachineModel]


class ServerArchive(BaseModel):
    path: str
    size_bytes: int


class ServerArchives(BaseModel):
    """Archives and folders in the server's import folder. `enabled` is false where the operator opened none."""

    enabled: bool
    items: list[ServerArchive]
