"""
From flow records to every byte that a hub gives: times, subscribers and order leave no trace (R4).

A provider imports flow records, finds servers in them, decides, exports and submits; others say the
same, and the hub makes its list. In a second world other lines met the servers, at other times;
records, verdicts and batches came in another order. Every answer of every route to every member is
the same.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from asking import Answer
from casework import BOTS, Provider, provider, week_of_bots
from enrolled import Entrance
from everyanswer import Shown, every_answer, put
from hinomi.model.address import parse_address
from hinomi.model.member import MemberKind
from hinomi.model.statement import Deed, Endpoint
from hinomi.services.hub import members
from hinomi.services.hub.intake import Sent
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.joining import CERTIFICATE, enrol, join, read_token
from hinomi.services.membership.sending import make_parcel
from hinomi.services.membership.submitting import plan_submission
from hinomi.share.certificates import fingerprint, parse_certificate
from hinomi.telemetry import set_up_logging
from hinomi.web.hub.app import create_app
from hinomi.web.hub.running import Hub
from hubs import HubHouse, Node

SERVERS: Final = (
    ("203.0.113.9", 48_101),
    ("203.0.113.1", 6_667),
    ("203.0.113.77", 23_455),
    ("203.0.113.140", 9_001),
    ("203.0.113.201", 50_050),
)
OTHERS: Final = tuple(Node(name) for name in ("beta", "gamma", "delta", "epsilon"))
SEEDS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Told:
    """What the hub gave and the provider handed out, and what stayed where it was."""

    exported: tuple[str, str]  # By `listings export`: CSV, JSON.
    answers: list[tuple[str, str, Answer]]
    logged: str
    batch: str  # As the provider's node signed it.
    kept: str  # Evidence and history of all cases of the provider.


@dataclass(frozen=True, slots=True)
class Pass:
    """What a node shows at the door."""

    fingerprint: str
    headers: dict[str, str]


@dataclass(slots=True)
class World:
    """A provider and the hub that it joined."""

    provider: Provider
    hub: HubHouse

    @classmethod
    def begin(cls, folder: Path, patch: pytest.MonkeyPatch) -> "World":
        """Make both, and let the provider join: keys and certificates are those of all runs."""
        home = provider(folder / "provider", patch)
        home.house.let(None)
        entrance = Entrance.build(folder / "entrance", home.house.clock(), made_up=True)
        node = home.house.home()
        request = enrol(node, "alpha", folder / "request.json").out
        entrance.enters("alpha", request, MemberKind.DETECTING_ISP)
        members.admit(entrance.house.home(), "alpha", "minutes 12")
        certified = entrance.certifies("alpha", request, "welcome.json")
        join(node, certified.welcome)
        return cls(home, entrance.house)

    def copy(self, folder: Path, patch: pytest.MonkeyPatch) -> "World":
        """Give a twin with the same keys."""
        folder.mkdir()
        house = self.provider.house.copy(folder / "home", patch)
        return World(Provider(house), self.hub.copy(folder / "hub"))

    def sees(self, seed: int) -> None:
        """Let lines meet the servers, at times and in an order that *seed* decides."""
        rng = np.random.default_rng(seed)
        home = self.provider
        home.at_day(2.2)
        order = [SERVERS[each] for each in rng.permutation(len(SERVERS))]
        for number, (address, port) in enumerate(order):
            bots = rng.permutation(800)[: BOTS.size]
            begin = float(rng.uniform(0, 1))
            wire = week_of_bots(address, port, (begin, 2.2), seed=10 * seed + number, bots=bots)
            home.brings(wire)
            home.samples(address, port, f"sandbox-{number}")
        home.detects()
        steps = np.sort(rng.uniform(0.01, 0.25, 3 * len(order)))
        for (address, port), times in zip(order, steps.reshape(-1, 3), strict=True):
            self._lists(address, port, [2.2 + float(each) for each in times])

    def _lists(self, address: str, port: int, days: list[float]) -> None:
        home = self.provider
        found = home.case_of(address, port)
        assert found is not None
        number = found["case"]
        for day, (who, *words) in zip(
            days, (("anna", "cc", "dedicated"), ("rita",), ("ruth",)), strict=True
        ):
            home.at_day(day)
            if who == "ruth":
                home.ask(who, "case", "approve", number)
            else:
                home.judges(who, number, *words)

    def exports(self) -> tuple[str, str]:
        """Hand the listings out by file, as CSV and as JSON, in the epoch of the verdicts."""
        self.provider.at_day(2.47)
        said = [
            self.provider.run("anna", "listings", "export", "--format", form)
            for form in ("csv", "json")
        ]
        assert [each.code for each in said] == [0, 0]
        return said[0].out, said[1].out

    def speaks(self, seed: int) -> str:
        """Let provider and others submit in an order, at times of the next day; give its batch."""
        rng = np.random.default_rng(100 + seed)
        servers = [Endpoint(parse_address(address), 6, port) for address, port in SERVERS]
        nodes = [OTHERS[each] for each in rng.permutation(len(OTHERS))]
        self.hub.let_in(*nodes)
        clocks = np.sort(rng.integers(3_600_000, 6 * 3_600_000, len(OTHERS) + 1))
        batch = ""
        for who, past_ms in zip(rng.permutation([None, *nodes]), clocks, strict=True):
            self.hub.past_ms = int(past_ms)
            if who is None:
                batch = self._submits()
            else:
                self.hub.submits(who.name, [servers[each] for each in rng.permutation(5)])
        self.hub.past_ms += int(rng.integers(1, 12 * 3_600_000))
        self.hub.publishes()
        return batch

    def _submits(self) -> str:
        """Hand over what the provider's node sends."""
        self.provider.house.now_ms = self.hub.clock()
        self.provider.detects()
        home = self.provider.house.act_as(None)
        planned = plan_submission(home)
        assert planned.body is not None
        parcel = make_parcel(
            home,
            read_joined(home),
            Deed.SUBMISSION,
            epoch=planned.epoch,
            body=planned.body,
            statements=len(SERVERS),
        )
        sent = Sent(
            deed=parcel.deed, epoch=parcel.epoch, media="json", body=planned.body, note=parcel.note
        )
        hub = self.hub.home()
        with hub.casebook() as casebook:
            answer = put(create_app(Hub(hub, casebook)), self.shown, planned.day, sent)
        assert answer.status == 200, answer.body
        return parcel.body + parcel.note

    @property
    def shown(self) -> "Pass":
        """What the provider's node shows at the hub's door."""
        home = self.provider.house.home()
        certificate = parse_certificate((home.folder / CERTIFICATE).read_text("utf-8"), CERTIFICATE)
        return Pass(fingerprint(certificate), {"authorization": f"Bearer {read_token(home)}"})


