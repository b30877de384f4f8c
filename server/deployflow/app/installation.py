"""What an installation needs before anything can run: a folder to write to and a database that answers."""

import errno
import getpass
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from deployflow.app.failures import Failure, Refused, Unusable
from deployflow.boot.keys import BootKeyBroken
from deployflow.platform.sealing import SealBroken
from deployflow.platform.settings import Settings

try:
    import fcntl
except ImportError:  # Windows, where the server is only tried out
    fcntl = None  # type: ignore[assignment]

# Below this the next migration, log chunk or inventory may not fit.
LOW_DISK_BYTES = 64 * 1024 * 1024


def prepare_folder(settings: Settings) -> None:
    """Make the data folder and see that it can be written to.

    Raises:
        Unusable: saying which folder, who we are, and what to change.
    """
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Unusable(f"the disk of {folder} is full: free some space, or choose another --data-dir") from error
        raise Unusable(
            f"{folder} cannot be written to by {getpass.getuser()} ({error.strerror}):"
            " change its owner, or choose another folder with --data-dir"
        ) from error


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Be the one process that serves, or replaces, a SQLite installation. PostgreSQL has as many as one likes.

    Raises:
        Refused: another one runs.
    """
    if not settings.uses_sqlite or fcntl is None:
        yield
        return
    with (settings.data_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"a server runs on {settings.data_dir} already: stop it first."
                " Several servers on one database need PostgreSQL"
            ) from error
        yield


def free_bytes(settings: Settings) -> int:
    return shutil.disk_usage(settings.data_dir).free


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turns what a database, disk or key can do to us into one sentence.

    Raises:
        Failure: in place of the original error.
    """
    try:
        yield
    except Failure:
        raise
    except (SealBroken, BootKeyBroken) as error:
        raise Unusable(f"the server's key cannot be used: {error}") from error
    except DBAPIError as error:
        raise Unusable(_why_no_database(settings, error)) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Unusable(f"the disk of {settings.data_dir} is full: free some space and start again") from error
        raise


def _why_no_database(settings: Settings, error: DBAPIError) -> str:
    said = " ".join(str(error.orig).split())
    if not settings.uses_sqlite:
        return f"PostgreSQL cannot be used ({said}): start it, or correct DEPLOYFLOW_DATABASE_URL"
    file = settings.sqlite_file
    if "locked" in said:
        return f"{file} is locked by another process: stop that one first"
    if "full" in said:
        return f"the disk of {file} is full: free some space and start again"
    if "readonly" in said or "unable to open" in said:
        return f"{file} cannot be opened for writing by {getpass.getuser()}: change its owner"
    if "not a database" in said or "malformed" in said:
        return f"{file} is damaged ({said}): restore it with `deployflow restore`"
    return f"the database {file} cannot be used: {said}"
