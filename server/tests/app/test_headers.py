import pytest

from deployflow.platform.settings import Settings
from tests.support.clients import Clients


class TestSecurityHeaders:
    @pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/devices", "/api/docs", "/install.sh", "/nowhere/"])
    async def test_every_answer_to_a_browser_has_them(self, clients: Clients, path: str) -> None:
        headers = (await clients.anonymous().get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers

    async def test_what_is_no_page_may_do_nothing(self, clients: Clients) -> None:
        headers = (await clients.anonymous().get("/api/v1/devices")).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"

    async def test_only_https_is_told_to_stay_https(self, clients: Clients) -> None:
        client = clients.anonymous()
        assert "strict-transport-security" not in (await client.get("/healthz")).headers
        assert "max-age=" in (await client.get("https://fleet.test/healthz")).headers["strict-transport-security"]

    async def test_an_answer_about_a_moment_is_not_kept(self, clients: Clients) -> None:
        assert (await clients.anonymous().get("/api/v1/nothing")).headers["cache-control"] == "no-store"

    async def test_the_request_id_of_a_proxy_is_taken_on_and_a_wild_one_not(self, clients: Clients) -> None:
        client = clients.anonymous()
        kept = await client.get("/healthz", headers={"X-Request-Id": "abcdef-123456"})
        assert kept.headers["x-request-id"] == "abcdef-123456"
        wild = await client.get("/healthz", headers={"X-Request-Id": "a b\tc"})
        assert wild.headers["x-request-id"] != "a b\tc"


class TestUnknownPaths:
    @pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/agent/v1/nothing"])
    async def test_a_program_gets_a_problem_and_not_the_consoles_page(self, clients: Clients, path: str) -> None:
        answer = await clients.anonymous().get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


class TestDocsPage:
    async def test_it_loads_nothing_from_elsewhere(self, clients: Clients, settings: Settings) -> None:
        del settings
        client = clients.anonymous()
        page = await client.get("/api/docs")
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert "<script>" not in page.text
        for name in ("reference.js", "reference.css"):
            assert f"/api/docs/{name}" in page.text
            assert (await client.get(f"/api/docs/{name}")).status_code == 200
