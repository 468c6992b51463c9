"""
Private corroboration at a member: open the answer of the last round, then take part in the next.

Into a round go the findings that would be submitted (`submitting`), as tables of a length that
does not show how many they are. Round keys are derived when they are needed, and not kept.
"""

import base64
import os
from dataclasses import dataclass
from typing import Final

import msgspec

from hinomi.errors import ConfigError, Conflict, HinomiError, MalformedDocument, NotFound
from hinomi.govern.note import BadNote
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.listings import require_journalled, require_may_leave
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.asking import HubClient, NotTaken
from hinomi.services.membership.holding import alone
from hinomi.services.membership.joined import JoinedHub, read_joined, spoken_of
from hinomi.services.membership.joining import statements_signer
from hinomi.services.membership.memberskey import read_key
from hinomi.services.membership.rounds import (
    Brought,
    Opened,
    all_brought,
    forget_brought,
    lose_brought,
    packed,
    put_brought,
    put_opened,
    read_opened,
)
from hinomi.services.membership.submitting import backed_servers
from hinomi.share.canonical import digest
from hinomi.share.private.keys import RoundKeys
from hinomi.share.private.rounds import LAST_NUMBER, Round
from hinomi.share.private.shares import OwnTables, Stream, make_tables, open_answer
from hinomi.share.private.wire import answer_most_bytes, decode_answer, encode_tables
from hinomi.share.signing import Signed

LOCK: Final = "corroborating"

_SEED_BYTES: Final = 32
_BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corroborated:
    """What came of taking part."""

    opened: Opened | None  # The answer that was opened just now; None: none was there.
    lost: tuple[str, ...]  # Why rounds came to nothing, a line each.
    day: str  # First day of the epoch whose round is, or was, open.
    brought: int | None  # Findings that went in; None: the round is over, and this home not in it.
    was_sent: bool  # The hub had said before that it has the tables.


class _Round(msgspec.Struct):
    hub: str
    epoch: str
    threshold: int
    capacity: int
    number: int


class _Receipt(msgspec.Struct):
    epoch: str
    digest: str
    note: str


def corroborate(home: Home) -> Corroborated:
    """
    Open the hub's answers that are there, and send the tables of the round that is open.

    Repeated, it sends the same bytes, or nothing: tables are made once in a round, whatever the hub
    says of them.

    Raises:
        NotPermitted: If this home is a laboratory, no mandate permits it, something is listed past
            the journal, or the hub does not let this node in.
        NotFound: If this home has joined no hub or has no members' key, or the hub makes no rounds.
        ConfigError: If the hub's round is not one that this home takes part in, or takes fewer
            findings than there are.
        Unavailable: If the hub is away, or nobody counted lines since the last epoch ended.
        BadNote, MalformedDocument: If what the hub answers is not what it should be.
    """
    mandate = require_may_leave(home, Operation.CORROBORATE)
    membership = read_joined(home)
    epoch = spoken_of(home, membership)
    key = read_key(home)
    require_journalled(home, Operation.CORROBORATE, mandate)
    taking = _Taking(home, membership, key, epoch)
    with alone(home, LOCK, "takes part in a round"), HubClient(home, membership) as client:
        opened = taking.open_all(client)
        brought, was_sent = taking.take_part(client)
    return Corroborated(
        opened=opened,
        lost=tuple(taking.lost),
        day=membership.day_of(epoch),
        brought=brought,
        was_sent=was_sent,
    )


