"""
Writes docs/reference/explanations.md: do the reasons name the real cause?

Draw worlds of families that no model was made from, then run from the root of the project:

    hinomi bench world dense --kind dense --split held-out --seed 102 --lines 16000
    hinomi bench world sparse --kind sparse --split held-out --seed 102 --lines 50000
    .venv/bin/python benchmarks/explanations.py dense sparse \
        > docs/reference/explanations.md

What is shown is chosen by rule, and what may explain what by `CAUSES` and `causes_of`, which
look at what a service was drawn as and never at what detection said of it.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from hinomi.bench.blueprints import BLUEPRINTS, Blueprint
from hinomi.bench.score import CC, LIKELY
from hinomi.bench.worldfiles import WorldFiles, find_world
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.orient import SERVICE
from hinomi.detect.reasons import Sources, reasons_for
from hinomi.model.service import Reason
from hinomi.model.window import Window
from hinomi.services.delays import service_columns
from hinomi.services.detecting import judging
from hinomi.services.laboratory import open_laboratory
from hinomi.services.mandates import Operation
from hinomi.services.models import model_in_use

SHOWN: Final = 20
"""Services of each kind."""

START: Final = "base-rate"

HEAD: Final = """\
# Do the reasons name the real cause?

Made by `benchmarks/explanations.py`; do not edit. Judged by the model `{model}`, in worlds with
families and operators that it was not made from:

{worlds}

**Named the real cause: {found} C&C servers that were found, {rejected} traps that were
rejected**, by the strongest reason on the right side; {found_partly} and {rejected_partly} more
by the second or third.

How they were chosen, by rule alone:

- *Found C&C servers* reach a probability of 0.5; those on no list come first. They are taken in
  turn from each design and tier, in the order of their names, the most probable first.
- *Rejected traps* are services of a known purpose that is no C&C, below a probability of 0.5. They
  are taken in turn from each kind of trap, in the order of the list in the script, small services
  that keep in touch as C&C servers do and all others last, and of each first those with the most
  suspects among their clients: the hardest.

What a reason may explain follows from what a service was drawn as, never from what detection
said of it. *Yes*: the strongest reason on the right side names the cause. *Partly*: only the
second or third does. *No*: none of the three. That suspects are among the clients of a C&C
server names nothing where less than half of its sampled clients are really its members.

Reasons stand as detection words them, the strongest first, with their weights in log-odds: three
on the right side, two on the other. Of a service that is rejected, what it lacks is measured from
the likely C&C servers of its window. Numbers change a little from run to run: each takes its
world in under a new key, and what the window itself teaches is learned in another order. One or
two services change places by that, and the counts with them.

"""

COLUMNS: Final = (
    "| | what it is | met by | probability | reasons {right} | reasons {other} | real cause "
    "| named |\n|--:|---|---|--:|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a service is what it is, and the reasons that say so."""

    words: str
    names: frozenset[str]


def cause(words: str, names: str) -> Cause:
    """Write a cause down: the codes of reasons, parted by spaces."""
    return Cause(words, frozenset(names.split()))


_NO_BOTS: Final = "not-enriched not-shared-clients"
"""Its clients are no more infected than others."""

_HARMLESS: Final = f"{_NO_BOTS} benign"

CAUSES: Final[dict[str, Cause]] = {
    "scan-target": cause("bots break into it: they meet it by scanning", "probed knocking"),
    "ddos-victim": cause("bots attacked it; at other times anybody meets it", _HARMLESS),
    "installer": cause(
        "its clients share a model that gets infected, and met it before",
        f"onset explained {_NO_BOTS}",
    ),
    "loader": cause("infected lines fetch the program from it, once", "transfer momentary"),
    "vendor-cloud": cause("every device of a model meets it, infected or not", _HARMLESS),
    "p2p-node": cause("a peer among many: its network has no centre", "few company explained"),
    "sinkhole": cause("researchers took it over", "sinkhole"),
    "dead-cc": cause("nobody answers there any more", "unanswered one-way answers"),
    "ip-echo": cause(
        "bots and people ask it their address, now and then: no one keeps in touch",
        f"not-alike momentary {_HARMLESS}",
    ),
    "shared-host": cause("innocents share the address", _HARMLESS),
    "telemetry": cause("devices keep in touch with it, infected or not", _HARMLESS),
    "server-to-server": cause("servers keep in touch with it", f"{_HARMLESS} company"),
    "mining-pool": cause("people mine there of their own will", _HARMLESS),
}
"""By label; in this order traps are shown."""

