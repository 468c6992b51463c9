"""Members that take part in rounds of private corroboration, and a hub that stands in for one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hinomi.model.listing import render_epoch
from hinomi.model.statement import Deed, Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.corroborating import Kept, Seat, SentIn, seat_of, take_tables
from hinomi.services.hub.founding import list_signer
from hinomi.services.membership.rounds import packed
from hinomi.share.canonical import digest
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.elements import unpack
from hinomi.share.private.keys import RoundKeys
from hinomi.share.private.rounds import ROUND_FORMAT, Round
from hinomi.share.private.shares import OwnTables, Stream, choose, make_tables, open_answer
from hinomi.share.private.wire import decode_answer, decode_tables, encode_answer, encode_tables
from hinomi.share.signing import Signed
from hubs import HubHouse
from standin import MEMBER, StandIn

KEY: Final = b"the key that all members share.."
CAPACITY: Final = 1_000
"""The least that a home takes part in, as shipped."""


def with_values(home: Home, values: Mapping[str, int]) -> Home:
    """Give *home* with other values in its register."""
    register = home.register
    for name, value in values.items():
        register = register.with_value(name, value, decided_by="a test")
    return replace(home, register=register)


def made(agreed: Round, number: int, servers: Iterable[Endpoint], key: bytes = KEY) -> OwnTables:
    """Make the tables of a member; the same again from the same."""
    seed = bytes([number]) * 32
    keys = RoundKeys.derive(key, agreed)
    chosen = choose(agreed, keys, packed(servers))
    return make_tables(agreed, keys, number, chosen, Stream(seed, agreed))


def document(agreed: Round, number: int, servers: Iterable[Endpoint], key: bytes = KEY) -> bytes:
    """Give the bytes of the tables of a member."""
    return encode_tables(agreed, RoundKeys.derive(key, agreed), made(agreed, number, servers, key))


def opened(agreed: Round, number: int, servers: Iterable[Endpoint], answer: bytes) -> set[Endpoint]:
    """Open the hub's answer to a member that brought *servers*."""
    keys = RoundKeys.derive(KEY, agreed)
    found = open_answer(
        agreed, keys, made(agreed, number, servers), decode_answer(agreed, number, answer)
    )
    services = [unpack(each) for each in found.elements]
    return {Endpoint(each.address, each.proto, each.port) for each in services}


@dataclass(slots=True)
class RoundHouse:
    """A hub whose register has rounds turned on, and what its members do."""

    house: HubHouse
    threshold: int = 3
    capacity: int = CAPACITY

    def home(self) -> Home:
        """Open the hub's home."""
        values = {
            "hub.private_threshold": self.threshold,
            "hub.private_capacity": self.capacity,
        }
        return with_values(self.house.home(), values)

    def seat(self, name: str) -> Seat:
        """Let a member ask for the round."""
        home = self.home()
        with home.casebook() as casebook:
            return seat_of(home, casebook, casebook.hub.members.get(name))

    def sends(self, name: str, servers: Iterable[Endpoint]) -> Kept:
        """Let a member send its tables."""
        seat = self.seat(name)
        body = document(seat.agreed, seat.number, servers)
        return self.sends_body(name, body, seat.agreed.epoch)

    def sends_body(self, name: str, body: bytes, epoch: int) -> Kept:
        """Let a member send this as its tables."""
        home = self.home()
        signed = Signed(
            deed=Deed.TABLES,
            hub=list_signer(home).name,
            member=name,
            epoch=epoch,
            epoch_days=1,
            digest=digest(body),
        )
        note = signed.sign(self.house.nodes[name].signer)
        with home.casebook() as casebook:
            member = casebook.hub.members.get(name)
            sent = SentIn(epoch=epoch, body=body, note=note)
            return take_tables(home, casebook, member, sent)


@dataclass(slots=True)
class StandInRounds:
    """A round at a stand-in for a hub, with two further members; the one that asks has number 1."""

    hub: StandIn
    others: tuple[Endpoint, ...]
    threshold: int = 3
    capacity: int = CAPACITY
    is_over: bool = False
    drop: int = 0  # So many tables are taken and never answered.
    key: bytes = KEY
    taken: dict[int, bytes] = field(default_factory=dict)

    def agreed(self, epoch: int) -> Round:
        """Give what is agreed on."""
        return Round(self.hub.list_key.verifier.render(), epoch, self.threshold, self.capacity)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        """Answer what is asked of rounds; None: it is something else."""
        parts = path.strip("/").split("/")[1:]
        if parts == ["round"]:
            return self._tell()
        if parts[0] != "rounds":
            return None
        epoch = next(each for each in self._epochs() if day_of(each) == parts[1])
        return self._take(epoch, body) if method == "PUT" else self._give(epoch)

    def _epochs(self) -> range:
        return range(self.hub.spoken_of - 9, self.hub.spoken_of + 1)

    def _tell(self) -> tuple[int, bytes]:
        if self.is_over:
            return 409, b'{"error":"the list is made"}'
        told = {
            "format": ROUND_FORMAT,
            "hub": self.hub.list_key.verifier.render(),
            "epoch": day_of(self.hub.spoken_of),
            "threshold": self.threshold,
            "capacity": self.capacity,
            "number": 1,
        }
        return 200, json.dumps(told).encode()

    def _take(self, epoch: int, body: bytes) -> tuple[int, bytes]:
        if self.is_over or self.taken.setdefault(epoch, body) != body:
            return 409, b'{"error":"not these, not now"}'
        if self.drop:
            self.drop -= 1
            return 0, b""
        receipt = Signed(
            deed=Deed.RECEIPT,
            hub=self.hub.list_key.name,
            member=MEMBER,
            epoch=epoch,
            epoch_days=1,
            digest=digest(body),
        ).sign(self.hub.list_key)
        told = {"epoch": day_of(epoch), "digest": digest(body), "note": receipt}
        return 200, json.dumps(told).encode()

    def _give(self, epoch: int) -> tuple[int, bytes]:
        if (not self.is_over and epoch == self.hub.spoken_of) or epoch not in self.taken:
            return 404, b'{"error":"no answer"}'
        agreed = self.agreed(epoch)
        bodies = {1: self.taken[epoch]}
        bodies |= {each: document(agreed, each, self.others, self.key) for each in (2, 3)}
        sent = {each: decode_tables(agreed, each, told) for each, told in bodies.items()}
        found = combine(agreed, sent)
        return 200, encode_answer(agreed, answer_to(1, found, sent))


def day_of(epoch: int) -> str:
    """Name an epoch of a day."""
    return render_epoch(epoch, 1)