def live(begun: World, folder: Path, seed: int, capfd: pytest.CaptureFixture[str]) -> Told:
    """Let a twin of a world live as *seed* has it."""
    with pytest.MonkeyPatch.context() as patch:
        world = begun.copy(folder, patch)
        world.sees(seed)
        exported = world.exports()
        kept = "".join(str(world.provider.show(each["case"])) for each in world.provider.cases())
        world.hub.epoch += 3
        world.provider.house.let(None)  # The hub's people are others.
        capfd.readouterr()
        batch = world.speaks(seed)
        nodes: dict[str, Shown] = {"alpha": world.shown, **{node.name: node for node in OTHERS}}
        answers = [*every_answer(world.hub.home(), nodes)]
        return Told(exported, answers, "".join(capfd.readouterr()), batch, kept)


def test_no_byte_tells_of_lines_or_times(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what is logged; and the list has all servers, found by lines that differ."""
    begun = World.begin(tmp_path / "begun", monkeypatch)
    set_up_logging("warning", timed=False)

    one, other = (live(begun, tmp_path / str(seed), seed, capfd) for seed in SEEDS)

    assert one.kept != other.kept
    assert one.exported == other.exported
    assert one.exported[0].count(",dedicated,2026-01-10\n") == len(SERVERS)
    assert one.batch == other.batch
    assert one.answers == other.answers
    assert one.logged == other.logged == ""
    listed = next(
        found.body for _, target, found in one.answers if target.endswith("/1/listings.csv")
    )
    assert all(f"{address},tcp,{port}".encode() in listed for address, port in SERVERS)
