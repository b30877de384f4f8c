"""Backup and restore: one file with the database, the content store and a manifest, and never a key.

The file is a tar with `manifest.json` first, `database` second and then `content/<hash>`. Sealed secrets in it open
only with the server's key file, which is kept apart: whoever steals a backup alone learns no password from it.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy.engine import URL, make_url

from deployflow import __version__
from deployflow.app import backup_content, migrate
from deployflow.app.backup_content import Contents
from deployflow.app.failures import Failure, Refused, Unusable, WrongUsage
from deployflow.app.installation import only_server
from deployflow.platform import clock
from deployflow.platform.sealing import load_key, name_of_key
from deployflow.platform.settings import Settings
from deployflow.platform.storage import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

# 2 has the content store, or says that it was left out.
FORMAT, FORMATS = 2, (1, 2)
MANIFEST, DATABASE = "manifest.json", "database"
MAX_MANIFEST_BYTES = 64 * 1024
COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made_at: str
    made_by: str
    database: str
    schema: str
    key: str | None
    """Which key seals its secrets: a short hash of it, not the key."""
    bytes: int
    sha256: str
    content: Contents | None = None
    """None where it was left out."""


def back_up(settings: Settings, to: Path, *, with_content: bool = True) -> Manifest:
    """Write a backup of a running or stopped installation.

    Raises:
        Failure: it cannot be made; nothing is left behind then.
    """
    if to.exists():
        raise Refused(f"{to} exists already: name another file")
    with _work_folder(to.parent) as work:
        dump = work / DATABASE
        schema = _dump_sqlite(settings, dump) if settings.uses_sqlite else _dump_postgresql(settings, dump)
        contents = backup_content.wanted(settings) if with_content else []
        _require_room(to.parent, sum(content.size_bytes for content in contents))
        key = load_key(settings.keys_dir)
        manifest = Manifest(
            format=FORMAT,
            made_at=clock.now().isoformat(),
            made_by=__version__,
            database="sqlite" if settings.uses_sqlite else "postgresql",
            schema=schema,
            key=name_of_key(key) if key else None,
            bytes=dump.stat().st_size,
            sha256=_sha256_of(dump),
            content=Contents(len(contents), sum(one.size_bytes for one in contents)) if with_content else None,
        )
        packed = work / "packed"
        with packed.open("wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
            text = json.dumps(asdict(manifest), indent=1).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
            tar.add(dump, DATABASE, filter=_plain)
            backup_content.add(tar, settings, contents)
        packed.chmod(0o600)
        with packed.open("rb") as written:
            os.fsync(written.fileno())
        packed.rename(to)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself, once all of it was read and found whole.

    Raises:
        Failure: it is none, or damaged, or made by a newer version.
    """
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = _manifest_of(tar)
            digest = hashlib.sha256()
            for part in _parts(_member(tar, DATABASE)):
                digest.update(part)
            if manifest.content is not None:
                backup_content.check(tar, manifest.content)
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError) as error:
        raise Failure(f"{file} is no whole DeployFlow backup ({error}): take another one") from error
    if digest.hexdigest() != manifest.sha256:
        raise Failure(f"{file} is damaged: its database does not have the hash it was written with; take another one")
    if manifest.schema not in migrate.revisions():
        raise Refused(f"{file} was made by DeployFlow {manifest.made_by}, newer than this one: install that version")
    return manifest


def restore(settings: Settings, file: Path, *, force: bool, with_content: bool = True) -> Manifest:
    """Put a backup in the place of the installation's database, and beside its content what that lacks.

    Raises:
        Refused: there is a database, or the key is another one, and `force` was not given; or a server runs.
    """
    manifest = read_manifest(file)
    here = "sqlite" if settings.uses_sqlite else "postgresql"
    if manifest.database != here:
        raise WrongUsage(f"this backup is of {manifest.database}, the installation uses {here}")
    key = load_key(settings.keys_dir)
    if manifest.key is not None and not force and (key is None or name_of_key(key) != manifest.key):
        raise Refused(
            f"the key in {settings.keys_dir} is {'missing' if key is None else 'another one'}: put the key file there"
            " that belongs to this backup, or lose its sealed secrets with --force"
        )
    with only_server(settings):
        # First: a database whose images are not there would be worse than one that is not restored yet.
        if with_content and manifest.content is not None:
            backup_content.restore(settings, file)
        if here == "sqlite":
            _restore_sqlite(settings, file, force=force)
        else:
            _restore_postgresql(settings, file, force=force)
    return manifest


