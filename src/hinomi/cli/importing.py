"""``hinomi import``: flow files into the lake."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.collect.files.catalogue import format_names
from hinomi.errors import UsageError
from hinomi.services.following import INTERVAL_S, SETTLE_S, Follower, FollowRequest, follow
from hinomi.services.home import Home
from hinomi.services.importing import (
    Imported,
    ImportedFile,
    ImportRequest,
    Progress,
    import_files,
)
from hinomi.services.mandates import Operation


@click.command("import")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(format_names()),
    help="How the files are written.  [default: found from each file]",
)
@click.option(
    "--sampling-interval",
    type=click.IntRange(min=1, max=2**31 - 1),
    metavar="N",
    help="For records that do not state it: they were sampled 1 in N packets. What `hinomi "
    "exporters sampling` states of their exporter wins.  [default: as registered]",
)
@click.option(
    "--counts-scaled",
    is_flag=True,
    help="For pmacct that renormalises: the counters were multiplied by the interval already.",
)
@click.option("--exporter", metavar="NAME", help="For records that do not name their exporter.")
@click.option(
    "--time-offset",
    type=click.IntRange(min=-(2**40), max=2**40),
    default=0,
    metavar="SECONDS",
    help="Added to every time: for sources whose clock begins at 0.",
)
@click.option(
    "--keep-good", is_flag=True, help="Count malformed records and go on instead of stopping."
)
@click.option(
    "--follow",
    "is_followed",
    is_flag=True,
    help="PATH is a folder into which another program rotates its files: import each once it is "
    "finished, until stopped. With --json each file is one line.",
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0, max=86_400),
    metavar="SECONDS",
    help=f"With --follow: a file is finished once it stood unchanged for so long.  "
    f"[default: {SETTLE_S:g}]",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1, max=86_400),
    metavar="SECONDS",
    help=f"With --follow: look for new files so often.  [default: {INTERVAL_S:g}]",
)
@shared_options
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format_name: str | None,
    sampling_interval: int | None,
    counts_scaled: bool,
    exporter: str | None,
    time_offset: int,
    keep_good: bool,
    is_followed: bool,
    settle: float | None,
    interval: float | None,
) -> None:
    """
    Import flow files into the lake.

    PATH is a file, or a folder: its flow files are read, other files are listed as skipped.
    Subscribers' addresses become pseudonyms on the way; records between two outside
    addresses are counted and dropped. One file is all or nothing; the same file twice is
    imported once. What `hinomi exporters` is told holds for files too. With --follow hidden
    files, links, and unfinished files (nfcapd.current.*, *.tmp) are left alone.

    \b
    Examples:
      hinomi import conn.log.gz
      hinomi import /var/cache/nfdump --sampling-interval 10000
      hinomi import --format table flows.parquet --exporter edge-1
      hinomi import --follow /var/cache/nfdump
    """
    session = ctx.ensure_object(Session)
    home = session.open_home(Operation.IMPORT)
    request = ImportRequest(
        paths=paths,
        format_name=format_name,
        sampling_interval=sampling_interval,
        counts_scaled=counts_scaled,
        exporter=exporter,
        time_offset_ms=time_offset * 1000,
        keep_good=keep_good,
    )
    if is_followed:
        _follow(session, home, _spool_of(request, settle, interval))
        return
    if settle is not None or interval is not None:
        raise UsageError("--settle and --interval have a meaning with --follow only")
    with _progress() as progress:
        imported = import_files(home, request, progress)
    if session.as_json:
        render.print_json(_as_json(imported))
    else:
        render.print_table(
            ("file", "format", "records", "stored", "dropped", "malformed", ""),
            [_row(each) for each in imported.files],
            numbers=(2, 3, 5),
        )
        for path in imported.skipped:
            click.echo(f"skipped {render.path_text(path)}: no flow file")
    for each in imported.files:
        _warn(each)
    ctx.exit(imported.exit_code)


def _spool_of(
    request: ImportRequest, settle: float | None, interval: float | None
) -> FollowRequest:
    if len(request.paths) != 1:
        raise UsageError("--follow takes one folder; run it once for each")
    return FollowRequest(
        folder=request.paths[0],
        reading=request,
        settle_s=SETTLE_S if settle is None else settle,
        interval_s=INTERVAL_S if interval is None else interval,
    )


def _follow(session: Session, home: Home, request: FollowRequest) -> None:
    """Follow a folder until SIGTERM or SIGINT; a second one does not wait for the file."""

    def tell(each: ImportedFile) -> None:
        if session.as_json:
            render.print_json(_file_json(each), on_one_line=True)
        elif each.error is None:
            name, *facts = (cell for cell in _row(each) if cell)
            click.echo(f"{name}: {', '.join(facts)}")
        sys.stdout.flush()
        _warn(each)

    def skip(path: Path) -> None:
        render.complain(f"{render.path_text(path)}: skipped, no flow file")

    with stopping_on_signals() as stop, _progress() as progress:
        follow(home, request, Follower(tell, skip, progress), pause=stop.wait)


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set; the second of them ends at once, as ever."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        restore()


@contextmanager
def _progress() -> Iterator[Progress]:
    """Draw a bar for each file on standard error, if that is a terminal."""
    console = render.error_console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=None)
        current: Path | None = None

        def tell(path: Path, done: int, total: int) -> None:
            nonlocal current
            if path != current:
                bars.reset(task, description=render.path_text(Path(path.name)))
                current = path
            bars.update(task, completed=done, total=total)

        yield tell


def _warn(each: ImportedFile) -> None:
    name = render.path_text(each.path)
    if each.error is not None:
        render.complain(str(each.error))
    if each.already_imported:
        render.complain(f"{name}: was imported before; nothing was added")
    if each.relative_times:
        render.complain(
            f"{name}: holds times before 1990, relative, not absolute; "
            "--time-offset SECONDS shifts them"
        )
    for note, count in each.notes.items():
        render.complain(f"{name}: {note} ({count})")


def _row(each: ImportedFile) -> tuple[str, ...]:
    if each.error is not None:
        outcome = "failed"
    else:
        outcome = "imported before" if each.already_imported else ""
    dropped = ", ".join(f"{reason} {count:,}" for reason, count in each.dropped.items())
    return (
        render.path_text(each.path),
        each.format or "",
        f"{each.records:,}",
        f"{each.stored:,}",
        dropped,
        f"{each.malformed:,}",
        outcome,
    )


def _as_json(imported: Imported) -> dict[str, object]:
    files = [_file_json(each) for each in imported.files]
    return {"files": files, "skipped": [render.path_text(path) for path in imported.skipped]}


def _file_json(each: ImportedFile) -> dict[str, object]:
    document: dict[str, object] = {
        "path": render.path_text(each.path),
        "format": each.format,
        "records": each.records,
        "stored": each.stored,
        "dropped": each.dropped,
        "malformed": each.malformed,
        "already_imported": each.already_imported,
        "notes": each.notes,
        "relative_times": each.relative_times,
    }
    if each.error is not None:
        document["error"] = str(each.error)
    return document
