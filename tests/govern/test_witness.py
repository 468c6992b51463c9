"""A witness signs what follows from what it signed before, and nothing else."""

from http import HTTPStatus

import pytest

from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.edge import Edge
from hinomi.govern.merkle import consistency_proof
from hinomi.govern.note import BadNote, Kind, Note, Signer, parse_signatures
from hinomi.govern.tiles import stored_in
from hinomi.govern.witness import Answer, Request, witness

JOURNAL = Signer("hinomi.example/1", bytes(range(32)))
WITNESS = Signer("witness.example/w1", bytes(range(1, 33)), Kind.COSIGNATURE)


class Remembered:
    """What a witness signed, in memory."""

    def __init__(self) -> None:
        self.notes: dict[str, Note] = {}

    def latest(self, origin: str) -> Note | None:
        """Give the last."""
        return self.notes.get(origin)

    def replace(self, before: Note | None, after: Note) -> bool:
        """Take the next."""
        origin = Checkpoint.parse(after.text).origin
        if self.notes.get(origin) != before:
            return False
        self.notes[origin] = after
        return True


def leaves(count: int, *, fork: bool = False) -> list[bytes]:
    """Give so many leaves; the first of a fork is another."""
    return [f"{number}{'!' if fork and number == 0 else ''}".encode() for number in range(count)]


def request(old: int, new: int, *, fork: bool = False, signer: Signer = JOURNAL) -> Request:
    """Ask for a signature over *new* leaves after *old* ones."""
    edge = Edge()
    tiles = {(each.level, each.number): each.content for each in edge.add(leaves(new, fork=fork))}
    stored = stored_in(lambda level, number, _: tiles[level, number], new)
    note = Checkpoint(signer.name, new, edge.root()).signed(signer)
    return Request(old, tuple(consistency_proof(stored, min(old, new), new)), note)


def ask(memory: Remembered, asked: Request) -> Answer:
    """Send a request over the wire's own form."""
    return witness(asked.render(), [JOURNAL.verifier], memory, WITNESS, lambda: 1_700_000_000)


def test_a_growing_journal_is_signed_each_time() -> None:
    """From nothing, on, and once more without a new entry."""
    memory = Remembered()
    for old, new in ((0, 3), (3, 10), (10, 10), (10, 200)):
        asked = request(old, new)
        answer = ask(memory, asked)

        assert answer.status is HTTPStatus.OK
        signed = asked.note.with_signatures(parse_signatures(answer.body))
        assert signed.require(WITNESS.verifier) == 1_700_000_000
    latest = memory.latest(JOURNAL.name)
    assert latest is not None
    assert Checkpoint.parse(latest.text).size == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(0, 10), HTTPStatus.CONFLICT),  # It signed three already: another memory?
        (request(2, 10), HTTPStatus.CONFLICT),
        (request(3, 3, fork=True), HTTPStatus.CONFLICT),  # The same size, another journal.
        (request(3, 10, fork=True), HTTPStatus.UNPROCESSABLE_ENTITY),  # Written anew.
        (request(3, 2), HTTPStatus.BAD_REQUEST),  # Cut.
        (request(0, 2), HTTPStatus.CONFLICT),  # Put back to an older state.
        (request(3, 10, signer=Signer(JOURNAL.name, bytes(32))), HTTPStatus.FORBIDDEN),
        (request(0, 10, signer=Signer("other", bytes(32))), HTTPStatus.NOT_FOUND),
    ],
)
def test_what_does_not_follow_is_not_signed(asked: Request, status: HTTPStatus) -> None:
    """Each for a reason of its own; what was signed stays what is known."""
    memory = Remembered()
    ask(memory, request(0, 3))
    before = dict(memory.notes)

    answer = ask(memory, asked)

    assert answer.status is status
    assert memory.notes == before
    if status is HTTPStatus.CONFLICT:
        assert (answer.body, answer.content_type) == ("3\n", "text/x.tlog.size")


def test_two_requests_at_once_do_not_both_win() -> None:
    """Whoever is second learns what is known by now."""

    class Overtaken(Remembered):
        def replace(self, before: Note | None, after: Note) -> bool:
            del before
            self.notes[JOURNAL.name] = request(0, 5).note
            return after is None

    assert ask(Overtaken(), request(0, 3)).body == "5\n"


@pytest.mark.parametrize(
    "body", ["", "old 3", "old 03\n\n", "young 3\n\n", request(0, 3).render().replace("old 0", "")]
)
def test_what_is_no_request_is_told_so(body: str) -> None:
    """400, and nothing is remembered."""
    memory = Remembered()

    answer = witness(body, [JOURNAL.verifier], memory, WITNESS, lambda: 0)

    assert answer.status is HTTPStatus.BAD_REQUEST
    assert not memory.notes


def test_a_request_survives_its_own_form() -> None:
    """Old size, proof and checkpoint; a proof of too many lines is refused."""
    asked = request(3, 10)

    assert Request.parse(asked.render()) == asked
    with pytest.raises(BadNote):
        Request.parse(Request(3, asked.proof * 40, asked.note).render())
