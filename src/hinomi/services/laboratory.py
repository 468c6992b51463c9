"""
A home made of a world, for as long as it is measured.

It is a laboratory: it takes any sampling and can share nothing. Nobody's lines are in it,
and it goes with everything that was made on the way.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from hinomi.bench.thinning import thin_world
from hinomi.bench.worldfiles import (
    WorldFiles,
    first_day_ms,
    read_truth,
    shortage_of,
    state_paces,
)
from hinomi.clock import Clock, render_time, wall_clock
from hinomi.errors import NotPermitted, Unavailable
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS
from hinomi.model.service import Service
from hinomi.services.context import add_context
from hinomi.services.home import Home, create_home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.listing import add_list
from hinomi.services.ownership import own_matcher
from hinomi.services.scratch import scratch_folder

SOURCE: Final = "bench"
WORKPLACE: Final = "hinomi-bench-"
_DAY_LETTERS: Final = 10
_EVERYTHING: Final = 1
"""Declared sampling of a home that takes all: what a record states wins."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinning:
    """How a world is sampled again."""

    factor: int = 1  # Keep one packet in so many; 1: as it is.
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """A world taken in, and what is true of it under the names that detection uses."""

    home: Home
    truth: pa.Table  # `worldfiles.TRUTH`.
    records: int  # Flow records taken in.


@contextmanager
def open_laboratory(
    world: WorldFiles,
    tell: Tell,
    *,
    thinning: Thinning | None = None,
    with_context: bool = True,
    clock: Clock = wall_clock,
) -> Iterator[Laboratory]:
    """
    Take a world in as an operator would, and remove all of it afterwards.

    Args:
        world: The files.
        tell: Is told each step as it begins.
        thinning: How to sample it again first.
        with_context: Bring in its context as well, as of the day before its first.
        clock: What time it is.

    Raises:
        MalformedDocument: If a file of the world cannot be read.
        Unavailable: If the disk refuses.
    """
    with _workplace() as folder:
        create_home(folder / "home", world.own_networks, _EVERYTHING, clock)
        home = open_home(folder / "home", clock)
        truth = read_truth(world.truth)
        if world.described is not None:
            truth = state_paces(truth, world.described)
        flows = world.flows
        if thinning is not None and thinning.factor > 1:
            tell(f"{world.name}: keeping one packet in {thinning.factor}")
            flows = (folder / "thinned.parquet",)
            truth = thin_world(
                world.flows,
                flows[0],
                truth,
                _lines(home),
                factor=thinning.factor,
                seed=thinning.seed,
            )
        tell(f"{world.name}: taking in {len(flows)} file(s)")
        records = _take_in(home, flows)
        shortage = shortage_of(world, truth)
        if shortage is not None:
            tell(f"{world.name}: warning: {shortage}")
        for kind, path in world.lists.items():
            add_list(home, kind, path, SOURCE)
        if with_context:
            _add_context(home, world)
        yield Laboratory(home=home, truth=rename_own(home, truth), records=records)


def rename_own(home: Home, truth: pa.Table) -> pa.Table:
    """
    Name services on own lines as detection does: by their pseudonym.

    Args:
        home: A laboratory: made-up lines only may be followed through the key.
        truth: Rows of `worldfiles.TRUTH`.

    Raises:
        NotPermitted: If *home* is none: there, pseudonyms are of real subscribers.
    """
    if not home.is_laboratory:
        raise NotPermitted("only a laboratory may lay a truth beside its pseudonyms")
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    names = []
    for text in truth.column("address").to_pylist():
        address = parse_address(text)
        pseudonym = match_own(address)
        named = Service(address, 0, 0) if pseudonym is None else Service(pseudonym, 0, 0, own=True)
        names.append(named.render_address())
    return truth.set_column(0, "address", pa.array(names, pa.string()))


@contextmanager
def _workplace() -> Iterator[Path]:
    """Give a folder among the temporary ones; those of runs that were killed hold keys, and go."""
    with ExitStack() as stack:
        try:
            place = Path(tempfile.gettempdir())
            folder = stack.enter_context(scratch_folder(place, WORKPLACE))
        except OSError as error:
            raise Unavailable(f"cannot make a folder to work in: {error.strerror}") from error
        yield folder


def _take_in(home: Home, flows: tuple[Path, ...]) -> int:
    imported = import_files(home, ImportRequest(paths=flows))
    for file in imported.files:
        if file.error is not None:
            raise file.error
    return sum(file.records for file in imported.files)


def _add_context(home: Home, world: WorldFiles) -> None:
    first_ms = first_day_ms(world)
    if first_ms is None:
        return
    day = render_time(first_ms - DAY_MS)[:_DAY_LETTERS]
    for kind, path in world.context.items():
        add_context(home, kind, path, source=SOURCE, licence="made up", day=day)


def _lines(home: Home) -> Callable[[str], object | None]:
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    return lambda text: match_own(parse_address(text))
