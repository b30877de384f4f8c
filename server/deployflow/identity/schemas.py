"""Shapes of requests and answers. Requests refuse unknown fields; answers say what `docs/` and the console know."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from deployflow.platform.settings import public_url_of

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ShortName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
# Any string up to what the hash takes: what is good enough is said by `passwords.check`, with its own code.
Password = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# One @ with something around it; whether it exists shows when somebody writes to it.
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
PublicUrl = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(public_url_of)]
Permissions = Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=200)]


class Request(BaseModel):
    """What every request body shares."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What every answer shares."""

    model_config = ConfigDict(from_attributes=True)


class Ref(Answer):
    """A thing by id and name."""

    id: UUID
    name: str


class TenantRef(Answer):
    id: UUID
    name: str
    slug: str


class MeUser(Answer):
    id: UUID
    email: str
    name: str
    totp_enabled: bool


class Me(Answer):
    user: MeUser
    tenant: TenantRef
    tenants: list[TenantRef]
    role: Ref
    permissions: list[str]
    step_up_until: datetime | None
    version: str = Field(description="Of the server")


class SetupState(Answer):
    open: bool


class SetupRequest(Request):
    token: Token
    email: Email
    name: Name
    password: Password
    organisation: Name
    public_url: PublicUrl | None = None


class SetupResult(Answer):
    user: MeUser
    tenant: TenantRef


class SignIn(Request):
    email: Annotated[str, StringConstraints(max_length=254)]
    password: Password


class SignInResult(Answer):
    state: Literal["signed_in", "totp_required"]
    me: Me | None = None
    challenge: str | None = None


class TotpAnswer(Request):
    challenge: Token
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class TenantChoice(Request):
    tenant_id: UUID


class StepUp(Request):
    password: Password
    code: Annotated[str, StringConstraints(max_length=40)] | None = None


class Session(Answer):
    id: UUID
    created_at: datetime
    last_used_at: datetime
    ip: str | None
    user_agent: str | None
    current: bool


class MePatch(Request):
    name: Name


class PasswordChange(Request):
    current: Password
    new: Password


class PasswordOnly(Request):
    password: Password


class TotpStart(Answer):
    secret: str
    otpauth_uri: str


class TotpCode(Request):
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class RecoveryCodes(Answer):
    recovery_codes: list[str]


class User(Answer):
    id: UUID
    email: str
    name: str
    role: Ref
    is_active: bool
    totp_enabled: bool
    last_sign_in_at: datetime | None
    created_at: datetime
    version: int


class UserCreate(Request):
    email: Email
    name: Name
    role_id: UUID


class UserCreated(User):
    invite_url: str | None = Field(
        description="One-time link to set a password, shown once; null for somebody who signs in here already"
    )


class UserPatch(Request):
    name: Name | None = None
    role_id: UUID | None = None
    is_active: bool | None = None


class InviteAccept(Request):
    token: Token
    password: Password


class Permission(Answer):
    name: str
    area: str
    verb: str
    description: str


class Role(Answer):
    id: UUID
    name: str
    description: str
    permissions: list[str]
    built_in: bool
    user_count: int
    version: int


class RoleWrite(Request):
    name: ShortName
    description: Text = ""
    permissions: Permissions


class RolePatch(Request):
    name: ShortName | None = None
    description: Text | None = None
    permissions: Permissions | None = None


class ApiKey(Answer):
    id: UUID
    name: str
    prefix: str
    permissions: list[str]
    created_by: Ref | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    version: int


class ApiKeyCreate(Request):
    name: ShortName
    permissions: Permissions
    expires_at: Annotated[datetime, Field(description="Within a year, which is also the default")] | None = None


class ApiKeyCreated(ApiKey):
    key: str = Field(description="Shown once")


class Tenant(Answer):
    id: UUID
    name: str
    slug: str
    created_at: datetime
    version: int


class TenantWrite(Request):
    name: Name


class Settings(Answer):
    organisation: str
    public_url: str | None
    offline_after_s: int
    action_expiry_days: int
    version: int
    server_version: str


class SettingsPatch(Request):
    organisation: Name | None = None
    public_url: PublicUrl | None = None
    action_expiry_days: Annotated[int, Field(ge=1, le=365)] | None = None
