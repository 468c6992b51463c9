"""The few errors of the house, named by what the catcher does, with sysexits exit codes."""

from typing import ClassVar, Final

INTERRUPTED: Final = 130
"""Exit code of a command that a person stopped: 128 + SIGINT, as shells report it."""


class HinomiError(Exception):
    """A failure that hinomi foresaw: shown as one line, never as a traceback."""

    exit_code: ClassVar[int] = 70  # EX_SOFTWARE


class ConfigError(HinomiError):
    """The configuration or the register is wrong: stop and let a person mend it."""

    exit_code = 78  # EX_CONFIG


class MalformedDocument(HinomiError):
    """
    A file breaks the rules of its own format: stop its import with file and line.

    The message never repeats the offending value: it may be a subscriber's address.
    """

    exit_code = 65  # EX_DATAERR

    def __init__(self, reason: str, path: str, line: int | None = None) -> None:
        super().__init__(reason, path, line)  # Positional: pickles to workers.
        self.reason, self.path, self.line = reason, path, line

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"{where}: {self.reason}"


class UsageError(HinomiError):
    """The words of the command do not fit together: the caller mends them."""

    exit_code = 64  # EX_USAGE


class NotFound(HinomiError):
    """What was asked for by name does not exist."""

    exit_code = 66  # EX_NOINPUT


class Unavailable(HinomiError):
    """Something outside did not answer or is missing: try again later, or install it."""

    exit_code = 69  # EX_UNAVAILABLE


class Conflict(HinomiError):
    """Someone else changed it meanwhile: read again, then decide."""

    exit_code = 75  # EX_TEMPFAIL


class NotPermitted(HinomiError):
    """No mandate permits it: refuse and write it to the journal."""

    exit_code = 77  # EX_NOPERM