LOOKALIKES: Final = (
    "alarm-centre", "community", "irc-server", "payment", "remote-maintenance",
)  # fmt: skip
"""Small services that keep in touch as C&C servers do: they take one turn together."""

ORDINARY: Final = cause("an ordinary service with clients like anybody", _HARMLESS)
"""Of all other labels: they take the last turn together."""


def causes_of(row: dict[str, Any]) -> Cause:
    """Tell why a service is a C&C server, or is none, from the truth alone."""
    if row["label"] != CC:
        return CAUSES.get(row["label"], ORDINARY)
    if row["tier"] == 2:
        return cause("its clients are C&C servers themselves", "upper")
    every = {each.name: each for split in BLUEPRINTS.values() for each in split}
    drawn: Blueprint | None = every.get(row["design"] or "")
    if drawn is not None and drawn.activity in ("scan", "spam"):
        deed = {"scan": "scan", "spam": "send spam"}[drawn.activity]
        return cause(f"its members {deed}", "enriched joint shared-clients")
    if drawn is not None and (drawn.servers[1] > 1 or drawn.own_fronts[1] > 1):
        return cause(
            "its members meet other servers of the same family",
            "enriched joint shared-clients sisters explained",
        )
    return cause(
        "its members leave no other trace: how they keep in touch, and whom else they meet",
        "alike enriched joint shared-clients",
    )


@dataclass(frozen=True, slots=True)
class Explained:
    """A service of which the truth is known, and what detection says of it."""

    truth: dict[str, Any]
    probability: float
    listed: bool
    clients: int
    suspects: int
    reasons: tuple[Reason, ...]

    @property
    def is_cc(self) -> bool:
        """Whether it really is a C&C server."""
        return bool(self.truth["label"] == CC)

    @property
    def group(self) -> tuple[int, str, int]:
        """Where it stands in turn: place of the label, name, tier."""
        if self.is_cc:
            return (int(self.listed), self.truth["design"] or "", self.truth["tier"] or 0)
        label = self.truth["label"]
        if label in CAUSES:
            return ([*CAUSES].index(label), label, 0)
        return (len(CAUSES) + (label not in LOOKALIKES), "", 0)

    def side(self, *, right: bool) -> list[Reason]:
        """Give what speaks for the truth, or against it, strongest first."""
        sign = 1.0 if self.is_cc is right else -1.0
        return [each for each in self.reasons if each.code != START and sign * each.weight > 0]

    def named(self) -> str:
        """Tell whether the reasons name the real cause: yes, partly or no."""
        real, told = causes_of(self.truth).names, [each.code for each in self.side(right=True)]
        if self.is_cc and 2 * (self.truth["bots"] or 0) < (self.truth["clients"] or 0):
            real -= {"enriched", "joint"}  # Most of its clients are innocents.
        if real & {*told[:1]}:
            return "yes"
        return "partly" if real & {*told[:3]} else "no"


class _Spec(msgspec.Struct):
    seed: int
    lines: int
    interval: int


class _Described(msgspec.Struct):
    kind: str
    split: str
    spec: _Spec


def main() -> None:
    """Print the page."""
    if len(sys.argv) < 2:
        sys.exit("usage: explanations.py WORLD ...")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found: list[Explained] = []
    rejected: list[Explained] = []
    told, model = [], ""
    for folder in sys.argv[1:]:
        world = find_world(Path(folder))
        told.append(_described(world))
        model, explained = explain(world)
        found += (each for each in explained if each.is_cc and each.probability >= LIKELY)
        rejected += (each for each in explained if not each.is_cc and each.probability < LIKELY)
    ccs = in_turn(sorted(found, key=lambda each: -each.probability))
    traps = in_turn(sorted(rejected, key=lambda each: (-each.suspects, -each.probability)))
    print(render(ccs, traps, worlds="\n".join(told), model=model), end="")


