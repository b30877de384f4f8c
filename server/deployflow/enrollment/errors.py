"""Why a token does not enroll a machine. The codes of 401 are final for the agent."""

from deployflow.platform.errors import Conflict, Forbidden, NotFound, Unauthenticated


class TokenNotFound(NotFound):
    code = "enrollment_token_not_found"
    title = "There is no such enrollment token"


class TokenRevokedAlready(Conflict):
    code = "enrollment_token_revoked"
    title = "This enrollment token is revoked already"


class TokenOfDeployment(Conflict):
    code = "token_of_deployment"
    title = "This token belongs to a deployment and is not changed; it can be revoked"


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    title = "This is no enrollment token of this server: copy it again, or make a new one in the console"


class TokenExpired(Unauthenticated):
    code = "token_expired"
    title = "This enrollment token has expired: make a new one in the console"


class TokenUsedUp(Unauthenticated):
    code = "token_used_up"
    title = "This enrollment token was used as often as it may be: make a new one in the console"


class TokenRevoked(Unauthenticated):
    code = "token_revoked"
    title = "This enrollment token was revoked: make a new one in the console"


class TokenNotAllowedHere(Unauthenticated):
    code = "token_not_allowed_here"
    title = "This enrollment token is not good from this address: see its allowed networks in the console"


class TokenOfAnotherMachine(Unauthenticated):
    code = "token_of_another_machine"
    title = "This enrollment token is for the one machine that a deployment set up, and this is another one"


class KeyInUse(Forbidden):
    """403 and not 409, because the agent must not try again with this key."""

    code = "key_in_use"
    title = "This key belongs to a device of another organisation: remove the agent's data folder and enroll anew"


class AgentNotBuilt(NotFound):
    """Not 503, which asks to come again: curl would wait for what no waiting brings."""

    code = "agent_not_built"
    title = "The agent's builds are not on this server: run `make agent`, or set DEPLOYFLOW_AGENTS_DIR"
