"""Who is asking, for which tenant, from where: carried by a request or a background job."""

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from deployflow.platform.ids import new_id

ActorType = Literal["user", "api_key", "device", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the audit trail will name them."""

    type: ActorType
    id: UUID | None
    name: str


ANONYMOUS = Actor(type="anonymous", id=None, name="anonymous")
SYSTEM = Actor(type="system", id=None, name="system")


@dataclass(slots=True)
class Context:
    """Filled in as a request is understood; a database session reads it when it runs a statement.

    Attributes:
        tenant_id: Rows of other tenants are invisible. Without one, a tenant's rows cannot be touched at all.
        all_tenants: For work that belongs to no tenant, such as sweeps and looking up who signs in.
    """

    actor: Actor = ANONYMOUS
    tenant_id: UUID | None = None
    all_tenants: bool = False
    ip: str | None = None
    _request_id: str | None = None

    @property
    def request_id(self) -> str:
        """Made when somebody asks for it: an idle check-in never does."""
        if self._request_id is None:
            self._request_id = str(new_id())
        return self._request_id

    @request_id.setter
    def request_id(self, given: str) -> None:
        self._request_id = given

    def everywhere(self) -> "Context":
        """A copy that sees all tenants: for the few acts of a person that stand above them, such as signing in."""
        return replace(self, all_tenants=True, _request_id=self.request_id)


def system_context(tenant_id: UUID | None = None) -> Context:
    """The context of background work: of one tenant, or of all when none is named."""
    return Context(actor=SYSTEM, tenant_id=tenant_id, all_tenants=tenant_id is None)
