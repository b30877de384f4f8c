"""What imports of large files share: a folder of the server as their source, and what can be wrong with a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from deployflow.platform.errors import Invalid, Problem
from deployflow.platform.jobs import JobDied
from deployflow.platform.settings import Settings

MAX_LISTED = 1000


class SourceWrong(Invalid):
    code = "source_wrong"
    title = "It cannot be imported from there"


class FileProblem(Exception):
    """What is wrong with a file that is being imported, as one sentence for its owner. Expected, so not a bug."""

    is_expected: ClassVar[bool] = True

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def reason_of(error: Exception) -> tuple[str, str]:
    """Code and sentence for the row of a job that failed."""
    if isinstance(error, FileProblem):
        return error.code, error.sentence
    if isinstance(error, Problem):
        return error.code, error.detail
    if isinstance(error, JobDied):
        return "job_died", str(error)
    return "internal_error", "The server made a mistake: its log has the details. Retry once it is mended"


def require_in_folder(settings: Settings, path: str, *, endings: Sequence[str], folders: bool = False) -> Path:
    """A file, or a folder where those are wanted too, below the one that the operator opened for imports.

    Raises:
        SourceWrong: 422, when there is no such folder or the path leads out of it.
    """
    if settings.import_dir is None:
        raise SourceWrong("No folder of the server is open for imports: set DEPLOYFLOW_IMPORT_DIR, or upload the file")
    folder = settings.import_dir.resolve()
    if "\0" in path:
        raise SourceWrong("The path holds a zero character")
    try:
        found = (folder / path).resolve()
        # Resolved first: neither `..` nor a link leads out.
        inside, is_file, is_folder = found.is_relative_to(folder), found.is_file(), found.is_dir()
    except OSError as error:
        raise SourceWrong(f"'{path[:200]}' cannot be looked at: {error.strerror}") from error
    if not inside:
        raise SourceWrong(f"'{path[:200]}' is not below the import folder")
    if folders and is_folder and found != folder:
        return found
    if not is_file:
        raise SourceWrong(f"There is no file '{path[:200]}' in the import folder")
    if not found.name.lower().endswith(tuple(endings)):
        raise SourceWrong(f"'{path[:200]}' is none of: {', '.join(endings)}")
    return found


def files_in_folder(settings: Settings, *, endings: Sequence[str], folders: bool = False) -> list[tuple[str, int]]:
    """Path and size of what may be imported; folders have no size. Blocks."""
    folder = settings.import_dir
    if folder is None or not folder.is_dir():
        return []
    found: list[tuple[str, int]] = []
    for one in sorted(folder.rglob("*")):
        if not one.resolve().is_relative_to(folder.resolve()):
            continue
        if one.is_file() and one.name.lower().endswith(tuple(endings)):
            found.append((one.relative_to(folder).as_posix(), one.stat().st_size))
        elif folders and one.is_dir():
            found.append((one.relative_to(folder).as_posix(), 0))
        if len(found) == MAX_LISTED:
            break
    return found
