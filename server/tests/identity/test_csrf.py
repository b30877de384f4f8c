"""S-41: other sites cannot write with a signed-in browser's cookie."""

import pytest

from tests.support.clients import Clients

# Sec-Fetch-Site, Origin, and whether a request with a session cookie may write.
MATRIX = [
    ("same-origin", None, True),
    ("same-origin", "http://fleet.test", True),
    ("same-origin", "https://evil.example", True),
    ("same-site", None, False),
    ("same-site", "http://fleet.test", False),
    ("cross-site", None, False),
    ("cross-site", "http://fleet.test", False),
    ("cross-site", "https://evil.example", False),
    ("none", None, False),
    ("none", "http://fleet.test", False),
    ("", None, False),
    (None, "http://fleet.test", True),
    (None, "https://fleet.test", False),
    (None, "http://fleet.test:8080", False),
    (None, "http://fleet.test.evil.example", False),
    (None, "http://FLEET.test", False),
    (None, "null", False),
    (None, "https://evil.example", False),
    (None, "", False),
    (None, None, False),
]


async def test_a_write_with_a_cookie_passes_from_our_own_pages_only(clients: Clients) -> None:
    client = await clients.signed_in(built_in="owner")
    del client.headers["sec-fetch-site"]
    wrong = []
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for site, origin, allowed in MATRIX:
            given = (("Sec-Fetch-Site", site), ("Origin", origin))
            headers = {name: value for name, value in given if value is not None}
            answer = await client.request(method, "/api/v1/no-such-route", headers=headers)
            expected = (404, "not_found") if allowed else (403, "cross_site_request")
            if (answer.status_code, answer.json()["code"]) != expected:
                wrong.append((method, site, origin, answer.status_code))
    assert not wrong


async def test_reading_is_not_touched(clients: Clients) -> None:
    client = await clients.signed_in(built_in="viewer")
    for site in ("cross-site", "same-site", "none"):
        assert (await client.get("/api/v1/session", headers={"Sec-Fetch-Site": site})).status_code == 200


async def test_signing_in_from_another_site_is_refused_too(clients: Clients) -> None:
    answer = await clients.anonymous().post(
        "/api/v1/session", json={"email": "a@b", "password": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.json()["code"] == "cross_site_request"


async def test_a_program_without_a_browser_can_sign_in(clients: Clients) -> None:
    program = clients.anonymous()
    del program.headers["sec-fetch-site"]
    answer = await program.post("/api/v1/session", json={"email": "a@b", "password": "x"})
    assert answer.json()["code"] == "credentials_invalid"


async def test_an_api_key_needs_no_fetch_metadata(clients: Clients) -> None:
    client = await clients.with_api_key("secrets:write")
    answer = await client.post("/api/v1/secrets", json={"name": "a", "kind": "text", "value": "b"})
    assert answer.status_code == 201


async def test_a_cookie_beside_an_authorization_header_does_not_count(clients: Clients) -> None:
    client = await clients.signed_in(built_in="owner")
    del client.headers["sec-fetch-site"]
    answer = await client.get("/api/v1/session", headers={"Authorization": "Bearer nonsense"})
    assert answer.json()["code"] == "api_key_invalid"


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Digest x", "bearer-like x", "Basic Bearer x", ""])
async def test_another_authorization_header_opens_nothing_to_other_sites(clients: Clients, authorization: str) -> None:
    """A browser adds Basic by itself where a proxy before the server asks for a password."""
    client = await clients.signed_in(built_in="owner")
    wrong = []
    for site, origin, allowed in MATRIX:
        del client.headers["sec-fetch-site"]
        given = (("Sec-Fetch-Site", site), ("Origin", origin), ("Authorization", authorization))
        headers = {name: value for name, value in given if value is not None}
        answer = await client.post(
            "/api/v1/secrets", json={"name": f"{site} {origin}", "kind": "text", "value": "b"}, headers=headers
        )
        client.headers["sec-fetch-site"] = "same-origin"
        if answer.status_code != (201 if allowed else 403):
            wrong.append((site, origin, answer.status_code))
    assert not wrong


async def test_a_body_that_is_not_declared_as_json_is_refused(clients: Clients) -> None:
    client = await clients.signed_in(built_in="owner")
    form = "application/x-www-form-urlencoded"
    for kind in ("text/plain", form, "multipart/form-data; boundary=x", "", "application/xml"):
        answer = await client.post(
            "/api/v1/secrets", content=b'{"name": "a", "kind": "text", "value": "b"}', headers={"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
