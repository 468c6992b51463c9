"""
A made-up hub under attack: members that find true servers, some that lie, and people who look.

Everything that decides is the hub's own: `hub.aggregate`, `hub.kinship`, `verify.reliability`.
Made up are the servers, who sees them, who errs, and what the dishonest do.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from hinomi.hub.rule import Rule
from hinomi.hub.servers import Ints
from hinomi.model.address import Address
from hinomi.model.statement import Endpoint
from hinomi.verify.reliability import Grade

RULE: Final = Rule(
    least_members=3,
    least_methods=2,
    coalition_most=2,
    listable_probability=0.9,
    base_share=0.5,
    least_reliability=0.6,
    same_method_share=0.5,
    lease_epochs=7,
    remember_epochs=30,
    queue_most=200,
)
"""As it ships."""

LONG: Final = 2 * RULE.lease_epochs
"""Epochs; what is dead or innocent stands on the list for longer only if somebody keeps it."""

HONEYPOT: Final = "honeypots"
FEED: Final = "feed"


class Attack(StrEnum):
    """What those who are dishonest do."""

    NOTHING = "no attack"
    LIST = "list innocents"
    REMOVE = "remove true ones"
    BOTH = "both"
    SLEEPER = "sleeper, then both"
    COPYCAT = "copy, and add innocents"
    AIMED = "name what others mistake"
    ECHO = "say the list back"
    KEEP = "find, and never leave off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How large the world is."""

    seed: int
    attack: Attack
    dishonest: int = 2
    members: int = 12
    epochs: int = 60
    rule: Rule = RULE
    wakes: int = 30  # Epoch in which a sleeper begins.
    targets: int = 40  # Innocent servers that are named each epoch.
    looks: int = 10  # Servers that people look at in an epoch.
    quick: float = 0.4  # Chance that a member finds on a day what it meets.
    new: float = 3.0  # C&C servers that begin in an epoch.
    grade: Grade = Grade.A  # Of members, before answers.
    knows_first: bool = True  # Whether the hub knows who named a server before it was listed.


@dataclass(slots=True, kw_only=True)
class Truth:
    """What there is: servers by number, which are true, and who meets them."""

    begins: Ints  # Epoch in which a true server is there first.
    ends: Ints  # Epoch in which it is there no more.
    sees: np.ndarray  # Epoch from which each member finds it, shape (members, servers).
    odd: np.ndarray  # Of innocent ones: how easily they are mistaken.
    honeypot: Ints  # Epoch from which honeypots name it.
    feed: Ints

    @property
    def true(self) -> int:
        """How many are C&C servers: the first ones."""
        return int(self.begins.size)


def truth_of(setting: Setting) -> Truth:
    """Draw the servers of a world."""
    random = np.random.default_rng([setting.seed, 1])
    epochs, members = setting.epochs, setting.members
    count = int(random.poisson(setting.new * epochs)) + 60
    begins = np.r_[np.full(60, -20), random.integers(0, epochs, count - 60)]
    ends = (
        begins + np.r_[np.full(60, 20), np.zeros(count - 60, int)] + random.geometric(0.04, count)
    )
    reach = random.beta(1.3, 1.5, count)
    size = np.linspace(0.3, 1.0, members)
    meets = random.random((members, count)) < np.clip(1.3 * reach * size[:, None], 0.0, 0.95)
    delay = random.geometric(setting.quick, (members, count)) - 1
    never = epochs * 10
    sees = np.where(meets, begins + delay, never)
    seen = random.random(count)
    return Truth(
        begins=begins,
        ends=ends,
        sees=sees,
        odd=random.pareto(1.5, 400),
        honeypot=np.where(seen < 0.25, begins + 2, never),
        feed=np.where(random.random(count) < 0.2, begins + 5, never),
    )


