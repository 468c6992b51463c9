"""A hub without a home, which weighs what the members of a made-up world say, epoch by epoch."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from hinomi.hub.aggregate import ClassWords, Decision, Heard, Held, Outcome, aggregate
from hinomi.hub.kinship import Kin, Past, kin_of, numbers_of
from hinomi.hub.rule import NEVER, Before, Ruled
from hinomi.hub.servers import Columns, Servers
from hinomi.hub.voices import METHODS, Source, Voices, joined
from hinomi.model.evidence import Method
from hinomi.verify.copying import Copying
from hinomi.verify.reliability import Grade, Grading, SourceRecord, reliabilities
from poisonings import FEED, HONEYPOT, Setting, Story, Tally, count, endpoint, number

_KIN_EVERY: Final = 7


def play_hub(setting: Setting) -> Tally:
    """Let the hub weigh, as it does."""
    story, tally = Story(setting), Tally()
    hub = Hub(story)
    for epoch in range(setting.epochs):
        said = story.statements(epoch, hub.published)
        before = hub.published
        decisions = hub.weigh(epoch, said)
        hub.look(epoch, decisions)
        waiting = [each for each in decisions if each.outcome is Outcome.QUEUE]
        tally.queue.append(len(waiting))
        count(tally, story, epoch, said, (before, hub.published))
    return tally


class Hub:
    """A hub without a home: what it keeps from epoch to epoch."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.published: frozenset[int] = frozenset()
        self._carried: dict[int, int] = {}
        self._contested: dict[int, int] = {}
        self._rulings: dict[int, tuple[Ruled, int]] = {}
        self._answers: dict[str, list[int]] = {}
        self._pasts: dict[str, Past] = {}
        self._kin: Kin = Kin(groups={}, forwards={})
        self._said: list[frozenset[int]] = []
        self._early: dict[int, frozenset[int]] = {}  # Who named it before it was listed.

    def weigh(self, epoch: int, said: list[frozenset[int]]) -> tuple[Decision, ...]:
        """Make the list of *epoch*."""
        story = self._story
        self._said = said
        self._learn(epoch, said)
        true = range(story.truth.true)
        others = {
            HONEYPOT: [
                n for n in true if story.is_live(n, epoch) and story.truth.honeypot[n] <= epoch
            ],
            FEED: [n for n in true if story.truth.feed[n] <= epoch < story.truth.ends[n] + 20],
        }
        voices = {f"m{n:02}": sorted(named) for n, named in enumerate(said)} | others
        numbers = sorted({*self.published, *(n for each in voices.values() for n in each)})
        servers = Servers(Columns.of(map(endpoint, numbers)))
        sources = self._sources()
        places = {each.name: place for place, each in enumerate(sources)}

        def spoken(words: Mapping[str, Iterable[int]], *, is_for: bool) -> Voices:
            return joined(
                [_voices(servers, words[name], places[name], sources, is_for=is_for)
                 for name in sorted(words)]
            )  # fmt: skip

        def by_member(words: list[frozenset[int]]) -> dict[str, list[int]]:
            return {f"m{n:02}": sorted(each) for n, each in enumerate(words)}

        none = np.zeros(0, dtype=np.int64)
        heard = Heard(
            servers=servers,
            sources=sources,
            said=spoken(voices, is_for=True),
            confirmed=spoken(by_member(story.confirmations(epoch, self.published)), is_for=True),
            denied=spoken(by_member(story.denials(epoch, self.published)), is_for=False),
            classes=ClassWords(none, none, none),
            fresh=np.ones(servers.size),
            before=self._before(servers, epoch),
        )
        rule = story.setting.rule
        decisions = aggregate(heard, rule, epoch=epoch, guard=lambda _rows: dict[int, Held]())
        listed = frozenset(number(each.endpoint) for each in decisions if each.is_listed)
        for new in listed - self.published:
            self._early[new] = frozenset(n for n, named in enumerate(said) if new in named)
        self.published = listed
        for each in decisions:
            self._carried[number(each.endpoint)] = each.carried
            self._contested[number(each.endpoint)] = each.contested
        return decisions

    def look(self, epoch: int, decisions: Iterable[Decision]) -> None:
        """Let people look at the first of the queue; they see what it is nine times in ten."""
        waiting = [each for each in decisions if each.outcome is Outcome.QUEUE]
        waiting.sort(key=_place)
        story = self._story
        for each in waiting[: story.setting.looks]:
            server = number(each.endpoint)
            drawn = np.random.default_rng([story.setting.seed, 7, server, epoch]).random()
            if drawn > 0.9:
                continue
            is_live = story.is_live(server, epoch)
            until = epoch + story.setting.rule.remember_epochs
            self._rulings[server] = (Ruled.LIST if is_live else Ruled.REFUSE, until)
            if is_live or not story.is_true(server):
                self._answer(server, is_cc=is_live)

    def _answer(self, server: int, *, is_cc: bool) -> None:
        """Let an answer count for members where it stands without them."""
        stands = not is_cc or self._story.truth.honeypot[server] < self._story.setting.epochs
        for member, named in enumerate(self._said):
            if stands and server in named:
                self._answers.setdefault(f"m{member:02}", [0, 0])[0 if is_cc else 1] += 1

    def _learn(self, epoch: int, said: list[frozenset[int]]) -> None:
        columns = {f"m{n:02}": Columns.of(map(endpoint, sorted(s))) for n, s in enumerate(said)}
        for name, each in columns.items():
            past = self._pasts.get(name, Past.nothing())
            self._pasts[name] = past.then(numbers_of(each), epoch, forget_before=epoch - 180)
        if epoch % _KIN_EVERY:
            return
        refused = [
            each
            for each, (ruled, _) in self._rulings.items()
            if ruled is Ruled.REFUSE and not self._story.is_true(each)
        ]
        self._kin = kin_of(
            self._pasts,
            {},
            wrong=frozenset(numbers_of(Columns.of(map(endpoint, refused))).tolist()),
            families={},
            copying=Copying(),
            epoch_days=1,
            rare=self._story.setting.rule.coalition_most + 1,
        )

    def _sources(self) -> tuple[Source, ...]:
        records = []
        for member in range(self._story.setting.members):
            right, wrong = self._answers.get(f"m{member:02}", (0, 0))
            records.append(
                SourceRecord(
                    name=f"m{member:02}",
                    method=Method.SIGHTING,
                    right=right,
                    wrong=wrong,
                    grade=self._story.setting.grade,
                )
            )
        for name, method in ((HONEYPOT, Method.HONEYPOT), (FEED, Method.LIST)):
            records.append(SourceRecord(name=name, method=method, grade=Grade.B))
        worth = reliabilities(records, Grading())
        return tuple(
            Source(
                name=each.name,
                method=each.method,
                worth=worth[each.name].mean,
                group=self._kin.groups.get(each.name, each.name),
                is_member=each.method is Method.SIGHTING,
            )
            for each in records
        )

    def _before(self, servers: Servers, epoch: int) -> Before:
        story, before = self._story, Before.unknown(servers.size)
        for row, found in enumerate(servers.endpoints(range(servers.size))):
            server = number(found)
            before.is_listed[row] = server in self.published
            before.carried[row] = self._carried.get(server, NEVER)
            before.contested[row] = self._contested.get(server, NEVER)
            if server in self.published and story.setting.knows_first:
                before.echoed[row] = not any(
                    server in self._said[member] for member in self._early[server]
                )
            ruled, until = self._rulings.get(server, (Ruled.NOTHING, NEVER))
            before.ruled[row] = ruled if epoch <= until else Ruled.NOTHING
        return before


def _voices(
    servers: Servers, named: Iterable[int], place: int, sources: tuple[Source, ...], *, is_for: bool
) -> Voices:
    rows = servers.rows_of(Columns.of(map(endpoint, named)))
    rows = rows[rows >= 0]
    return Voices(
        server=rows,
        source=np.full(rows.size, place, dtype=np.int64),
        is_for=np.full(rows.size, is_for, dtype=np.bool_),
        share=np.ones(rows.size),
        method=np.full(rows.size, METHODS.index(sources[place].method), dtype=np.int64),
    )


def _place(decision: Decision) -> int:
    return next((int(why.values["place"]) for why in decision.reasons if why.code == "queued"), 0)
