import httpx2
import pytest
from fastapi import FastAPI

from deployflow.app import health
from deployflow.app.main import create_app
from deployflow.platform.settings import Settings
from tests.support.clients import Clients


class TestReadiness:
    async def test_a_sound_server_is_ready(self, clients: Clients) -> None:
        answer = await clients.anonymous().get("/readyz")
        assert answer.status_code == 200
        assert {check["name"]: check["status"] for check in answer.json()["checks"]} == {
            "database": "ok",
            "migrations": "ok",
            "disk": "ok",
            "keys": "ok",
        }

    async def test_a_stopping_server_is_not_ready(self, clients: Clients, app: FastAPI) -> None:
        app.state.runtime.drain.start()
        answer = await clients.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"][-1]["name"] == "draining"

    async def test_a_full_disk_is_said(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "free_bytes", lambda _settings: 1024)
        answer = await clients.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert {"name": "disk", "status": "failed", "detail": "0 MiB free in the data folder"} in answer.json()[
            "checks"
        ]

    async def test_a_lost_key_is_said(self, clients: Clients, settings: Settings) -> None:
        (settings.keys_dir / "kek").unlink()
        answer = await clients.anonymous().get("/readyz")
        assert (answer.status_code, answer.json()["checks"][-1]["status"]) == (503, "failed")

    async def test_a_key_that_others_may_read_is_said(self, clients: Clients, settings: Settings) -> None:
        (settings.keys_dir / "kek").chmod(0o644)
        assert (await clients.anonymous().get("/readyz")).status_code == 503

    async def test_health_says_nothing_but_that_it_lives(self, clients: Clients) -> None:
        assert (await clients.anonymous().get("/healthz")).json() == {"status": "ok", "product": "deployflow"}


class TestMetrics:
    async def test_they_are_for_this_machine_alone(self, app: FastAPI) -> None:
        assert (await get_metrics(app, "127.0.0.1")).status_code == 200
        assert (await get_metrics(app, "192.0.2.7")).status_code == 403

    async def test_a_token_opens_them_from_anywhere_and_is_needed_then(self, settings: Settings) -> None:
        app = create_app(settings.model_copy(update={"metrics_token": "long-and-random"}))
        try:
            assert (await get_metrics(app, "192.0.2.7", "long-and-random")).status_code == 200
            assert (await get_metrics(app, "192.0.2.7", "wrong")).status_code == 403
            assert (await get_metrics(app, "127.0.0.1")).status_code == 403
        finally:
            await app.state.runtime.close()

    async def test_a_forged_forwarded_address_opens_nothing(self, app: FastAPI) -> None:
        transport = httpx2.ASGITransport(app=app, client=("192.0.2.7", 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
        assert answer.status_code == 403

    async def test_a_route_is_counted_under_its_whole_path(self, clients: Clients, app: FastAPI) -> None:
        await clients.anonymous().get("/api/v1/devices")
        text = (await get_metrics(app, "127.0.0.1")).text
        assert 'route="/api/v1/devices",status="401"' in text

    async def test_a_made_up_method_makes_no_series(self, clients: Clients, app: FastAPI) -> None:
        await clients.anonymous().request("BREW", "/api/v1/devices")
        assert "BREW" not in (await get_metrics(app, "127.0.0.1")).text


async def get_metrics(app: FastAPI, from_address: str, token: str | None = None) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, client=(from_address, 40000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.get("/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
