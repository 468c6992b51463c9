"""
Import: flow files in, conversation records in the lake.

One file is all or nothing. Its batch id is made from its content, so the same file is
imported once whatever its name; a file that fails leaves nothing behind and the others go
on.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import structlog

from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import FileFormat, ReadOptions, Tally
from hinomi.collect.normalise import Normaliser
from hinomi.collect.ownership import OwnTable
from hinomi.errors import (
    ConfigError,
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    UsageError,
)
from hinomi.govern.mandate import Mandate
from hinomi.model.flow import UNKNOWN_INTERVAL
from hinomi.services.exporters import describe_exporters
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook, ImportRecord
from hinomi.telemetry import name_without_addresses

Progress = Callable[[Path, int, int], None]
"""Is told, now and then: which file, bytes of it done, bytes in all."""

REMOVED_HOUR: Final = "removed-hour"
"""Why a record was dropped: its hour was removed from the lake for good."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What the operator asked to import, and how to read it."""

    paths: Sequence[Path]
    format_name: str | None = None  # None: found from each file.
    sampling_interval: int | None = None  # For rows that state none; None: as registered.
    counts_scaled: bool = False  # Counters were multiplied by it before they were written.
    exporter: str | None = None  # For rows that name none.
    time_offset_ms: int = 0
    keep_good: bool = False


@dataclass(slots=True, kw_only=True)
class ImportedFile:
    """What became of one file."""

    path: Path
    format: str | None = None
    records: int = 0  # Rows of the source, by this run.
    stored: int = 0  # Conversation records, by this run.
    dropped: dict[str, int] = field(default_factory=dict)  # Unidirectional, by reason.
    malformed: int = 0
    already_imported: bool = False
    notes: dict[str, int] = field(default_factory=dict)
    relative_times: bool = False
    error: HinomiError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of one run."""

    files: tuple[ImportedFile, ...]
    skipped: tuple[Path, ...]  # Found in folders, and no flow files.

    @property
    def exit_code(self) -> int:
        """The first failure's, 0 without one."""
        return next((file.error.exit_code for file in self.files if file.error), 0)


def import_files(
    home: Home, request: ImportRequest, progress: Progress = lambda _path, _done, _total: None
) -> Imported:
    """
    Import every file that *request* names, those in folders too.

    Failures that concern one file are kept with it; the other files go on.

    Raises:
        ConfigError: If the home itself is damaged.
        Unavailable: If the journal cannot be written: nothing may then go on.
    """
    found, skipped = _gather(request.paths, request.format_name)
    files = []
    with home.casebook() as casebook:
        run = ImportRun(home, request, casebook, progress)
        for path, chosen in found:
            files.append(run.take(path, chosen))
    return Imported(files=tuple(files), skipped=tuple(skipped))


class ImportRun:
    """One run of import: what all its files share."""

    def __init__(
        self, home: Home, request: ImportRequest, casebook: CaseBook, progress: Progress
    ) -> None:
        self._home = home
        self._request = request
        self._casebook = casebook
        self._progress = progress
        self._lake = home.lake()
        self._journal = home.journal()
        self._mandate: Mandate = home.mandate(Operation.IMPORT)
        self._options = _read_options(home, request, casebook)
        self._normaliser = Normaliser(
            own=OwnTable(casebook.own_networks()),
            cipher=home.cipher(),
            exporter_number=casebook.exporter_number,
            transit=home.config.collect.transit,
        )

    def take(self, path: Path, chosen: FileFormat | HinomiError) -> ImportedFile:
        """Import one file; a failure that concerns only this file is kept with it."""
        result = ImportedFile(path=path)
        try:
            if isinstance(chosen, HinomiError):
                raise chosen
            result.format = chosen.name
            self._import(path, chosen, result)
        except ConfigError:  # Of the home, not of this file.
            raise
        except HinomiError as error:
            self._fail(result, error)
        except OSError as error:  # The file system's own: never a value of the file.
            self._fail(result, NotFound(f"{path}: {error.strerror or 'cannot be read'}"))
        return result

    def _import(self, path: Path, chosen: FileFormat, result: ImportedFile) -> None:
        if chosen.is_packets and not self._home.is_laboratory:
            raise NotPermitted(
                f"{path}: is a packet capture; an operational home takes flow records only. "
                "A laboratory (`hinomi init --sampling 1`) takes captures and shares nothing"
            )
        if self._request.counts_scaled and not chosen.may_be_scaled:
            raise UsageError(
                f"{path}: --counts-scaled is for pmacct, whose files cannot tell whether their "
                f"counters were multiplied; leave it out for {chosen.name}"
            )
        before = path.stat()
        content = content_id(path)
        if self._lake.has(content):
            result.already_imported = True
            self._note(result, stage="already-imported", content=content)
            return
        self._note(result, stage="begins", content=content)
        tally = Tally()
        batches = self._convert(path, chosen, tally, before.st_size)
        batches = _unchanged(path, (before.st_size, before.st_mtime_ns), batches)
        commit = self._lake.append(
            batches, content, self._mandate, period=self._normaliser.cipher.period
        )
        if commit.already_stored:  # Another process was faster: nothing was read here.
            result.already_imported = True
            self._note(result, stage="already-imported", content=content)
            return
        result.stored = commit.rows
        result.records, result.malformed = tally.records, tally.malformed
        if commit.late_rows:
            tally.dropped[REMOVED_HOUR] += commit.late_rows
        result.dropped, result.notes = dict(sorted(tally.dropped.items())), dict(tally.notes)
        result.relative_times = tally.relative_times and not self._request.time_offset_ms
        self._casebook.record_import(
            ImportRecord(
                content_id=content,
                file_name=name_without_addresses(path),
                format=chosen.name,
                records=result.records,
                stored=result.stored,
                malformed=result.malformed,
                imported_ms=self._home.clock(),
                dropped=result.dropped,
                options=_chosen_options(self._request),
            )
        )
        self._note(
            result,
            stage="done",
            content=content,
            records=result.records,
            stored=result.stored,
            dropped=result.dropped,
            malformed=result.malformed,
        )
        _log.info("imported", format=chosen.name, records=result.records, stored=result.stored)

    def _convert(
        self, path: Path, chosen: FileFormat, tally: Tally, total_bytes: int
    ) -> Iterator[pa.RecordBatch]:
        smallest = (
            0
            if self._home.is_laboratory
            else self._home.register.integer("collect.sampling_interval_min")
        )
        for batch in chosen.read(path, self._options, tally):
            if smallest:
                _require_sampling(path, batch, smallest)
            self._progress(path, min(tally.bytes_read, total_bytes), total_bytes)
            yield self._normaliser.normalise(batch, tally.dropped)
        self._progress(path, total_bytes, total_bytes)

    def _fail(self, result: ImportedFile, error: HinomiError) -> None:
        # What the file gave so far is not in the lake: it counts nowhere.
        result.error = error
        outcome = "refused" if isinstance(error, NotPermitted) else "failed"
        self._note(result, stage=outcome, error=type(error).__name__)
        _log.info("not imported", error=type(error).__name__)

    def _note(self, result: ImportedFile, **facts: object) -> None:
        record(
            self._journal,
            Operation.IMPORT,
            self._mandate,
            {
                "file": name_without_addresses(result.path),
                "format": result.format,
                "home": self._home.config.node.kind.value,  # Shows it if the kind was changed.
                "register": self._home.register.version,
                **facts,
            },
        )


