"""
A synthetic ISP with known truth, as its routers would report it at 1 in N.

The addresses are those of `bench.addressing`: nothing real can be named. What is drawn, and
from which source its size comes, stands in `bench.spec` and `bench.variety`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from hinomi.bench.access import NetworkRow
from hinomi.bench.benign import live
from hinomi.bench.botnets import infest
from hinomi.bench.census import Census
from hinomi.bench.devices import connect
from hinomi.bench.exchange import Packets
from hinomi.bench.herds import Herd
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle, stream
from hinomi.bench.recording import record
from hinomi.bench.registry import (
    render_allocations,
    render_as_kinds,
    render_history,
    render_routes,
)
from hinomi.bench.small import attend
from hinomi.bench.spec import WorldSpec
from hinomi.bench.spool import Spool
from hinomi.bench.swarms import share
from hinomi.bench.teachers import ListRow, teach
from hinomi.bench.transit import pass_by
from hinomi.bench.traps import set_traps
from hinomi.bench.truth import NamedService, distinct, tabulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """All that is known of a world besides its flows."""

    spec: WorldSpec
    networks: tuple[NetworkRow, ...]  # The provider's own.
    lists: dict[str, tuple[ListRow, ...]]  # By the names of `teachers.LISTS`.
    papers: dict[str, str]  # File name and text of what anybody can look up (`registry`).
    truth: pa.Table  # `truth.tabulate`: one row a named service.


@dataclass(frozen=True, slots=True, kw_only=True)
class World(Knowledge):
    """A small world in memory, with everything that is true in it."""

    flows: pa.Table  # Plain flow table (design.md, section 2), ascending by time.


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A world before its packets become records."""

    scene: Scene
    herds: list[Herd]
    services: list[NamedService]  # Each once, under codes.


def build_world(spec: WorldSpec) -> World:
    """
    Draw a world in memory: the same spec gives the same world, to the last record.

    Raises:
        ValueError: If the spec asks for more than the synthetic prefixes hold.
    """
    tables: list[pa.Table] = []
    known = observe(spec, tables.append)
    flows = pa.concat_tables(tables)
    for name in ("exporter", "src_addr", "dst_addr"):
        place = flows.schema.get_field_index(name)
        flows = flows.set_column(place, name, flows[name].cast(pa.string()))
    return World(
        spec=spec,
        networks=known.networks,
        lists=known.lists,
        papers=known.papers,
        truth=known.truth,
        flows=flows,
    )


def observe(
    spec: WorldSpec, take: Callable[[pa.Table], object], spool: Spool | None = None
) -> Knowledge:
    """
    Draw a world and hand over its flow records slice by slice.

    Args:
        spec: The world.
        take: Is given tables of `recording.SCHEMA`, one after the other in order of time.
        spool: Holds the packets meanwhile; how it is cut changes no record.

    Notes:
        Memory is bounded by the largest slice and the people, not by the records.
    """
    with spool or Spool(spec.starts_ms, spec.length_ms) as held:
        drawn = _draw(spec, held)
        plan = drawn.scene.population.plan
        census = Census(drawn.services, plan)
        for packets in held.slices():
            take(record(packets, spec, plan, census))
    return _know(drawn, census)


def _draw(spec: WorldSpec, spool: Spool) -> _Drawn:
    salt = int(stream(spec, "addresses").integers(2**28))
    scene = Scene(spec, settle(spec), Allocation(salt, spec.internet))
    services: list[NamedService] = []
    for packets in _benign(scene, services):
        spool.append(packets)
    plague, herds = infest(scene)
    services.extend(plague.services)
    traps = set_traps(scene, herds, services)
    services.extend(traps.services)
    for part in (plague, traps):
        for packets in part.packets:
            spool.append(packets)
    return _Drawn(scene, herds, distinct(services))


def _benign(scene: Scene, services: list[NamedService]) -> Iterator[Packets]:
    yield from live(scene, services)
    yield from connect(scene, services)
    yield from attend(scene, services)
    yield from share(scene)
    yield from pass_by(scene)


def _know(drawn: _Drawn, census: Census) -> Knowledge:
    scene, spec = drawn.scene, drawn.scene.spec
    population, internet = scene.population, scene.allocation.internet
    clients, bots = census.counts()
    lesson = teach(scene, drawn.herds, drawn.services)
    networks = population.plan.networks
    return Knowledge(
        spec=spec,
        networks=networks,
        lists=lesson.lists,
        papers={
            "routes.txt": render_routes(internet, networks),
            "allocations.txt": render_allocations(
                internet, networks, spec.starts_ms, stream(spec, "allocations")
            ),
            "as-kinds.csv": render_as_kinds(internet, stream(spec, "as kinds")),
            "history.csv": render_history(
                internet.history, spec.starts_ms, stream(spec, "history")
            ),
        },
        truth=tabulate(lesson.services, clients, bots),
    )