def explain(world: WorldFiles) -> tuple[str, list[Explained]]:
    """Judge a world as `hinomi bench run` does; give the model and its named services."""
    with open_laboratory(world, lambda text: print(text, file=sys.stderr)) as laboratory:
        kept = model_in_use(laboratory.home)
        with judging(laboratory.home, Window(), Operation.DETECT, lambda _: None, kept=kept) as (
            _,
            judged,
            sources,
        ):
            services = keys(judged.survey.services, SERVICE)
            place = positions(keys(service_columns(laboratory.truth), SERVICE), services)
            rows = zip(laboratory.truth.to_pylist(), place.tolist(), strict=True)
            card = kept.model.card
            return f"{card.name}, {card.made}", list(_explained(judged, sources, rows))


def _explained(
    judged: Judgement, sources: Sources, rows: Iterable[tuple[dict[str, Any], int]]
) -> Iterator[Explained]:
    chances, clients = judged.probability(), ints(judged.survey.services, "clients")
    for truth, place in rows:
        if place >= 0:
            yield Explained(
                truth,
                float(chances[place]),
                bool(judged.listed[place]),
                int(clients[place]),
                int(judged.suspects[place]),
                reasons_for(judged, place, sources),
            )


def in_turn(ranked: Sequence[Explained]) -> list[Explained]:
    """Take one of each group in turn until there are enough, in the order given within each."""
    groups: dict[tuple[int, str, int], list[Explained]] = {}
    for each in ranked:
        groups.setdefault(each.group, []).append(each)
    turns = [
        (turn, group, each)
        for group, members in groups.items()
        for turn, each in enumerate(members)
    ]
    fresh = [one for one in turns if not (one[2].is_cc and one[2].listed)]
    listed = [one for one in turns if one[2].is_cc and one[2].listed]
    order = [*sorted(fresh, key=_turn), *sorted(listed, key=_turn)]
    return [each for _, _, each in order[:SHOWN]]


def _turn(one: tuple[int, tuple[int, str, int], Explained]) -> tuple[int, tuple[int, str, int]]:
    return one[:2]


def render(ccs: Sequence[Explained], traps: Sequence[Explained], *, worlds: str, model: str) -> str:
    """Write the page."""

    def count(rows: Sequence[Explained], named: str = "yes") -> int:
        return sum(each.named() == named for each in rows)

    head = HEAD.format(
        worlds=worlds,
        model=model,
        found=f"{count(ccs)} of {len(ccs)}",
        rejected=f"{count(traps)} of {len(traps)}",
        found_partly=count(ccs, "partly"),
        rejected_partly=count(traps, "partly"),
    )
    parts = [
        ("## Found C&C servers", COLUMNS.format(right="for", other="against"), ccs),
        ("## Rejected traps", COLUMNS.format(right="against", other="for"), traps),
    ]
    tables = [
        "\n".join([f"{title}\n", columns, *(_row(*each) for each in enumerate(rows, start=1))])
        for title, columns, rows in parts
    ]
    return head + "\n\n".join(tables) + "\n"


def _row(number: int, each: Explained) -> str:
    truth = each.truth
    if each.is_cc:
        listed = ", listed" if each.listed else ""
        what = f"C&C, {truth['design'] or truth['family']}, tier {truth['tier']}{listed}"
    else:
        what = truth["label"]
    members = f"; {truth['bots']} members were sampled" if truth["bots"] else ""
    met = f"{each.clients} clients, {each.suspects} suspects{members}"
    right, other = each.side(right=True)[:3], each.side(right=False)[:2]
    cells = [
        f"{what}, {truth['protocol']}/{truth['port']}",
        met,
        f"{each.probability:.3f}",
        _said(right),
        _said(other),
        causes_of(truth).words,
        each.named(),
    ]
    return f"| {number} | {' | '.join(cells)} |"


def _said(reasons: Sequence[Reason]) -> str:
    return "<br>".join(f"{one.weight:+.1f} `{one.code}` {one.text}" for one in reasons) or "-"


def _described(world: WorldFiles) -> str:
    """Name a world by what it was drawn from."""
    if world.described is None:
        return f"- {world.name}, of which nothing more is told"
    drawn = msgspec.json.decode(world.described.read_bytes(), type=_Described)
    return (
        f"- {drawn.kind}, seed {drawn.spec.seed}, {drawn.split} families, "
        f"{drawn.spec.lines:,} lines, 1 in {drawn.spec.interval:,}"
    )


if __name__ == "__main__":
    main()