def _read_options(home: Home, request: ImportRequest, casebook: CaseBook) -> ReadOptions:
    register = home.register
    interval = request.sampling_interval
    return ReadOptions(
        sampling_interval=(
            register.integer("collect.sampling_interval") if interval is None else interval
        ),
        counts_scaled=request.counts_scaled,
        exporter=request.exporter,
        keep_good=request.keep_good,
        latest_ms=home.clock() + register.integer("collect.future_tolerance_ms"),
        time_offset_ms=request.time_offset_ms,
        active_timeout_ms=register.integer("collect.capture_active_timeout_ms"),
        inactive_timeout_ms=register.integer("collect.capture_inactive_timeout_ms"),
        described=describe_exporters(register, casebook),
    )


def _chosen_options(request: ImportRequest) -> dict[str, object]:
    chosen = {
        "format": request.format_name,
        "sampling_interval": request.sampling_interval,
        "counts_scaled": request.counts_scaled,
        "exporter": request.exporter,
        "time_offset_ms": request.time_offset_ms,
        "keep_good": request.keep_good,
    }
    return {name: value for name, value in chosen.items() if value}


def _gather(
    paths: Sequence[Path], format_name: str | None
) -> tuple[list[tuple[Path, FileFormat | HinomiError]], list[Path]]:
    """Find the files to read, each with its format or what speaks against it."""
    found: list[tuple[Path, FileFormat | HinomiError]] = []
    skipped: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append((path, choose_format(path, format_name)))
            continue
        for inner in _walk(path):
            if inner.is_symlink() and not inner.exists():  # Nobody asked for it by name.
                skipped.append(inner)
                continue
            chosen = choose_format(inner, None)
            is_wanted = isinstance(chosen, FileFormat) and format_name in (None, chosen.name)
            if is_wanted or isinstance(chosen, NotFound):
                found.append((inner, chosen))
            else:
                skipped.append(inner)
    return found, skipped


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place, name) for name in sorted(names))


def choose_format(path: Path, format_name: str | None) -> FileFormat | HinomiError:
    """Give the format to read *path* in, or what speaks against reading it."""
    try:
        if not path.exists():
            return NotFound(f"{path}: no such file")
        if not path.is_file():  # Reading a pipe to its end for its content id empties it.
            return MalformedDocument("is no regular file", str(path))
        found = find_format(path, format_name)
    except (MalformedDocument, NotFound) as error:
        return error
    except OSError as error:
        return NotFound(f"{path}: {error.strerror or 'cannot be read'}")
    reason = "is of no flow format that hinomi knows; if it is, name the format with --format"
    return found or MalformedDocument(reason, str(path))


def content_id(path: Path) -> str:
    """Make the batch id: the same bytes are the same batch, whatever the file's name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unchanged(
    path: Path, before: tuple[int, int], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Refuse a file that someone writes while it is read: its content id would be a lie."""
    yield from batches
    after = path.stat()
    if (after.st_size, after.st_mtime_ns) != before:
        raise Conflict(f"{path}: changed while it was read; import it again when it is complete")


def _require_sampling(path: Path, batch: pa.RecordBatch, smallest: int) -> None:
    intervals = batch.column("sampling_interval").to_numpy()
    if not intervals.size or intervals.min() >= smallest:
        return
    advice = "A laboratory (`hinomi init --sampling 1`) takes any sampling and shares nothing"
    if (intervals == UNKNOWN_INTERVAL).any():
        raise NotPermitted(
            f"{path}: holds records that do not state their sampling interval. If the exporter "
            f"samples 1 in N, say so with --sampling-interval N (at least {smallest}). {advice}"
        )
    raise NotPermitted(
        f"{path}: holds records sampled more densely than 1 in {smallest}, "
        f"which an operational home refuses. {advice}"
    )
