"""
Writes docs/reference/poisoning.md and its picture: what dishonest members can do to a hub.

Run from the root of the project (about ten minutes on two cores):

    PYTHONPATH=src:tests .venv/bin/python benchmarks/poisoning.py

The worlds are those of tests/poisonings.py; what decides is the hub's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from hinomi.verify.reliability import Grade
from poisonedhub import play_hub
from poisonings import Attack, Setting, play_votes, with_rule

SEEDS: Final = 10
MEMBERS: Final = 12
PAGE: Final = Path("docs/reference/poisoning.md")
PICTURE: Final = PAGE.with_suffix(".png")
LIARS: Final = (0, 1, 2, 3, 4)
VOTES: Final = (2, 3, 7)
ATTACKS: Final = tuple(each for each in Attack if each is not Attack.NOTHING)

Facts = Mapping[str, float]
Run = partial[list[Facts]]
"""Plays settings, by the hub or by so many votes, and gives the means."""

HEAD: Final = f"""\
# What dishonest members can do to the hub

Made by `benchmarks/poisoning.py`; do not edit. {MEMBERS} members, 60 epochs, {SEEDS} worlds each;
figures are means of a world. What decides is the hub's own code, with the parameters that ship
([How the hub weighs](../explanation/how-the-hub-weighs.md)). Made up are
(`tests/poisonings.py`, `tests/poisonedhub.py`):

- *servers*: 60 C&C servers at first and 3 more an epoch, alive for 25 epochs on average; a member
  meets between a tenth and nearly all of them, and finds what it meets after 1.5 epochs on average;
- *mistakes*: each honest member takes an innocent server for one every 5 to 50 epochs, for five
  epochs, out of 400 of which a few are mistaken again and again, by several members;
- *others*: honeypots name a quarter of the true servers; one list names a fifth, and keeps them for
  20 epochs too long;
- *people* look at the first 10 of the queue in an epoch, and see nine times in ten what it is; a
  refusal here is that of two of them, and counts against who named the server at once; people at
  members notice 3 % of what is listed and wrong or gone in five epochs.

The dishonest act together:

- *list innocents*: name 40 innocent servers beside what they find, others every ten epochs;
- *remove true ones*: name none, and say of every listed one that it is wrong;
- *both*; *sleeper*: honest for 30 epochs, then both;
- *copy, and add innocents*: say what one honest member and the list said the day before, nine in
  ten of it;
- *name what others mistake*: name the 40 innocent servers that honest members mistake most easily;
- *say the list back*: name what stands on the list, and nothing that does not; lines of one honest
  member in twenty meet what is dead or innocent, too, and confirm it, here as in the next;
- *find, and never leave off*: find as the honest do, and name the whole list beside it, so that
  they named much of it first.

A *false listing* is an innocent server that was listed at any time; *by attack*, of those, one that
fewer than three honest members named. A *false removal* is a live server that left the list while
three honest members named it. *Listed* is the share of true servers that three honest members ever
named and that were listed; *delay* is from that epoch to the list with it. The *queue* is what
waits for people, mean of an epoch. *Stale* is the share of the list that is dead or innocent;
*longest*, for how many epochs one such server stood on it, and *kept*, how many did for longer than
two leases.

![False listings, false removals and true servers listed, by dishonest members](poisoning.png)

The picture is of *both*. A majority of seven resists any few, and lists a third of what it could.

"""

TAIL: Final = """
## What the figures do not show

- Three who collude are more than `hub.coalition_most` is made for: they list whom they want until
  people notice.
- Two who *name what others mistake* add their words to the mistake of one honest member, and that
  is enough: in three of ten worlds one server was listed so. It is not more since people refuse
  what the two name alone, and the two are worth little from then on. Members that knew for certain
  what a third will mistake next could have it listed.
- Where honest members are mistaken together, three of them list an innocent server with nobody
  dishonest: *false listings* beside *by attack*. Against that stand benign lists, guards and
  people, not this rule.