@dataclass(slots=True)
class Tally:
    """What became of a hub."""

    false_listings: set[int] = field(default_factory=set)  # Innocent servers that were listed.
    by_attack: set[int] = field(default_factory=set)  # Of these, what few honest members named.
    false_removals: set[int] = field(default_factory=set)  # Live ones that many honest still name.
    listed_true: set[int] = field(default_factory=set)
    due: dict[int, int] = field(default_factory=dict)  # Since when three honest members name it.
    delays: list[int] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    stale: list[float] = field(default_factory=list)
    overstays: Counter[int] = field(default_factory=Counter)  # Epochs listed, dead or innocent.

    def facts(self) -> dict[str, float]:
        """Sum up."""
        reached = [each for each in self.due if each in self.listed_true]
        return {
            "false listings": len(self.false_listings),
            "of these by attack": len(self.by_attack),
            "false removals": len(self.false_removals),
            "share listed": len(reached) / max(len(self.due), 1),
            "delay": float(np.mean(self.delays)) if self.delays else float("nan"),
            "queue": float(np.mean(self.queue)) if self.queue else 0.0,
            "stale share": float(np.mean(self.stale)) if self.stale else 0.0,
            "longest": float(max(self.overstays.values(), default=0)),
            "long": float(sum(each > LONG for each in self.overstays.values())),
        }


