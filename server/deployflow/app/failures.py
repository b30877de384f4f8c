"""What a command says and answers when it cannot do its work."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command answers to the shell."""

    OK = 0
    FAILED = 1
    """What was asked for was tried and failed, such as a script that ended with an error."""
    USAGE = 2
    """Wrong arguments or settings."""
    NOT_FOUND = 3
    UNAVAILABLE = 4
    """A port, folder, file, database or server that is needed cannot be used now."""
    REFUSED = 5
    """The present state forbids it."""


class Failure(Exception):
    """One sentence that says what to do, and the exit code."""

    code = ExitCode.FAILED


class WrongUsage(Failure):
    code = ExitCode.USAGE


class Missing(Failure):
    code = ExitCode.NOT_FOUND


class Unusable(Failure):
    code = ExitCode.UNAVAILABLE


class Refused(Failure):
    code = ExitCode.REFUSED
