"""A listening server with a rack of machines before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployflow.enrollment import install
from deployflow.platform.settings import Settings
from tests.support.deploying import Rack, make_rack
from tests.support.live import Live, serve


@pytest.fixture(autouse=True)
def _agent_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "agents"
    folder.mkdir()
    (folder / "deployflow-agent-win-x64.zip").write_bytes(b"the agent")
    monkeypatch.setattr(install, "_folders", lambda _settings: [folder])


@pytest.fixture
async def live(settings: Settings) -> AsyncIterator[Live]:
    async with serve(settings) as server:
        yield server


@pytest.fixture
async def rack(live: Live) -> AsyncIterator[Rack]:
    made = await make_rack(live)
    yield made
    await made.close()
