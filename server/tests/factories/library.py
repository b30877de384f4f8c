"""OS images and driver packs as an import leaves them, made straight in the database."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployflow.drivers.models import DriverInf, DriverPack, DriverRule
from deployflow.images.models import ImageEdition, ImageImport, OsImage
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import content_store

GB = 1024**3
WIM_SHA256 = "0c5f1a0c6cf9a5fd55d92ea3a9c1f9ac3b9a7f2d0d2d7d3a52be25ad5b3f57d8"
SHA256 = "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"


async def make_image(
    db: Database,
    tenant_id: UUID,
    *,
    name: str = "Windows 11",
    editions: Mapping[int, str] | None = None,
    **fields: Any,
) -> OsImage:
    """An image that is ready, with editions of 15 GB each by their index: Home is 1 and Pro is 2, unless others are."""
    editions = editions or {1: f"{name} Home", 2: f"{name} Pro"}
    image = OsImage(
        **{
            "id": new_id(),
            "tenant_id": tenant_id,
            "name": name,
            "image_version": "24H2",
            "state": "ready",
            "architecture": "x64",
            "content_sha256": SHA256,
            "content_bytes": 5 * GB,
            "wim_sha256": WIM_SHA256,
            "wim_bytes": 4 * GB,
            "editions": [
                ImageEdition(tenant_id=tenant_id, index=index, name=edition, languages=["en-US"], size_bytes=15 * GB)
                for index, edition in editions.items()
            ],
            **fields,
        }
    )
    imported = ImageImport(
        tenant_id=tenant_id,
        image_id=image.id,
        source="upload",
        kind="iso",
        file_name="windows.iso",
        state="ready",
        created_by_name="tests",
    )
    async with db.write(system_context()) as session:
        session.add(image)
        await session.flush()
        session.add(imported)
    return image


def put_content(runtime: Runtime, content: bytes) -> dict[str, Any]:
    """Put bytes into the content store; gives the fields of a row that names them."""
    with runtime.part(content_store).new_file() as file:
        file.write(content)
        kept = file.keep()
    return {"content_sha256": kept.sha256, "content_bytes": kept.size_bytes}


async def make_driver_pack(
    db: Database, tenant_id: UUID, *, name: str = "ThinkPad X1", rules: tuple[dict[str, str], ...] = (), **fields: Any
) -> DriverPack:
    """A pack that is ready, with one good INF and one broken one."""
    pack = DriverPack(
        **{
            "id": new_id(),
            "tenant_id": tenant_id,
            "name": name,
            "state": "ready",
            "source": "upload",
            "file_name": "pack.zip",
            "content_sha256": SHA256,
            "content_bytes": GB,
            "created_by_name": "tests",
            "rules": [DriverRule(tenant_id=tenant_id, position=at, **rule) for at, rule in enumerate(rules)],
            "infs": [
                DriverInf(
                    tenant_id=tenant_id, position=0, path="net/e1d.inf", architectures=["x64"], hardware_ids=["PCI\\1"]
                ),
                DriverInf(
                    tenant_id=tenant_id,
                    position=1,
                    path="gfx/broken.inf",
                    architectures=[],
                    hardware_ids=[],
                    error="it has no [Version]",
                ),
            ],
            **fields,
        }
    )
    async with db.write(system_context()) as session:
        session.add(pack)
    return pack
