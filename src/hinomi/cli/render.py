"""How results look: JSON documents, tables, and lines on standard error."""

import io
import json
import os
import shutil
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_TEXT_WIDTH = 100
"""Longer lines are hard to read."""

_PIPE_WIDTH = 200
"""Columns of a table that goes into a pipe or a file: nobody there folds lines."""


def print_json(document: object, *, on_one_line: bool = False) -> None:
    """Print one JSON document on standard output, on a line of its own where there are more."""
    indent = None if on_one_line else 2
    text = json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)
    # Names of files may hold bytes that are no text (PEP 383): they are shown escaped.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()
) -> None:
    """
    Print *rows* under *headings* on standard output.

    Args:
        headings: One for each column.
        rows: Plain text; nothing in it is taken as markup.
        numbers: Columns set flush right.
    """
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in numbers else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal = Console(highlight=False, emoji=False, markup=False)
    if terminal.is_terminal:
        terminal.print(table)
        return
    wide = Console(
        highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH, file=io.StringIO()
    )
    with wide.capture() as drawn:
        wide.print(table)
    click.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def plain(value: object) -> str:
    """Give a part of a JSON document as a person reads it: one fact a line."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if "text" in value:
            return str(value["text"])
        facts = (f"{name}: {plain(each)}" for name, each in value.items())
        return "\n".join(fact.replace("\n", ", ") for fact in facts)
    if isinstance(value, list):
        between = "\n" if any(isinstance(each, dict) for each in value) else " "
        return between.join(plain(each) for each in value)
    return str(value)


def error_console() -> Console:
    """Give a console on standard error as it is now."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


@contextmanager
def share_bar(label: str) -> Iterator[Callable[[float], None]]:
    """Draw a bar on standard error, if that is a terminal; it is told the share done, 0..1."""
    on = error_console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=on, transient=True, disable=not on.is_terminal) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def fold(text: str, *, indent: int) -> str:
    """Fold *text* to the width of the terminal, each line *indent* columns in."""
    space = " " * indent
    width = min(shutil.get_terminal_size().columns, _TEXT_WIDTH)
    return textwrap.fill(text, width, initial_indent=space, subsequent_indent=space)


def complain(line: str) -> None:
    """Say one line on standard error, as every message of hinomi begins."""
    click.echo("hinomi: " + " ".join(line.splitlines()), err=True)


def path_text(path: Path) -> str:
    """Give *path* as text that any output can carry, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def in_fours(digits: str) -> str:
    """Group hex digits by four, to be read out."""
    return " ".join(textwrap.wrap(digits, 4))
