"""Work of images that comes round."""

from datetime import timedelta

import structlog

from deployflow.images import environments
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

log = structlog.get_logger(__name__)

PUBLISH_EVERY = timedelta(minutes=1)
FIRST_AFTER = timedelta(seconds=2)


def periodic(runtime: Runtime) -> list[Periodic]:
    """In every process: each serves boot environments out of its own data folder."""

    async def publish() -> None:
        published = await environments.publish_missing(runtime)
        if published:
            log.info("boot_environments_published", environments=published)

    return [Periodic("images.publish_environments", PUBLISH_EVERY, publish, first=FIRST_AFTER)]