- Where nobody looks at the queue, two who named a server before it was listed keep it there for as
  long as the lines of one honest member confirm it. People see each such server: what no more than
  `hub.coalition_most` members name stands in the queue.
- A lease keeps dead servers for days (*stale*); a vote drops them at once, and with them what a
  member that was down for a day had named. The worlds have no such outages, which flatters votes.
- Members here see one world. Members with customers abroad, or with few customers, see other ones.
"""

COLUMNS: Final = "false listings | by attack | false removals | listed | delay, epochs"


def main() -> None:
    """Play everything, and write page and picture."""
    with ProcessPoolExecutor(2) as pool:
        run = partial(_run, pool)
        page = HEAD + "".join(f"{line}\n" for line in _page(run))
        curves = _curves(run)
    PAGE.write_text(page + TAIL, "utf-8")
    _draw(curves)


def _run(pool: ProcessPoolExecutor, settings: Sequence[Setting], votes: int = 0) -> list[Facts]:
    """Play each setting in every world, and give the means."""
    tasks = [replace(each, seed=seed) for each in settings for seed in range(1, SEEDS + 1)]
    play = play_hub if votes == 0 else partial(play_votes, least=votes)
    facts = [each.facts() for each in pool.map(play, tasks)]
    return [
        {
            name: float(np.nanmean([each[name] for each in facts[place : place + SEEDS]]))
            for name in facts[0]
        }
        for place in range(0, len(facts), SEEDS)
    ]


def _setting(attack: Attack, dishonest: int, **changed: object) -> Setting:
    return replace(
        Setting(seed=0, attack=attack, dishonest=dishonest, members=MEMBERS),
        **changed,  # type: ignore[arg-type]  # Fields by name.
    )


def _page(run: Run) -> Iterator[str]:
    yield "## The hub\n"
    yield f"| attack | dishonest | {COLUMNS} | queue | stale |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    settings = [_setting(Attack.NOTHING, 0)]
    settings += [_setting(attack, liars) for attack in ATTACKS for liars in (1, 2, 3)]
    for setting, facts in zip(settings, run(settings), strict=True):
        yield _row(f"{setting.attack} | {setting.dishonest}", facts)
    yield "\n## Votes\n"
    yield "Listed is what so many members name, and what as many call wrong or gone is not.\n"
    yield f"| votes | attack | dishonest | {COLUMNS} | stale |"
    yield "|--:|---|--:|--:|--:|--:|--:|--:|--:|"
    settings = [_setting(Attack.NOTHING, 0)]
    settings += [_setting(attack, 2) for attack in ATTACKS]
    settings += [_setting(Attack.BOTH, 3)]
    for votes in VOTES:
        for setting, facts in zip(settings, run(settings, votes), strict=True):
            label = f"{votes} | {setting.attack} | {setting.dishonest}"
            yield _row(label, facts, with_queue=False)
    yield from _kept(run)
    yield from _others(run)


def _kept(run: Run) -> Iterator[str]:
    yield "\n## What is kept on the list\n"
    yield "Two dishonest members, and a hub that knows who named a server before it was listed, or"
    yield "does not. The list of the worlds that is 20 epochs behind keeps some by itself.\n"
    yield "| attack | knows who named it first | people | queue | stale | longest | kept |"
    yield "|---|---|---|--:|--:|--:|--:|"
    settings = [
        _setting(attack, liars, knows_first=knows_first, looks=looks)
        for looks in (10, 0)
        for attack, liars, knows_first in (
            (Attack.NOTHING, 0, True),
            (Attack.ECHO, 2, False),
            (Attack.ECHO, 2, True),
            (Attack.KEEP, 2, True),
        )
    ]
    for setting, facts in zip(settings, run(settings), strict=True):
        knows, looks = ("yes" if each else "no" for each in (setting.knows_first, setting.looks))
        cells = [f"{facts['queue']:.1f}", f"{facts['stale share']:.2f}"]
        cells += [f"{facts['longest']:.0f}", f"{facts['long']:.1f}"]
        yield f"| {setting.attack} | {knows} | {looks} | {' | '.join(cells)} |"


def _others(run: Run) -> Iterator[str]:
    yield "\n## Other parameters\n"
    yield "Two dishonest members that do both; and what it costs with nobody dishonest.\n"
    one = "listed | delay, epochs | queue"
    yield f"| what differs | by attack | false removals | {one} | nobody dishonest: {one} |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for label, changed in _variants():
        bad, good = run([changed(_setting(Attack.BOTH, 2)), changed(_setting(Attack.NOTHING, 0))])
        cells = [f"{bad['of these by attack']:.1f}", f"{bad['false removals']:.1f}"]
        for facts in (bad, good):
            cells += [f"{facts['share listed']:.2f}", f"{facts['delay']:.2f}"]
            cells += [f"{facts['queue']:.0f}"]
        yield f"| {label} | {' | '.join(cells)} |"


def _variants() -> list[tuple[str, partial[Setting]]]:
    def rule(setting: Setting, most: int, least: int) -> Setting:
        return with_rule(setting, coalition_most=most, least_members=least)

    return [
        ("as it ships", partial(replace)),
        ("`hub.coalition_most` 0, `hub.least_members` 2", partial(rule, most=0, least=2)),
        ("`hub.coalition_most` 1, `hub.least_members` 2", partial(rule, most=1, least=2)),
        ("`hub.coalition_most` 3, `hub.least_members` 4", partial(rule, most=3, least=4)),
        ("`hub.member_grade` B", partial(replace, grade=Grade.B)),
        ("nobody looks at the queue", partial(replace, looks=0)),
        ("400 innocent servers named in each epoch", partial(replace, targets=400)),
        ("members find four in five on the first day", partial(replace, quick=0.8)),
    ]


def _row(label: str, facts: Facts, *, with_queue: bool = True) -> str:
    counts = ("false listings", "of these by attack", "false removals")
    cells = [*(f"{facts[name]:.1f}" for name in counts)]
    cells += [f"{facts['share listed']:.2f}", f"{facts['delay']:.2f}"]
    cells += [f"{facts['queue']:.1f}"] * with_queue
    return f"| {label} | {' | '.join(cells)} | {facts['stale share']:.2f} |"


def _curves(run: Run) -> dict[str, list[Facts]]:
    """Let more and more be dishonest."""
    settings = [_setting(Attack.BOTH if liars else Attack.NOTHING, liars) for liars in LIARS]
    found = {f"{votes} votes": run(settings, votes) for votes in VOTES}
    return {"the hub": run(settings), **found}


def _draw(curves: Mapping[str, Sequence[Facts]]) -> None:
    """Draw what more and more dishonest members do."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = (
        ("of these by attack", "false listings by attack, a world"),
        ("false removals", "false removals, a world"),
        ("share listed", "true servers listed, share"),
    )
    for place, (name, label) in enumerate(panels, 1):
        axes = figure.add_subplot(1, 3, place)
        for who, facts in curves.items():
            is_hub = who == "the hub"
            axes.plot(
                LIARS,
                [each[name] for each in facts],
                label=who,
                marker="o",
                markersize=3,
                linewidth=2.4 if is_hub else 1.2,
                color="black" if is_hub else None,
                zorder=3 if is_hub else 2,
            )
        axes.set_title(label, fontsize=9)
        axes.set_xlabel(f"dishonest, of {MEMBERS}", fontsize=8)
        axes.set_xticks(LIARS)
        axes.tick_params(labelsize=8)
        axes.set_ylim(bottom=0)
        if place == 1:
            axes.legend(fontsize=8, frameon=False)
    figure.savefig(PICTURE, dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main()
