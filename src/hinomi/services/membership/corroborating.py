"""
Private corroboration at a member: open the answer of the last round, then take part in the next.

Into a round go the findings that would be submitted (`submitting`), as tables of a length that
does not show how many they are; where they are more than the round takes, a choice of them.
Whether a home takes part depends on its register and the hub's offer, not on how much it found.
Round keys are derived when they are needed, and not kept.
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
    NOTHING,
    Brought,
    Counts,
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
from hinomi.share.private.rounds import LAST_NUMBER, ROUND_FORMAT
from hinomi.share.private.shares import OwnTables, Stream, choose, make_tables, open_answer
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
    unread: tuple[str, ...]  # Why answers could not be read this time, a line each.
    day: str  # First day of the epoch whose round is, or was, open.
    counts: Counts | None  # Of what went in; None: the round is over, and this home not in it.
    was_sent: bool  # The hub had said before that it has the tables.


class _Round(msgspec.Struct):
    hub: str
    epoch: str
    threshold: int
    capacity: int
    number: int
    format: str = ""  # Hubs of an earlier version do not say it.


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
        ConfigError: If the hub's round is not one that this home takes part in.
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
        counts, was_sent = taking.take_part(client)
    return Corroborated(
        opened=opened,
        lost=tuple(taking.lost),
        unread=tuple(taking.unread),
        day=membership.day_of(epoch),
        counts=counts,
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
        self.unread: list[str] = []

    def open_all(self, client: HubClient) -> Opened | None:
        """
        Open what is answered, oldest first; give the newest.

        What cannot be read now is asked for again, as long as an answer would count: one that was
        cut, or a hub that was ill, costs no round. Only another key does.
        """
        newest = None
        most = self._home.register.integer("share.corroborated_epochs")
        for each in all_brought(self._home, self._membership):
            day = self._membership.day_of(each.epoch)
            if each.epoch < self._epoch - most:
                forget_brought(self._home, self._membership, each.epoch)
                continue
            if not each.seed:  # Nothing was brought, or the round is lost.
                continue
            try:
                opened = self._open(each, client)
            except NotFound:
                continue
            except ConfigError as error:
                self._lose(each, error)
                continue
            except (Conflict, MalformedDocument) as error:
                self.unread.append(f"the answer of {day} cannot be read now: {error}")
                self._record(day, {"stage": "unread", "reason": str(error)})
                continue
            put_opened(self._home, opened)
            forget_brought(self._home, self._membership, each.epoch)
            told = {"corroborated": len(opened.elements), "unproven": opened.unproven}
            self._record(day, {"stage": "opened", **opened.counts.facts, **told})
            newest = opened
        return newest

    def take_part(self, client: HubClient) -> tuple[Counts | None, bool]:
        """Send the tables of the open round; give what went in, and whether it was there before."""
        opened = read_opened(self._home, self._membership)
        if opened is not None and opened.epoch >= self._epoch:
            return opened.counts, True
        known = next(
            (
                each
                for each in all_brought(self._home, self._membership)
                if each.epoch == self._epoch
            ),
            None,
        )
        if known is not None and known.is_lost:
            return None, False
        brought = known if known is not None and known.seed else self._begin(client, known)
        if brought is None:
            return None, False
        if brought.receipt:
            return brought.counts, True
        day = self._membership.day_of(self._epoch)
        try:
            body = encode_tables(brought.agreed, self._keys(brought), self._tables(brought))
            told = {"digest": digest(body), **(brought.counts or NOTHING).facts}
            self._record(day, {"stage": "begins", **told})
            receipt = self._send(client, body)
        except (ConfigError, Conflict, NotTaken) as error:
            # Another key, the round is over, or the hub has others, made before a backup.
            self._lose(brought, error)
            return None, False
        sent = msgspec.structs.replace(brought, digest=digest(body), receipt=receipt)
        put_brought(self._home, self._membership, sent)
        self._record(day, {"stage": "done", "digest": digest(body)})
        return brought.counts, False

    def _begin(self, client: HubClient, known: Brought | None) -> Brought | None:
        """
        Ask for the round that is open, and keep what goes into it; None: it is over.

        The first offer of an epoch is kept before anything follows from it, and no other one is
        taken up: a hub that could offer one capacity after the other might find out how many
        findings there are.

        Args:
            client: Asks the hub.
            known: What it offered before in this epoch.
        """
        try:
            found = client.get_json("/v1/round", _Round)
        except Conflict:
            return None
        day = self._membership.day_of(self._epoch)
        if found.format != ROUND_FORMAT:
            raise ConfigError(
                f"the hub's rounds have another form than {ROUND_FORMAT}: the hub and its members "
                "need the same version of hinomi; nothing was sent"
            )
        hub = self._membership.list_key.render()
        if (found.hub, found.epoch) != (hub, day):
            raise MalformedDocument("is of another hub or epoch than it should be", "the round")
        if not 1 <= found.number <= LAST_NUMBER:
            raise MalformedDocument("gives a number that no member can have", "the round")
        offered = Brought(
            hub=hub,
            member=self._membership.member,
            epoch=self._epoch,
            threshold=found.threshold,
            capacity=found.capacity,
            number=found.number,
        )
        if known is None:
            put_brought(self._home, self._membership, offered)
        try:
            self._require_fit(offered, known or offered)
        except (ConfigError, MalformedDocument) as error:
            told = {"threshold": found.threshold, "capacity": found.capacity}
            self._record(day, {"stage": "refused", **told, "reason": str(error)})
            raise
        brought = self._filled(offered)
        put_brought(self._home, self._membership, brought)
        return brought

    def _require_fit(self, offered: Brought, first: Brought) -> None:
        """
        Return if this home takes part in a round like that; what it found does not enter here.

        Raises:
            ConfigError: If the round opens what too few members have, or takes too few findings
                or too many.
            MalformedDocument: If it is another one than the hub offered at *first*.
        """
        if offered.offer != first.offer:
            raise MalformedDocument("is another one than the hub offered first", "the round")
        register = self._home.register
        least = register.integer("share.corroborated_least")
        if offered.threshold < least:
            raise ConfigError(
                f"the hub's round opens what {offered.threshold} members have, and this home takes "
                f"part from {least} on (share.corroborated_least); nothing was sent"
            )
        low, high = (
            register.integer(f"share.corroborated_capacity_{each}") for each in ("least", "most")
        )
        if not low <= offered.capacity <= high:
            raise ConfigError(
                f"the hub's round takes {offered.capacity:,} findings of a member, and this home "
                f"takes part from {low:,} to {high:,} (share.corroborated_capacity_least, _most); "
                "nothing was sent"
            )
        _ = offered.agreed  # Raises where no round can be like that.

    def _filled(self, offered: Brought) -> Brought:
        """Choose what goes into the round that was offered, and draw what makes its tables."""
        gathered = backed_servers(self._home, self._epoch)
        keys = RoundKeys.derive(self._key, offered.agreed)
        own = packed(each.endpoint for each in gathered.statements)
        elements = choose(offered.agreed, keys, own)
        return msgspec.structs.replace(
            offered,
            check=keys.check_value(),
            seed=os.urandom(_SEED_BYTES),
            elements=elements,
            counts=Counts(
                brought=len(elements),
                at_least=gathered.at_least,
                left_out=len(own) - len(elements),
            ),
        )

    def _open(self, brought: Brought, client: HubClient) -> Opened:
        """
        Ask for one answer and open it.

        Raises:
            NotFound: If it is not there.
            ConfigError: If the members' key is another one by now.
            Conflict, MalformedDocument: If it is no answer to what this home sent.
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
            counts=brought.counts or NOTHING,
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
