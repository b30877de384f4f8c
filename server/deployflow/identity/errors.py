"""What can go wrong with who you are and what you may."""

from deployflow.platform.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooManyRequests, Unauthenticated


class UnknownPath(NotFound):
    """A closed route must look like one that never was: this is what both answer."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no route {path[:80]!r}")


class CredentialsInvalid(Unauthenticated):
    code = "credentials_invalid"
    title = "E-mail address or password is wrong"


class CodeInvalid(Unauthenticated):
    code = "code_invalid"
    title = "The code is wrong or was used before: take the next one"


class ChallengeOver(Unauthenticated):
    code = "challenge_over"
    title = "This sign-in took too long or had too many tries: start again with the password"


class ApiKeyInvalid(Unauthenticated):
    code = "api_key_invalid"
    title = "This API key is unknown, expired or revoked"


class TooManySignIns(TooManyRequests):
    code = "too_many_sign_ins"
    title = "Too many failed sign-ins: wait before the next try"

    def __init__(self, *, retry_after_s: int, quota: int | None = None) -> None:
        """`quota`: tries a minute, where that is the wall that was hit."""
        super().__init__(retry_after_s=retry_after_s)
        self.headers["RateLimit"] = f'"sign-in";r=0;t={retry_after_s}'
        if quota is not None:
            self.headers["RateLimit-Policy"] = f'"sign-in";q={quota};w=60'


class CrossSite(Forbidden):
    code = "cross_site_request"
    title = "This request did not come from the console's own pages"


class NotJson(Problem):
    status = 415
    code = "not_json"
    title = "Send the body as application/json"


class SessionRequired(Forbidden):
    code = "session_required"
    title = "An API key cannot do this: sign in as a person"


class StepUpRequired(Forbidden):
    code = "step_up_required"
    title = "Confirm with your password first"


class SetupTokenInvalid(Forbidden):
    code = "setup_token_invalid"
    title = "The set-up link is not the one this server printed: look in its log or in the file setup-token"


class SetupDone(Conflict):
    code = "setup_done"
    title = "Somebody else finished the set-up a moment ago: sign in"


class InvitationInvalid(NotFound):
    code = "invitation_invalid"
    title = "This link was used, replaced or has expired: ask for a new one"


class PasswordUnfit(Invalid):
    code = "password_unfit"
    title = "Choose another password"


class RightsExceeded(Forbidden):
    code = "rights_exceeded"
    title = "You cannot give, take or act on rights that you do not have yourself"


class NotAMember(NotFound):
    title = "There is no such organisation for you"


class NoSuchTenant(NotFound):
    title = "There is no such organisation"


class NoSuchRole(NotFound):
    title = "There is no such role"


class NoSuchUser(NotFound):
    title = "There is no such person"


class TenantUnclear(Conflict):
    code = "tenant_unclear"
    title = "There are several organisations: name one"


class LastOwner(Conflict):
    code = "last_owner"
    title = "The last active Owner stays: make somebody else Owner first"


class PermissionUnknown(Invalid):
    code = "permission_unknown"
    title = "There is no such permission"


class ExpiryWrong(Invalid):
    code = "expiry_wrong"
    title = "A key ends in the future, and within a year"


class RoleBuiltIn(Conflict):
    code = "role_built_in"
    title = "A built-in role cannot be changed: make one of your own"


class RoleInUse(Conflict):
    code = "role_in_use"
    title = "People still have this role: give them another one first"


class NameTaken(Conflict):
    code = "name_taken"
    title = "This name is already in use"


class EmailTaken(Conflict):
    code = "email_taken"
    title = "This person is already here"


class UserOfOtherTenants(Conflict):
    code = "user_of_other_tenants"
    title = "This person works for other organisations too and manages their name and sign-in themselves"


class TotpState(Conflict):
    code = "totp_state"
    title = "The authenticator app is not in the state this needs"


class SingleTenantEdition(Conflict):
    code = "single_tenant_edition"
    title = "One organisation on SQLite: move to PostgreSQL to have more"