def _dump_sqlite(settings: Settings, to: Path) -> str:
    # VACUUM INTO is a consistent snapshot beside a running server; a copy of the file would not be.
    try:
        with closing(sqlite3.connect(f"file:{settings.sqlite_file}?mode=ro", uri=True, timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(to),))
        return _check_sqlite(to)
    except sqlite3.Error as error:
        raise Unusable(f"{settings.sqlite_file} cannot be backed up: {error}") from error


def _check_sqlite(file: Path) -> str:
    """See that the database is whole; gives its schema."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as copy:
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise Failure(f"the database is damaged: {verdict}")
        return str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _restore_sqlite(settings: Settings, file: Path, *, force: bool) -> None:
    target = settings.sqlite_file
    if target.exists() and not force:
        raise Refused(f"{target} exists: --force moves it aside and puts the backup in its place")
    with _work_folder(settings.data_dir) as work:
        made = work / DATABASE
        _unpack(file, made)
        _check_sqlite(made)
        made.chmod(0o600)
        if target.exists():
            # The log files belong to the old database and would be played into the new one.
            aside = target.with_name(f"{target.name}.before-{clock.now():%Y%m%dT%H%M%SZ}")
            for ending in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    target.with_name(target.name + ending).rename(aside.with_name(aside.name + ending))
        made.rename(target)


def _dump_postgresql(settings: Settings, to: Path) -> str:
    _run_postgresql("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")
    return _postgresql_schema(settings) or ""


def _restore_postgresql(settings: Settings, file: Path, *, force: bool) -> None:
    if _postgresql_schema(settings) is not None and not force:
        raise Refused("the PostgreSQL database is not empty: --force replaces what is in it")
    with _work_folder(settings.data_dir) as work:
        dump = work / DATABASE
        _unpack(file, dump)
        # One transaction: what fails half way leaves the database as it was.
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction")
        _run_postgresql("pg_restore", settings, *options, str(dump))


def _postgresql_schema(settings: Settings) -> str | None:
    import psycopg  # noqa: PLC0415  SQLite installations never need it

    try:
        with psycopg.connect(_libpq(settings), connect_timeout=5) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
    except psycopg.Error as error:
        raise Unusable(f"PostgreSQL cannot be used ({str(error).strip()}): start it") from error


def _run_postgresql(program: str, settings: Settings, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Unusable(f"{program} is not on PATH: install PostgreSQL's client programs")
    url: URL = make_url(_libpq(settings))
    # A password on a command line is seen by every user of the machine.
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    target = url.set(password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603
        [found, f"--dbname={target}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failure(f"{program} failed: {done.stderr.strip() or done.returncode}")


def _libpq(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _unpack(file: Path, to: Path) -> None:
    with tarfile.open(file, "r:") as tar, to.open("wb") as out:
        for part in _parts(_member(tar, DATABASE)):
            out.write(part)
        out.flush()
        os.fsync(out.fileno())


def _manifest_of(tar: tarfile.TarFile) -> Manifest:
    said = json.loads(_member(tar, MANIFEST).read(MAX_MANIFEST_BYTES))
    if said.get("format") not in FORMATS:
        raise ValueError(f"format {said.get('format')}")
    content = said.pop("content", None)
    return Manifest(**said, content=Contents(**content) if content is not None else None)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    # Read by name, never extracted: no path in the file touches the disk.
    opened = tar.extractfile(name)
    if opened is None:
        raise ValueError(f"{name} is no file")
    return opened


def _parts(opened: IO[bytes]) -> "Iterator[bytes]":
    while part := opened.read(COPY_BYTES):
        yield part


def _sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _require_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise Failure(
            f"the content needs {in_words(wanted)} and {folder} has {in_words(free)} free: name another folder,"
            " or leave it out with --without-content and copy it by other means"
        )


@contextmanager
def _work_folder(beside: Path) -> "Iterator[Path]":
    """A folder on the same disk, so that the last step is one rename."""
    try:
        with tempfile.TemporaryDirectory(prefix=".deployflow-", dir=beside) as folder:
            yield Path(folder)
    except FileNotFoundError as error:
        raise WrongUsage(f"there is no folder {beside}") from error
    except PermissionError as error:
        raise Unusable(f"{beside} cannot be written to: {error.strerror}") from error
