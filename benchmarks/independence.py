"""
Writes docs/reference/independence.md: what is made of lists and sources whose kinship is known.

Run from the root of the project, with the real data beside it (about a minute):

    PYTHONPATH=tests .venv/bin/python benchmarks/independence.py > docs/reference/independence.md

No address of the data gets into the page: lists go by their name, and by counts.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from copiedlists import World, mistakes, world
from hinomi.model.address import parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.verify.copying import TOGETHER, Copying, History, Kinship
from hinomi.verify.independence import Pair, independence
from hinomi.verify.reliability import Answer, Grading, SourceRecord, outcomes, reliabilities
from realhistories import DAILY, FEEDS, real_histories

WORLDS: Final = 100
SIZES: Final = (30, 60, 100, 300, 1_000)
COPYING: Final = Copying()

Made = tuple[dict[int, int], dict[int, int]]

HEAD: Final = """\
# What is made of copies

Made by `benchmarks/independence.py`; do not edit. Lists that copy each other are one source:
their agreement is no check. How much of a list is copied is estimated from the days on which
each list first named what (`verify/copying.py`), by four clues:

- *following*: entries that the other list had on the same day or up to `evidence.copy_days`
  before, beyond what its coming later by the same gaps, or long gaps, lead one to expect;
- *at once*: entries that both name within a day of each other, beyond what gaps of a few days
  lead one to expect;
- *together*: entries that both name within `evidence.copy_days`, beyond what longer gaps lead
  one to expect. Two copies of a third list look so, and two good, quick lists: it clears, and
  never accuses;
- *mistakes*: entries that turned out wrong and that both have, beyond
  `evidence.shared_mistakes`.

A clue speaks if its whole interval lies on one side of `evidence.copy_share`. A pair is a
**copy** if one accuses; **independent** if the mistakes of both clear them, or following and
together do in both directions; else, or if days accuse and mistakes clear, **undecided**.
Undecided sources of one method count as one until they are shown independent; of different
methods, as two. Copies count as one whatever their method. As many groups stand in a case as
there are sources in it that were shown independent of each other: a new list takes nothing from
two known ones, nor does an aggregator.

"""

SIMULATED: Final = f"""
## Made-up lists

{WORLDS} worlds for each line: a year, 2,000 servers, lists that find a server some days after
its birth (4 on average, geometric, if nothing else is said) and of whose entries 5 % are
mistakes of their own. Shares of worlds in which the pair was held for a **copy** /
**undecided** / **independent**, by number of entries, without and with the mistakes being
known. *At the threshold* a pair copies {COPYING.copy_share}. Above it, "copy" is right; below,
"independent". The mistakes known are all: a home knows fewer.

"""

CIRCULAR: Final = """
## No source is right because it was believed

A list of 2,000 entries of which a given share is right; flow evidence and a honeypot find each
server with chance 0.5 and 0.4 and each wrong entry with chance 0.05 and 0.02; an analyst looks
at what two methods speak for and believes it; what nobody else speaks for is looked at in one
of ten cases, by an analyst and a list of public servers. *Believed*: the share of its answered
entries that was found right. *Leave one out*: the mean as `verify/reliability.py` reckons it,
from answers that stand without the list (no grade, no peers).

| truly right | answered | believed | answers that count | leave one out, and interval |
|--:|--:|--:|--:|--:|
"""

POOLED: Final = """
Which answers come about is not chance: an entry that others confirm is answered more often than
one of which nobody speaks, so *leave one out* is no unbiased estimate either. What it never
does is grow by being believed.

## Beginning like the other sources of its method

1,000 drawings of 6 lists whose true shares are drawn around a mean; one has few answers, the
others 3 to 60. The loss is -log of the probability that the estimate gave to the next ten
answers of the first, per answer: less is better. *Alone* begins at 0.5; *like its peers* as the
house does (`evidence.prior_outcomes`).

| mean (spread) of true shares | answers | loss alone | loss like its peers |
|---|--:|--:|--:|
"""

TAIL: Final = """
Where lists differ much, their peers say little and cost little; where they are alike, they save
most of what few answers cost.

## What this does not see

- Two lists that ask the same scanner with the same question are not copies, and err together
  all the same. The rule of two *methods* guards against that; known mistakes show it.
- A copy that is later than `evidence.copy_days` looks like a slow list. A copier that hides, by
  adding days at random, looks like one too.
