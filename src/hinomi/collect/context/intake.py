"""What every reader of context files is given: the file as a stream, its date, its counts."""

import bz2
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.clock import parse_time
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument, NotFound, Unavailable
from hinomi.model.context import DAY_MS, SCHEMAS, ContextKind

_LONGEST_LINE: Final = 1 << 20
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a context file holds."""

    rows: pa.Table  # Of `model.context.SCHEMAS`, sorted as said there.
    ignored: Counter[str]  # Well formed but not kept, by reason.
    malformed: int  # Bad lines left out; 0 unless good ones were to be kept.
    sha256: str  # Of the file as it lies on disk, hex.


class Intake:
    """
    One context file on its way in.

    Args:
        path: The file: plain, gzip or bzip2.
        day: The table's day; what the file dates later than it is left out and counted.
        keep_good: Count bad lines and go on, instead of stopping.
    """

    def __init__(self, path: Path, day: str, *, keep_good: bool = False) -> None:
        self.path = path
        self.day = day
        self.ends_ms = parse_time(day) + DAY_MS
        self.ignored: Counter[str] = Counter()
        self.malformed = 0
        self.keeps_good = keep_good

    @contextmanager
    def line(self, number: int) -> Iterator[None]:
        """
        Read one line inside this context; a bad one is left out as a whole.

        Raises:
            MalformedDocument: If a `BadLine` is raised inside and good ones are not kept.
        """
        try:
            yield
        except BadLine as error:
            if not self.keeps_good:
                raise MalformedDocument(str(error), str(self.path), number) from None
            self.malformed += 1

    def ignore(self, reason: str, count: int = 1) -> None:
        """Count what is well formed but of no use here."""
        if count:
            self.ignored[reason] += count

    def require_day(self, stated_ms: int) -> None:
        """
        Refuse a file that says itself that it was made after the table's day (R19).

        Raises:
            MalformedDocument: If it does.
        """
        if stated_ms >= self.ends_ms:
            raise MalformedDocument(
                f"was made after {self.day}; give the day of its making with --date",
                str(self.path),
            )

    @contextmanager
    def stream(self) -> Iterator[IO[bytes]]:
        """
        Open the file, decompressed where it is gzip or bzip2, told by its first bytes.

        Raises:
            NotFound: If it cannot be opened.
            MalformedDocument: If the compressed stream is cut or damaged.
        """
        try:
            raw = self.path.open("rb")
        except OSError as error:
            raise NotFound(f"{self.path}: {error.strerror}") from error
        with raw:
            try:
                yield self._plain(raw)
            except EOFError:
                raise MalformedDocument(
                    "the compressed file is cut short", str(self.path)
                ) from None
            except zlib.error:
                raise MalformedDocument("the compressed file is damaged", str(self.path)) from None
            except OSError as error:
                if error.errno is None:  # What gzip and bz2 say of their own.
                    raise MalformedDocument(
                        "the compressed file is damaged", str(self.path)
                    ) from None
                if isinstance(error, IsADirectoryError):
                    raise NotFound(f"{self.path} is a folder; name a file") from None
                raise Unavailable(f"{self.path}: {error.strerror}") from error

    def lines(self) -> Iterator[tuple[int, str]]:
        """
        Yield the lines of a text file that are not blank, with their numbers from 1.

        Raises:
            MalformedDocument: If a line is no UTF-8 text, or above 1 MiB.
        """
        with self.stream() as file:
            number = 0
            while raw := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(raw) > _LONGEST_LINE:
                    raise MalformedDocument("a line is longer than 1 MiB", str(self.path), number)
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError:
                    raise MalformedDocument("is no UTF-8 text", str(self.path), number) from None
                if "\0" in text:
                    raise MalformedDocument("is binary, no text", str(self.path), number)
                if text:
                    yield number, text

    def done(self, kind: ContextKind, columns: Sequence[NDArray[np.int64]]) -> Parsed:
        """
        Give the result; *columns* are those of the kind's schema, in its order.

        Raises:
            MalformedDocument: If there is no row.
        """
        rows = pa.Table.from_arrays(
            [pa.array(np.asarray(column, dtype=np.int64)) for column in columns],
            schema=SCHEMAS[kind],
        )
        if rows.num_rows == 0:
            others = [f"{count} {reason}" for reason, count in sorted(self.ignored.items())]
            if self.malformed:
                others.append(f"{self.malformed} malformed")
            tail = f" (but {', '.join(others)})" if others else ""
            raise MalformedDocument(f"holds nothing of the kind {kind}{tail}", str(self.path))
        return Parsed(
            rows=rows, ignored=self.ignored, malformed=self.malformed, sha256=self.sha256()
        )

    def sha256(self) -> str:
        """Hash the file as it lies on disk."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @staticmethod
    def _plain(raw: Any) -> IO[bytes]:
        magic = raw.read(3)
        raw.seek(0)
        if magic.startswith(b"\x1f\x8b"):
            return io.BufferedReader(gzip.GzipFile(fileobj=raw), _CHUNK)
        if magic == b"BZh":
            return io.BufferedReader(bz2.BZ2File(raw), _CHUNK)
        return io.BufferedReader(raw, _CHUNK)
