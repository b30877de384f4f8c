"""Shapes of bundles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from deployflow.profiles.fields import Description, Name, Strict
from deployflow.software.detection import OsFamily

MAX_BUNDLE = 100


class BundleItem(Strict):
    """One place in a bundle."""

    software_id: UUID
    continue_on_error: bool = False


BundleItems = Annotated[list[BundleItem], Field(min_length=1, max_length=MAX_BUNDLE)]


class BundleIn(Strict):
    """A new bundle: items in the order they are installed."""

    name: Name
    description: Description = ""
    items: BundleItems


class BundleChange(Strict):
    """What may change. `items` is the whole list."""

    name: Name | None = None
    description: Description | None = None
    items: BundleItems | None = None


class BundleItemOut(BaseModel):
    software_id: UUID
    name: str
    os_family: OsFamily
    software_version: str
    continue_on_error: bool


class BundleOut(BaseModel):
    id: UUID
    name: str
    description: str
    items: list[BundleItemOut]
    updated_at: datetime
    created_at: datetime
    version: int
