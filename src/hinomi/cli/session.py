"""What every command shares: which home, how to print, and the two options that say so."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from hinomi.cli import render
from hinomi.clock import Clock, parse_time, wall_clock
from hinomi.govern.roles import Act
from hinomi.services.engines import EngineKind
from hinomi.services.home import Home, open_home
from hinomi.services.mandates import Operation
from hinomi.services.parameters import overdue
from hinomi.services.people import people_in_force, require_role
from hinomi.telemetry import set_up_logging

HOME_VARIABLE: Final = "HINOMI_HOME"
DEFAULT_HOME: Final = "hinomi-home"

_TOLD_OF_REVIEWS: Final = frozenset({Operation.DETECT, Operation.COLLECT})

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Session:
    """One run of the command line."""

    home_folder: Path | None = None  # As --home said it.
    as_json: bool = False
    clock: Clock = wall_clock

    @property
    def folder(self) -> Path:
        """Where the home lies: --home, else the variable, else a folder right here."""
        if self.home_folder is not None:
            return self.home_folder
        return Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)

    def open_home(self, act: Operation | Act) -> Home:
        """
        Open the home for *act*, if whoever runs this may do that: the door of every command.

        What a person must know of register and people is told on standard error, a line each.

        Raises:
            NotPermitted: If no role of theirs lets them.
        """
        home = open_home(self.folder, self.clock, governing=isinstance(act, Act) and act.governs)
        set_up_logging(home.config.log.level)
        require_role(home, act)
        edited = people_in_force(home).edited
        due = overdue(home) if act in _TOLD_OF_REVIEWS else []
        for line in (*home.warnings, *([edited] if edited else [])):
            render.complain(line)
        if due:
            render.complain(
                f"{len(due)} parameter(s) are past their review date ({due[0]} and so on): "
                "`hinomi parameters list --due`"
            )
        return home


class TimeType(click.ParamType[int]):
    """An ISO 8601 time, handed on in ms since the Unix epoch, UTC."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Parse *value*, or fail as a usage error."""
        if isinstance(value, int):
            return value
        try:
            return parse_time(str(value))
        except (ValueError, OverflowError):
            self.fail("not an ISO 8601 time such as 2026-01-31 or 2026-01-31T23:00:00Z", param, ctx)


TIME: Final = TimeType()


engine_option: Final = click.option(
    "--engine",
    type=click.Choice([each.value for each in EngineKind]),
    default="duckdb",
    show_default=True,
    help="What computes: duckdb is embedded, spark an optional extra.",
)
"""Choose the engine of a command that detects."""


def shared_options(command: Callable[P, R]) -> Callable[P, R]:
    """Accept ``--home`` and ``--json`` here; the innermost place where they stand wins."""
    command = click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_set_json,
        help="Print one JSON document on standard output, and nothing else there.",
    )(command)
    return click.option(
        "--home",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_set_home,
        metavar="DIR",
        help=f"The home folder.  [default: ${HOME_VARIABLE}, else ./{DEFAULT_HOME}]",
    )(command)


def _set_home(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        _session(ctx).home_folder = value


def _set_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _session(ctx).as_json = True


def _session(ctx: click.Context) -> Session:
    return ctx.find_root().ensure_object(Session)
