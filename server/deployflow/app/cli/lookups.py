"""Finds what a person names on the command line: by id, or by a name that fits only one."""

from typing import Any
from uuid import UUID

from deployflow.app.cli.api import Api, every, get
from deployflow.app.failures import Missing, WrongUsage


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def device(api: Api, named: str) -> dict[str, Any]:
    """A device by id or host name.

    Raises:
        Missing: there is none.
        WrongUsage: there are several of this name.
    """
    if is_id(named):
        return dict(get(api, f"/devices/{named}"))
    found = [one for one in every(api, "/devices", q=named) if one["hostname"].casefold() == named.casefold()]
    return _only(found, "device", named)


def group(api: Api, named: str) -> dict[str, Any]:
    """A group by id or name."""
    if is_id(named):
        return dict(get(api, f"/device-groups/{named}"))
    found = [one for one in every(api, "/device-groups", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "group", named)


def script(api: Api, named: str) -> dict[str, Any]:
    """A script by id or name."""
    if is_id(named):
        return dict(get(api, f"/scripts/{named}"))
    found = [one for one in every(api, "/scripts", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "script", named)


def profile(api: Api, named: str) -> dict[str, Any]:
    """A profile or one's own template by id or name."""
    if is_id(named):
        return dict(get(api, f"/profiles/{named}"))
    found = [
        one
        for path in ("/profiles", "/profile-templates")
        for one in every(api, path, q=named)
        if one["name"].casefold() == named.casefold()
    ]
    return _only(found, "profile", named)


def deployment(api: Api, named: str) -> dict[str, Any]:
    """A deployment by id, or the newest one of a computer."""
    if is_id(named):
        return dict(get(api, f"/deployments/{named}"))
    for one in every(api, "/deployments", q=named):
        if (one["computer_name"] or "").casefold() == named.casefold():
            return dict(get(api, f"/deployments/{one['id']}"))
    raise Missing(f"there is no deployment of {named!r}: `deployflow deployment list` shows what there is")


def boot_session(api: Api, code: str) -> dict[str, Any]:
    """The machine that waits and shows this code."""
    wanted = code.strip().upper().replace("-", "").replace(" ", "")
    for one in every(api, "/boot-sessions", **{"filter[state]": "waiting"}):
        if one["code"].replace("-", "") == wanted:
            return one
    raise Missing(f"no machine waits with the code {code!r}: `deployflow deployment waiting` shows those that do")


def user(api: Api, named: str) -> dict[str, Any]:
    """A person by id or e-mail address."""
    found = [one for one in every(api, "/users") if named.casefold() in {one["id"], one["email"].casefold()}]
    return _only(found, "user", named)


def role(api: Api, named: str) -> dict[str, Any]:
    """A role by id or name.

    Raises:
        Missing: there is none; says which there are.
    """
    roles = list(every(api, "/roles"))
    found = [one for one in roles if named.casefold() in {one["id"], one["name"].casefold()}]
    if not found:
        raise Missing(f"there is no role {named!r}; there are: {', '.join(one['name'] for one in roles)}")
    return found[0]


def token(api: Api, named: str) -> dict[str, Any]:
    """An enrollment token by id, name or the beginning of its text."""
    found = [
        one
        for one in every(api, "/enrollment-tokens")
        if named in {one["id"], one["name"]} or named.startswith(one["prefix"])
    ]
    return _only(found, "enrollment token", named)


def image(api: Api, named: str) -> dict[str, Any]:
    """An OS image by id or name."""
    if is_id(named):
        return dict(get(api, f"/images/{named}"))
    found = [one for one in every(api, "/images", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "image", named)


def driver_pack(api: Api, named: str) -> dict[str, Any]:
    """A driver pack by id or name."""
    if is_id(named):
        return dict(get(api, f"/driver-packs/{named}"))
    found = [one for one in every(api, "/driver-packs", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "driver", named)


def software(api: Api, named: str) -> dict[str, Any]:
    """A software item by id or name."""
    if is_id(named):
        return dict(get(api, f"/software/{named}"))
    found = [one for one in every(api, "/software", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "software", named)


def bundle(api: Api, named: str) -> dict[str, Any]:
    """A bundle by id or name."""
    if is_id(named):
        return dict(get(api, f"/software-bundles/{named}"))
    found = [one for one in every(api, "/software-bundles", q=named) if one["name"].casefold() == named.casefold()]
    return _only(found, "bundle", named)


def _only(found: list[dict[str, Any]], kind: str, named: str) -> dict[str, Any]:
    if not found:
        raise Missing(
            f"there is no {kind} {named!r}: `deployflow {kind.rsplit(maxsplit=1)[-1]} list` shows what there is"
        )
    if len(found) > 1:
        raise WrongUsage(
            f"{len(found)} {kind}s are named {named!r}; use an id: {', '.join(one['id'] for one in found)}"
        )
    return found[0]
