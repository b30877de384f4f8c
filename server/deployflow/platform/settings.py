"""Settings: from `DEPLOYFLOW_*` in the environment, else from `deployflow.toml` in the data folder."""

import ipaddress
import json
import os
import re
import tomllib
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSettings

DEFAULT_DATA_DIR = Path("/var/lib/deployflow")
DEFAULT_PORT = 8480
MAX_PORT = 65535
ENV_PREFIX = "DEPLOYFLOW_"
FILE_NAME = "deployflow.toml"
# What the command line and the agent's install script read under the same prefix.
NO_SETTINGS = frozenset({"DEPLOYFLOW_SERVER", "DEPLOYFLOW_API_KEY", "DEPLOYFLOW_TOKEN", "DEPLOYFLOW_CA"})
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
# A check-in is held 50 s at most and followed by the next at once; 35 s of grace for a slow network, a flush and a
# retry or two. It stands here because the settings page says it too.
OFFLINE_AFTER = timedelta(seconds=85)


class SettingsError(Exception):
    """A setting that cannot work, said in one line per setting."""


def _database_url(value: str) -> str:
    if value.startswith(("sqlite", "postgresql+psycopg://")):
        return value
    if value.startswith(("postgres://", "postgresql://")):
        return "postgresql+psycopg://" + value.split("://", 1)[1]
    raise ValueError("use postgresql+psycopg://user:password@host/name, or leave it out for SQLite")


def is_host(text: str) -> bool:
    """Whether this is a host, with its port or without, and nothing else.

    Addresses go into lines and scripts that run as root: nothing but what addresses are made of.
    """
    found = _HOST.fullmatch(text)
    return found is not None and int(found["port"] or 0) <= MAX_PORT


def public_url_of(value: str) -> str:
    """The address without a slash at its end, refused when it is more than scheme, host and port."""
    scheme, _, host = value.removesuffix("/").partition("://")
    if scheme.lower() not in {"http", "https"} or not is_host(host):
        raise ValueError("give scheme, host and port only, such as https://fleet.example.com")
    return f"{scheme.lower()}://{host}"


def _accel_prefix(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._/-]*/", value):
        raise ValueError("give the path of an internal nginx location that begins and ends with a slash: /content/")
    return value


def _listed(value: Any) -> Any:
    """`a, b` or a list as JSON writes it; in the file a list is a list."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError("separate them by commas: 10.0.0.1, 192.168.0.0/16") from error
    return [part.strip() for part in value.split(",") if part.strip()]


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError as error:
        raise ValueError("give addresses or networks, such as 10.0.0.1 or 192.168.0.0/16, and no names") from error


def _gib(count: int) -> ByteSize:
    return ByteSize(count * 1024**3)


class Settings(BaseSettings):
    """What an operator may set. Durations are ISO 8601 or seconds."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(DEFAULT_DATA_DIR, description="Where the database, keys and files are kept.")
    database_url: Annotated[str, AfterValidator(_database_url)] | None = Field(
        None,
        description="PostgreSQL, for more than one server process. SQLite in the data folder when left out.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: int = Field(DEFAULT_PORT, ge=0, le=MAX_PORT, description="Port to listen on; 0 takes a free one.")
    public_url: Annotated[str, AfterValidator(public_url_of)] | None = Field(
        None, description="How browsers and devices reach this server, when a proxy stands before it."
    )
    trusted_proxies: Annotated[list[Annotated[str, AfterValidator(_network)]], NoDecode, BeforeValidator(_listed)] = (
        Field(
            default_factory=list,
            description="Addresses or networks whose X-Forwarded-For and -Proto are believed.",
        )
    )
    console_dir: Path | None = Field(None, description="The exported console; found by itself when left out.")
    agents_dir: Path | None = Field(None, description="The agent's builds; found by itself when left out.")
    content_dir: Path | None = Field(
        None, description="Where images, drivers and installers are kept; in the data folder when left out."
    )
    import_dir: Path | None = Field(
        None, description="Folder on this server that images and driver packs may be imported from; none when left out."
    )
    fetch_allowed: Annotated[list[str], NoDecode, BeforeValidator(_listed)] = Field(
        default_factory=list,
        description="Hosts, addresses or networks of your own that images may be fetched from, and by plain HTTP.",
    )
    upload_limit: ByteSize = Field(_gib(32), description="The largest single file that is taken, such as 32GiB.")
    upload_quota: ByteSize = Field(_gib(200), description="What one organisation may have in unfinished uploads.")
    download_rate: ByteSize | None = Field(
        None, gt=0, description="What all devices together may download of installers in a second, by this process."
    )
    device_download_rate: ByteSize | None = Field(
        None, gt=0, description="What one device may download of installers in a second."
    )
    disk_reserve: ByteSize = Field(_gib(1), description="Free disk space that files leave to the database.")
    accel_redirect: Annotated[str, AfterValidator(_accel_prefix)] | None = Field(
        None, description="Prefix of an internal nginx location that serves the content folder; nginx then sends files."
    )
    log_format: str = Field("auto", pattern="^(auto|json|text)$", description="auto: text on a terminal, else JSON.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")
    metrics_token: str | None = Field(None, description="Bearer token for /metrics; loopback only when left out.")
    session_idle: timedelta = timedelta(minutes=60)
    session_absolute: timedelta = timedelta(hours=12)
    lease: timedelta = Field(timedelta(minutes=5), description="How long an action stays with a silent device.")
    first_boot_within: timedelta = Field(
        timedelta(hours=24), description="How long a deployed machine may take until its agent enrolls."
    )
    drain: timedelta = Field(timedelta(seconds=10), description="How long a stopping server finishes its requests.")

    @cached_property
    def sqlite_file(self) -> Path:
        """The SQLite database, used when no `database_url` is set."""
        return self.data_dir / "deployflow.db"

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url is None or self.database_url.startswith("sqlite")

    @property
    def keys_dir(self) -> Path:
        """Keys lie apart from the database and are in no backup."""
        return self.data_dir / "keys"

    @property
    def setup_token_file(self) -> Path:
        """Holds the one-time first-run token until the first user exists."""
        return self.data_dir / "setup-token"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file."""
        given = init_settings().get("data_dir") or os.environ.get("DEPLOYFLOW_DATA_DIR") or DEFAULT_DATA_DIR
        file = TomlConfigSettingsSource(settings_cls, toml_file=Path(given) / FILE_NAME)
        return init_settings, env_settings, file, file_secret_settings


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; flags that were not given are None and do not count.

    Raises:
        SettingsError: naming each wrong setting and what it should be.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        # Of a list, which one in it is wrong is in the text.
        lines = [f"DEPLOYFLOW_{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError("; ".join(dict.fromkeys(lines))) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE_NAME} in the data folder cannot be read: {error}") from error
    except UnreadableSettings as error:
        raise SettingsError(str(error)) from error


def unknown_settings(settings: Settings) -> list[str]:
    """What was set under a name that nothing reads: usually one that is misspelt."""
    known = set(Settings.model_fields)
    given = [
        name
        for name in sorted(os.environ)
        if name.startswith(ENV_PREFIX)
        and name not in NO_SETTINGS
        and not name.startswith(f"{ENV_PREFIX}TEST_")
        and name.removeprefix(ENV_PREFIX).lower() not in known
    ]
    try:
        in_file = tomllib.loads((settings.data_dir / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        in_file = {}
    return [*given, *(f"{name} in {FILE_NAME}" for name in sorted(in_file) if name not in known)]
