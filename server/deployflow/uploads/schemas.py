"""Shapes of uploads, and what their headers say."""

import base64
import binascii
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from deployflow.uploads.errors import HeaderWrong
from deployflow.uploads.states import UploadState

MAX_METADATA = 4096
MAX_NAME = 255
TUS_VERSION = "1.0.0"
CHUNK_TYPE = "application/offset+octet-stream"

Purpose = Literal["image", "driver_pack", "software"]
PURPOSES: dict[Purpose, str] = {"image": "images:write", "driver_pack": "drivers:write", "software": "software:write"}
"""What a file may be uploaded for, and the permission that this needs."""


class UploadOut(BaseModel):
    """A file on its way, and how much of it is here."""

    id: UUID
    purpose: Purpose
    file_name: str
    size_bytes: int
    offset: int
    state: UploadState
    created_by: str
    created_at: datetime
    expires_at: datetime


class UploadList(BaseModel):
    items: list[UploadOut]


class Metadata(BaseModel):
    """What `Upload-Metadata` says."""

    purpose: Purpose
    file_name: str


def read_metadata(header: str) -> Metadata:
    """Read `purpose <base64>,filename <base64>`.

    Raises:
        HeaderWrong: 400.
    """
    if len(header) > MAX_METADATA:
        raise HeaderWrong(f"Upload-Metadata may have {MAX_METADATA} characters")
    said: dict[str, str] = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            said[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise HeaderWrong(f"Upload-Metadata: '{key[:40]}' is not followed by base64 of UTF-8 text") from error
    purpose = said.get("purpose", "")
    if purpose not in PURPOSES:
        raise HeaderWrong(f"Upload-Metadata needs purpose, one of: {', '.join(PURPOSES)}")
    return Metadata(purpose=purpose, file_name=plain_name(said.get("filename") or said.get("name") or "file"))


def plain_name(given: str) -> str:
    """A file's name as lists show it: its last part, printable, not endless. It is never used as a path."""
    last = given.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if char.isprintable())[:MAX_NAME]
    return shown or "file"


def read_checksum(header: str) -> tuple[str, bytes]:
    """Read `sha256 <base64>` of Upload-Checksum.

    Raises:
        HeaderWrong: 400.
    """
    algorithm, _, value = header.strip().partition(" ")
    if algorithm not in {"sha1", "sha256"}:
        raise HeaderWrong("Upload-Checksum knows sha1 and sha256")
    try:
        return algorithm, base64.b64decode(value.strip(), validate=True)
    except binascii.Error as error:
        raise HeaderWrong("Upload-Checksum: the algorithm is not followed by base64") from error