class _Taking:
    """One home that takes part, at one moment."""

    def __init__(self, home: Home, membership: JoinedHub, key: bytes, epoch: int) -> None:
        self._home = home
        self._membership = membership
        self._key = key
        self._epoch = epoch
        self.lost: list[str] = []

    def open_all(self, client: HubClient) -> Opened | None:
        """Open what is answered, oldest first; give the newest."""
        newest = None
        most = self._home.register.integer("share.corroborated_epochs")
        for each in all_brought(self._home, self._membership):
            day = self._membership.day_of(each.epoch)
            if each.epoch < self._epoch - most:
                forget_brought(self._home, self._membership, each.epoch)
                continue
            if each.is_lost:
                continue
            try:
                opened = self._open(each, client)
            except NotFound:
                continue
            except (ConfigError, MalformedDocument) as error:
                self._lose(each, error)
                continue
            put_opened(self._home, opened)
            forget_brought(self._home, self._membership, each.epoch)
            told = {"corroborated": len(opened.elements), "unproven": opened.unproven}
            self._record(day, {"stage": "opened", "brought": opened.brought, **told})
            newest = opened
        return newest

    def take_part(self, client: HubClient) -> tuple[int | None, bool]:
        """Send the tables of the open round; give how many findings went in, and if before."""
        waiting = [
            each for each in all_brought(self._home, self._membership) if each.epoch == self._epoch
        ]
        opened = read_opened(self._home, self._membership)
        if opened is not None and opened.epoch >= self._epoch:
            return opened.brought, True
        brought = waiting[0] if waiting else self._begin(client)
        if brought is None or brought.is_lost:
            return None, False
        if brought.receipt:
            return len(brought.elements), True
        day = self._membership.day_of(self._epoch)
        try:
            body = encode_tables(brought.agreed, self._keys(brought), self._tables(brought))
            told = {"digest": digest(body), "brought": len(brought.elements)}
            self._record(day, {"stage": "begins", **told})
            receipt = self._send(client, body)
        except (ConfigError, Conflict, NotTaken) as error:
            # Another key, the round is over, or the hub has others, made before a backup.
            self._lose(brought, error)
            return None, False
        sent = msgspec.structs.replace(brought, digest=digest(body), receipt=receipt)
        put_brought(self._home, self._membership, sent)
        self._record(day, {"stage": "done", "digest": digest(body)})
        return len(brought.elements), False

    def _begin(self, client: HubClient) -> Brought | None:
        """Ask for the round that is open, and keep what goes into it; None: it is over."""
        try:
            found = client.get_json("/v1/round", _Round)
        except Conflict:
            return None
        day = self._membership.day_of(self._epoch)
        if (found.hub, found.epoch) != (self._membership.hub, day):
            raise MalformedDocument("is of another hub or epoch than it should be", "the round")
        if not 1 <= found.number <= LAST_NUMBER:
            raise MalformedDocument("gives a number that no member can have", "the round")
        least = self._home.register.integer("share.corroborated_least")
        if found.threshold < least:
            raise ConfigError(
                f"the hub's round opens what {found.threshold} members have, and this home takes "
                f"part from {least} on (share.corroborated_least); nothing was sent"
            )
        agreed = Round(found.hub, self._epoch, found.threshold, found.capacity)
        brought = Brought(
            hub=found.hub,
            member=self._membership.member,
            epoch=self._epoch,
            threshold=found.threshold,
            capacity=found.capacity,
            number=found.number,
            check=RoundKeys.derive(self._key, agreed).check_value(),
            seed=os.urandom(_SEED_BYTES),
            elements=packed(backed_servers(self._home, self._epoch)),
        )
        agreed.check_capacity(len(brought.elements))
        put_brought(self._home, self._membership, brought)
        return brought

    def _open(self, brought: Brought, client: HubClient) -> Opened:
        """
        Ask for one answer and open it.

        Raises:
            NotFound: If it is not there.
            ConfigError: If the members' key is another one by now.
            MalformedDocument: If it is no answer to what this home sent.
        """
        agreed = brought.agreed
        day = self._membership.day_of(brought.epoch)
        document = client.get(f"/v1/rounds/{day}/answer", most=answer_most_bytes(agreed))
        answer = decode_answer(agreed, brought.number, document)
        found = open_answer(agreed, self._keys(brought), self._tables(brought), answer)
        return Opened(
            hub=brought.hub,
            member=brought.member,
            epoch=brought.epoch,
            threshold=brought.threshold,
            elements=found.elements,
            brought=len(brought.elements),
            unproven=found.unproven,
        )

    def _keys(self, brought: Brought) -> RoundKeys:
        keys = RoundKeys.derive(self._key, brought.agreed)
        if keys.check_value() != brought.check:
            raise ConfigError("the members' key was replaced since the tables were made")
        return keys

    def _tables(self, brought: Brought) -> OwnTables:
        """Make the tables of a round; from what was kept they come out the same."""
        agreed = brought.agreed
        stream = Stream(brought.seed, agreed)
        return make_tables(agreed, self._keys(brought), brought.number, brought.elements, stream)

    def _send(self, client: HubClient, body: bytes) -> str:
        """Send tables, and give the hub's receipt for them."""
        day = self._membership.day_of(self._epoch)
        signed = self._membership.signed(Deed.TABLES, self._epoch, digest(body))
        note = base64.b64encode(signed.sign(statements_signer(self._home)).encode()).decode()
        headers = {"Content-Type": _BYTES, "Hinomi-Note": note}
        answer = client.put_json(f"/v1/rounds/{day}/tables", body, _Receipt, headers)
        given = Signed.check(answer.note, self._membership.list_key, signed.epoch_days)
        if given != signed.receipt() or (answer.epoch, answer.digest) != (day, signed.digest):
            raise BadNote("the hub's receipt is for other tables: these are sent again")
        return answer.note

    def _lose(self, brought: Brought, error: HinomiError) -> None:
        """Let go of what was brought into a round that comes to nothing, and say why."""
        day = self._membership.day_of(brought.epoch)
        lose_brought(self._home, self._membership, brought)
        self.lost.append(f"the round of {day} comes to nothing here: {error}")
        self._record(day, {"stage": "lost", "reason": str(error)})

    def _record(self, day: str, facts: dict[str, object]) -> None:
        mandate = self._home.mandate(Operation.CORROBORATE)
        told = {"epoch": day, **facts, "register": self._home.register.version}
        record(self._home.journal(), Operation.CORROBORATE, mandate, told)
