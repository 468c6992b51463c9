"""``hinomi import``: flow files into the lake."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.collect.files.catalogue import format_names
from hinomi.services.importing import (
    Imported,
    ImportedFile,
    ImportRequest,
    Progress,
    import_files,
)


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
    help="For records that do not state it: they were sampled 1 in N packets.  "
    "[default: as registered]",
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
@shared_options
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format_name: str | None,
    sampling_interval: int | None,
    exporter: str | None,
    time_offset: int,
    keep_good: bool,
) -> None:
    """
    Import flow files into the lake.

    PATH is a file, or a folder: its flow files are read, other files are listed as
    skipped. Subscribers' addresses become pseudonyms on the way; records between two
    outside addresses are counted and dropped. One file is all or nothing; the same file
    twice is imported once.

    \b
    Examples:
      hinomi import conn.log.gz
      hinomi import /var/cache/nfdump --sampling-interval 10000
      hinomi import --format table flows.parquet --exporter edge-1
    """
    session = ctx.ensure_object(Session)
    home = session.open_home()
    request = ImportRequest(
        paths=paths,
        format_name=format_name,
        sampling_interval=sampling_interval,
        exporter=exporter,
        time_offset_ms=time_offset * 1000,
        keep_good=keep_good,
    )
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
    files = []
    for each in imported.files:
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
        files.append(document)
    return {"files": files, "skipped": [render.path_text(path) for path in imported.skipped]}