- A list with one bulk import a month has few days: undecided.
- Two good and quick lists stay undecided until mistakes of theirs are known.
"""


def main() -> None:
    """Print the page."""
    if not FEEDS.is_dir():
        sys.exit("the real data is absent: nothing to measure")
    print(HEAD, end="")
    for part in (
        real(),
        [SIMULATED],
        simulated(),
        [CIRCULAR],
        circular(),
        [POOLED],
        pooled(),
        [TAIL],
    ):
        for line in part:
            print(line, end="" if isinstance(part, list) else "\n")


def pair_of(one: History, other: History, wrong: set[int] | None = None) -> Pair:
    """Compare two lists."""
    methods = {"one": Method.LIST, "other": Method.LIST}
    found = independence(methods, {"one": one, "other": other}, wrong=wrong or (), copying=COPYING)
    return found.pairs[0]


def real() -> Iterator[str]:
    """Compare real lists with each other, and with copies and thinnings made of them."""
    histories = real_histories()
    yield "## Real lists\n"
    yield "| list | entries | first named from | to |"
    yield "|---|--:|---|---|"
    for name, history in sorted(histories.items()):
        days = np.array([min(history.values()), max(history.values())], dtype="datetime64[D]")
        yield f"| {name} | {len(history):,} | {days[0]} | {days[1]} |"
    methods = dict.fromkeys(histories, Method.LIST)
    found = independence(methods, histories, copying=COPYING)
    yield "\n| pair | in both | held for | following, each way | at once | together |"
    yield "|---|--:|---|---|---|---|"
    for pair in found.pairs:
        both = len(histories[pair.one].keys() & histories[pair.other].keys())
        yield f"| {pair.one}, {pair.other} | {both:,} | {pair.kinship} | {_shares(pair)} |"
    groups = Counter(found.groups().values())
    yield f"\nGroups: {', '.join(f'{name} ({count})' for name, count in sorted(groups.items()))}.\n"
    yield from _made_of(histories[DAILY])


def _shares(pair: Pair) -> str:
    there, back = ({each.code: each for each in side} for side in (
        pair.one_from_other, pair.other_from_one))  # fmt: skip
    if not (there["following"].is_enough and back["following"].is_enough):
        return (
            f"too little: {there['following'].entries} and {back['following'].entries} entries | | "
        )
    each_way = f"{there['following'].share:.2f}, {back['following'].share:.2f}"
    return f"{each_way} | {there['at-once'].share:.2f} | {there[TOGETHER].share:.2f}"


def _made_of(history: History) -> Iterator[str]:
    """Make copies of a real list, and pairs that each see their own part of it."""
    yield f"The real days of {DAILY}, bulk days and all, and kin made of them, 20 drawings each:\n"
    yield "| made | copy | undecided | independent | following, median |"
    yield "|---|--:|--:|--:|--:|"
    keys = list(history)

    def seen(random: np.random.Generator, share: float, late: float) -> dict[str, int]:
        chosen = random.permutation(len(keys))[: round(len(keys) * share)]
        delay = random.geometric(1.0 / (late + 1.0), chosen.size) - 1
        return {
            str(keys[n]): history[keys[n]] + int(days)
            for n, days in zip(chosen.tolist(), delay, strict=True)
        }

    for share, late in ((0.02, 1.0), (0.1, 1.0), (1.0, 0.0), (1.0, 2.0)):
        pairs = [
            pair_of(
                seen(np.random.default_rng(n), share, late), {str(k): d for k, d in history.items()}
            )
            for n in range(20)
        ]
        yield _row(f"{share:.0%} of it, {late:g} days later on average: copies", pairs)
    for share, late in ((0.05, 4.0), (0.3, 4.0), (0.3, 1.0), (0.7, 4.0)):
        pairs = []
        for number in range(20):
            random = np.random.default_rng(number)
            pairs.append(pair_of(seen(random, share, late), seen(random, share, late)))
        yield _row(f"two that each find {share:.0%} of it, {late:g} days late on average", pairs)


def _row(label: str, pairs: list[Pair]) -> str:
    held = Counter(each.kinship for each in pairs)
    following = np.median([each.one_from_other[0].share for each in pairs])
    counts = " | ".join(str(held[kind]) for kind in (
        Kinship.COPY, Kinship.UNDECIDED, Kinship.INDEPENDENT))  # fmt: skip
    return f"| {label} | {counts} | {following:.2f} |"


def simulated() -> Iterator[str]:
    """Compare made-up pairs of every kind and size."""
    yield f"| pair | mistakes | {' | '.join(f'{size:,}' for size in SIZES)} |"
    yield f"|---|---|{'--:|' * len(SIZES)}"
    for label, make in KINDS.items():
        for is_known in (False, True):
            cells = [_held(make, size, is_known=is_known) for size in SIZES]
            yield f"| {label} | {'known' if is_known else '-'} | {' | '.join(cells)} |"


def _held(make: Callable[[World, int], Made], size: int, *, is_known: bool) -> str:
    held: Counter[Kinship] = Counter()
    for seed in range(WORLDS):
        one, other = make(world(seed), size)
        held[pair_of(one, other, mistakes(one, other) if is_known else None).kinship] += 1
    return " / ".join(
        f"{held[kind] / WORLDS:.2f}"
        for kind in (Kinship.COPY, Kinship.UNDECIDED, Kinship.INDEPENDENT)
    )


def _two(**settings: float) -> Callable[[World, int], Made]:
    return lambda made, size: (
        made.finder(entries=size, **settings),  # type: ignore[arg-type]  # Switches among numbers.
        made.finder(entries=size, **settings),  # type: ignore[arg-type]  # Same.
    )


def _copy(share: float, late_days: tuple[int, int]) -> Callable[[World, int], Made]:
    def make(made: World, size: int) -> Made:
        leader, own = made.finder(entries=size), made.finder(entries=size)
        return made.copier(leader, own, share=share, entries=size, late_days=late_days), leader

    return make


def _sisters(made: World, size: int) -> Made:
    mother = made.finder(entries=size)
    one, other = (
        made.copier(mother, made.finder(entries=size), share=0.8, entries=size) for _ in range(2)
    )
    return one, other


KINDS: Final[dict[str, Callable[[World, int], Made]]] = {
    "independent": _two(),
    "independent, both quick (1 day)": _two(slow_days=1.0),
    "independent, late by a heavy tail": _two(heavy=True),
    "independent, 12 days against 1": lambda made, size: (
        made.finder(entries=size, slow_days=12.0),
        made.finder(entries=size, slow_days=1.0),
    ),
    "independent, each with 90 % of all servers": lambda made, size: (
        World(random=made.random, servers=round(size * 1.05)).finder(entries=size),
        World(random=made.random, servers=round(size * 1.05)).finder(entries=size),
    ),
    "copies a tenth": _copy(0.1, (0, 2)),
    "copies 0.3, at the threshold": _copy(0.3, (0, 2)),
    "copies half, 0 to 2 days late": _copy(0.5, (0, 2)),
    "copies half, 3 to 5 days late": _copy(0.5, (3, 5)),
    "copies all, the same day": _copy(1.0, (0, 0)),
    "copies all, 0 to 2 days late": _copy(1.0, (0, 2)),
    "two that copy 0.8 from a third": _sisters,
}


def circular() -> Iterator[str]:
    """Score a list by verdicts that it helped to make, and by those that it did not."""
    for share in (0.95, 0.8, 0.5, 0.2):
        random = np.random.default_rng(1)
        answers = [answer for answer in (_answer(random, share) for _ in range(2_000)) if answer]
        believed = sum(each.is_cc for each in answers) / len(answers)
        counted = outcomes("list", answers, {}, verdict_methods=2)
        record = SourceRecord(
            name="list", method=Method.LIST, right=counted.right, wrong=counted.wrong
        )
        found = reliabilities([record], Grading())["list"]
        yield (
            f"| {share:.2f} | {len(answers):,} | {believed:.2f} "
            f"| {counted.right + counted.wrong:,} "
            f"| {found.mean:.2f} ({found.low:.2f}-{found.high:.2f}) |"
        )


def _answer(random: np.random.Generator, share: float) -> Answer | None:
    """Draw one entry of the list, who else speaks of it, and what people make of it."""
    is_right = random.random() < share
    said = [_said("list", Method.LIST, Claim.CC)]
    for method, hit, miss in ((Method.FLOW, 0.5, 0.05), (Method.HONEYPOT, 0.4, 0.02)):
        if random.random() < (hit if is_right else miss):
            said.append(_said(method, method, Claim.CC))
    if len(said) > 1:
        return Answer(is_cc=True, evidence=tuple(said))
    if random.random() >= 0.1:
        return None
    if is_right:
        return Answer(is_cc=True, evidence=(*said, _said("desk", Method.ANALYST, Claim.CC)))
    said += [
        _said("desk", Method.ANALYST, Claim.BENIGN),
        _said("public", Method.LIST, Claim.BENIGN),
    ]
    return Answer(is_cc=False, evidence=tuple(said))


def _said(source: str, method: Method, claim: Claim) -> Evidence:
    service = Service(parse_address("192.0.2.1"), 6, 443)
    return Evidence(service=service, method=method, source=source, claim=claim, observed_day=0)


def pooled() -> Iterator[str]:
    """Compare sources that begin at even odds with those that begin like their peers."""
    for mean, spread in ((0.9, 0.05), (0.7, 0.1), (0.7, 0.25), (0.5, 0.3)):
        weight = mean * (1.0 - mean) / spread**2 - 1.0
        for few in (0, 3, 10, 50):
            random = np.random.default_rng(2)
            loss = np.zeros(2)
            for _ in range(1_000):
                truth = random.beta(mean * weight, (1.0 - mean) * weight, 6)
                counts = [few, *random.integers(3, 61, 5).tolist()]
                rights = random.binomial(counts, truth)
                records = [
                    SourceRecord(
                        name=str(n), method=Method.LIST, right=int(right), wrong=int(count - right)
                    )
                    for n, (count, right) in enumerate(zip(counts, rights, strict=True))
                ]
                later = random.binomial(10, truth[0]) / 10
                for n, given in enumerate((records[:1], records)):
                    share = reliabilities(given, Grading())["0"].mean
                    loss[n] -= later * np.log(share) + (1 - later) * np.log1p(-share)
            alone, alike = loss / 1_000
            yield f"| {mean} ({spread}) | {few} | {alone:.3f} | {alike:.3f} |"


if __name__ == "__main__":
    main()
