"""What an administrator does, over the public API: makes the installation, orders actions, reads what came of them."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.support.server import ServerProcess

ENDED = frozenset({"succeeded", "failed", "cancelled", "expired", "timed_out", "interrupted"})
PASSWORD = "correct horse battery staple 9"
PAGE = 200
# While a server is down, its client asks again this often.
AGAIN_S = 0.2


class NotAccepted(AssertionError):
    """The server answered with something else than success."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")
        self.status = answer.status_code


class Console:
    """A signed-in administrator."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.Client(base_url=url, timeout=30, headers={"Sec-Fetch-Site": "same-origin"})

    @classmethod
    def of_new_installation(cls, server: ServerProcess) -> Self:
        """Make the first administrator, and with an API key of his go on."""
        console = cls(server.url)
        console.call(
            "POST",
            "/setup",
            {
                "token": server.first_run_token(),
                "email": "ada@example.com",
                "name": "Ada",
                "password": PASSWORD,
                "organisation": "Contoso",
            },
        )
        return console

    def with_key(self, *permissions: str) -> str:
        """A new API key."""
        made = self.call("POST", "/api-keys", {"name": "chaos", "permissions": list(permissions)})
        key: str = made["key"]
        return key

    def at(self, url: str) -> Self:
        """The same administrator at another process of the same installation."""
        other = type(self)(url)
        other.http.cookies = self.http.cookies
        return other

    def call(self, method: str, path: str, body: Any = None, *, version: int | None = None, **params: Any) -> Any:
        """One request; with `version` it is for the object as it was then.

        Raises:
            NotAccepted: when the answer is no success.
        """
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        answer = self.http.request(method, f"/api/v1{path}", json=body, params=params, headers=headers)
        if answer.status_code == httpx2.codes.FORBIDDEN and answer.json()["code"] == "step_up_required":
            # As the browser's console does: the password once more, then the act again.
            self.call("POST", "/session/step-up", {"password": PASSWORD})
            answer = self.http.request(method, f"/api/v1{path}", json=body, params=params, headers=headers)
        if answer.is_error:
            raise NotAccepted(answer)
        return answer.json() if answer.content else None

    def token(self, **fields: Any) -> str:
        made = self.call("POST", "/enrollment-tokens", {"name": "chaos", "auto_approve": True, **fields})
        token: str = made["token"]
        return token

    def run_script(
        self, device_ids: Sequence[str], body: str, *, language: str = "sh", timeout_s: int = 600, **more: Any
    ) -> list[str]:
        """Queue it; gives the ids of the actions, which the server has acknowledged."""
        order = {
            "device_ids": list(device_ids),
            "kind": "run_script",
            "payload": {"language": language, "body": body, "parameters": {}},
            "timeout_s": timeout_s,
            **more,
        }
        return [action["id"] for action in self.call("POST", "/actions", order)["items"]]

    def action(self, action_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/actions/{action_id}")
        return found

    def actions(self) -> Iterator[dict[str, Any]]:
        """All of them."""
        yield from self.all("/actions")

    def devices(self) -> Iterator[dict[str, Any]]:
        yield from self.all("/devices")

    def device(self, device_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/devices/{device_id}")
        return found

    def log_of(self, action_id: str) -> list[dict[str, Any]]:
        """All chunks of an action's output."""
        chunks: list[dict[str, Any]] = []
        after = -1
        while True:
            page = self.call("GET", f"/actions/{action_id}/log", after_seq=after, limit=500)
            chunks += page["chunks"]
            if not page["chunks"]:
                return chunks
            after = page["next_seq"]

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, limit=PAGE, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return


def patiently(call: Any, *arguments: Any, within_s: float = 60, **named: Any) -> Any:
    """Repeat a read until the server answers it; only for what changes nothing."""
    ends = time.monotonic() + within_s
    while True:
        try:
            return call(*arguments, **named)
        except (httpx2.TransportError, NotAccepted) as error:
            final = isinstance(error, NotAccepted) and error.status < 500
            if final or time.monotonic() > ends:
                raise
            time.sleep(AGAIN_S)