class Story:
    """One world, epoch by epoch: what members say does not depend on what the hub makes of it."""

    def __init__(self, setting: Setting) -> None:
        """Draw the world."""
        self.setting = setting
        self.truth = truth_of(setting)
        self._random = np.random.default_rng([setting.seed, 2])
        self._mistakes: list[dict[int, int]] = [{} for _ in range(setting.members)]
        rates = np.random.default_rng([setting.seed, 3]).uniform(0.02, 0.2, setting.members)
        self._rates = rates
        self.dishonest = frozenset(range(setting.members - setting.dishonest, setting.members))
        self._said_before: dict[int, frozenset[int]] = {}

    @property
    def honest(self) -> list[int]:
        """Name the honest members."""
        return [each for each in range(self.setting.members) if each not in self.dishonest]

    def is_true(self, server: int) -> bool:
        """Tell whether it is, or was, a C&C server."""
        return server < self.truth.true

    def is_live(self, server: int, epoch: int) -> bool:
        """Tell whether a C&C server is there."""
        truth = self.truth
        return self.is_true(server) and truth.begins[server] <= epoch < truth.ends[server]

    def targets(self, epoch: int) -> frozenset[int]:
        """Give the innocent servers that the dishonest want listed."""
        setting, first = self.setting, self.truth.true
        if setting.attack is Attack.AIMED:
            oddest = np.argsort(-self.truth.odd)[: setting.targets]
            return frozenset((first + oddest).tolist())
        begin = first + self.truth.odd.size + setting.targets * (epoch // 10)
        return frozenset(range(begin, begin + setting.targets))

    def statements(self, epoch: int, published: frozenset[int]) -> list[frozenset[int]]:
        """Give what each member states in *epoch*."""
        found = [self._finds(member, epoch) for member in range(self.setting.members)]
        said = list(found)
        for liar in self.dishonest:
            said[liar] = self._lies(liar, found[liar], epoch, published)
        self._said_before = dict(enumerate(said))
        return said

    def denials(self, epoch: int, published: frozenset[int]) -> list[frozenset[int]]:
        """Give of which listed servers each member says that they are wrong or gone."""
        said: list[frozenset[int]] = []
        for member in range(self.setting.members):
            # People there look at some of what is listed, and know what it is.
            drawn = np.random.default_rng([self.setting.seed, 5, member, epoch // 5])
            looked = {each for each in sorted(published) if drawn.random() < 0.03}
            said.append(frozenset(each for each in looked if not self.is_live(each, epoch)))
        if self._attacks(epoch) and self.setting.attack in _REMOVING:
            live = frozenset(each for each in published if self.is_live(each, epoch))
            for liar in self.dishonest:
                said[liar] = live
        return said

    def confirmations(self, epoch: int, published: frozenset[int]) -> list[frozenset[int]]:
        """Give which listed servers each member saw; lines meet some innocent ones as well."""
        drawn = np.random.default_rng([self.setting.seed, 6])
        met = drawn.random((self.setting.members, self.truth.true + 4_000)) < 0.05
        return [
            frozenset(
                each
                for each in published
                if (self.is_live(each, epoch) and self.truth.sees[member, each] <= epoch)
                or (self._is_met(each, epoch) and met[member, each])
            )
            if member not in self.dishonest or not self._attacks(epoch)
            else frozenset()
            for member in range(self.setting.members)
        ]

    def _is_met(self, server: int, epoch: int) -> bool:
        """Tell whether lines meet what is no C&C server; who keeps the dead hopes for that."""
        is_kept = self.setting.attack in _KEEPING and not self.is_live(server, epoch)
        return is_kept or not self.is_true(server)

    def _attacks(self, epoch: int) -> bool:
        attack = self.setting.attack
        if attack is Attack.NOTHING:
            return False
        return attack is not Attack.SLEEPER or epoch >= self.setting.wakes

    def _finds(self, member: int, epoch: int) -> frozenset[int]:
        """Give what an honest member finds: what it sees, for some days more, and its mistakes."""
        truth = self.truth
        live = (truth.sees[member] <= epoch) & (epoch < truth.ends + 2) & (truth.begins <= epoch)
        mistakes = self._mistakes[member]
        chance = truth.odd / truth.odd.sum()
        for place in self._random.choice(
            chance.size, self._random.poisson(self._rates[member]), p=chance
        ):
            mistakes[truth.true + int(place)] = epoch + 5
        wrong = {each for each, until in mistakes.items() if epoch < until}
        return frozenset(np.flatnonzero(live).tolist()) | wrong

    def _lies(
        self, liar: int, found: frozenset[int], epoch: int, published: frozenset[int]
    ) -> frozenset[int]:
        attack = self.setting.attack
        if not self._attacks(epoch):
            return found
        if attack is Attack.COPYCAT:
            copied = sorted(self._said_before.get(0, frozenset()) | published)
            # Not all of it, so that two of them are not the same to the letter.
            kept = self._random.random(len(copied)) < 0.9
            return frozenset(np.array(copied, int)[kept].tolist()) | self.targets(epoch)
        if attack is Attack.REMOVE:
            return frozenset(each for each in found if not self.is_live(each, epoch))
        if attack in _KEEPING:
            own = found if attack is Attack.KEEP else {self.truth.true + 3_900 + liar}
            return published | own
        if attack in {Attack.BOTH, Attack.SLEEPER}:
            # And one of its own, so that two of them are not the same to the letter.
            return self.targets(epoch) | {self.truth.true + 3_900 + liar}
        return found | self.targets(epoch)


_KEEPING: Final = {Attack.ECHO, Attack.KEEP}
_REMOVING: Final = {Attack.REMOVE, Attack.BOTH, Attack.SLEEPER}


def play_votes(setting: Setting, least: int) -> Tally:
    """
    Let the hub count votes: listed is what *least* members name, and nothing else.

    As many members who say that it is wrong or gone end a listing.
    """
    story, tally = Story(setting), Tally()
    published: frozenset[int] = frozenset()
    for epoch in range(setting.epochs):
        said = story.statements(epoch, published)
        against = Counter(each for denied in story.denials(epoch, published) for each in denied)
        votes = Counter(each for named in said for each in named)
        now = frozenset(
            each for each, count in votes.items() if count >= least and against[each] < least
        )
        count(tally, story, epoch, said, (published, now))
        published = now
    return tally


def count(
    tally: Tally,
    story: Story,
    epoch: int,
    said: list[frozenset[int]],
    lists: tuple[frozenset[int], frozenset[int]],
) -> None:
    """Count what a list is worth, from the one before."""
    before, now = lists
    honest = Counter(each for member in story.honest for each in said[member])
    for each in now - before:
        if not story.is_true(each):
            tally.false_listings.add(each)
            # Without the dishonest it would be no matter of so many.
            if honest[each] < story.setting.rule.least_members:
                tally.by_attack.add(each)
    enough = story.setting.rule.least_members
    live = {each for each in honest if story.is_live(each, epoch) and honest[each] >= enough}
    tally.false_removals |= {each for each in before - now if each in live}
    for each in live:
        tally.due.setdefault(each, epoch)
    for each in now:
        if each in tally.due and each not in tally.listed_true:
            tally.delays.append(max(epoch - tally.due[each], 0))
    tally.listed_true |= {each for each in now if story.is_true(each)}
    stale = [each for each in now if not story.is_live(each, epoch)]
    tally.overstays.update(stale)
    if now:
        tally.stale.append(len(stale) / len(now))


def endpoint(server: int) -> Endpoint:
    """Give the server of a number: made-up ones stand where nobody's do."""
    return Endpoint(Address(0x20010DB8_00000000, server), 6, 443)


def number(found: Endpoint) -> int:
    """Give the number of a server."""
    return found.address.lo


def with_rule(setting: Setting, **changed: int) -> Setting:
    """Change the rule of a setting."""
    return replace(setting, rule=replace(setting.rule, **changed))
