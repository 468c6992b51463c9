"""
Witnesses: others who look at each new checkpoint and sign that the journal only grew.

A ministry, a member or an auditor keeps the newest checkpoint that it signed. Who alters or
shortens the journal can no longer show it one that follows, and has no two journals for two
witnesses who compare.

Source:
    C2SP tlog-witness: the body of ``add-checkpoint``, its checks and its answers.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol, Self

from hinomi.govern import merkle
from hinomi.govern.checkpoint import Checkpoint, parse_hash
from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note

PROOF_MOST: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Memory(Protocol):
    """What a witness remembers of each journal."""

    def latest(self, origin: str) -> Note | None:
        """Give the newest checkpoint that was signed of the journal *origin*."""

    def replace(self, before: Note | None, after: Note) -> bool:
        """
        Remember *after*, durably, unless something else than *before* is remembered by now.

        Returns:
            Whether it is remembered.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """What a journal shows a witness."""

    old: int  # Size of the checkpoint that the witness knows.
    proof: tuple[bytes, ...]  # `merkle.consistency_proof` from there.
    note: Note  # The new checkpoint, signed by the journal.

    def render(self) -> str:
        """Render the body of ``add-checkpoint``."""
        proof = [base64.b64encode(each).decode() for each in self.proof]
        return "\n".join([f"old {self.old}", *proof, "", self.note.render()])

    @classmethod
    def parse(cls, body: str) -> Self:
        """
        Read a body of ``add-checkpoint``; nothing is checked.

        Raises:
            BadNote: If it is none.
        """
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        old = _OLD.fullmatch(first)
        if old is None or len(proof) > PROOF_MOST:
            raise BadNote("this asks no witness for anything: its first line is not `old SIZE`")
        return cls(int(old[1]), tuple(parse_hash(line) for line in proof), parse_note(note))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers; over HTTP this is status and body."""

    status: HTTPStatus
    body: str
    """Lines of signatures if it is OK; the size that it knows, if another was named."""

    @property
    def content_type(self) -> str:
        """Media type of the body."""
        is_size = self.status is HTTPStatus.CONFLICT
        return "text/x.tlog.size" if is_size else "text/plain; charset=utf-8"


def witness(
    body: str,
    journals: Sequence[Verifier],
    memory: Memory,
    signer: Signer,
    clock_s: Callable[[], int],
) -> Answer:
    """
    Check a checkpoint and sign it, or say why not.

    Args:
        body: `Request.render`.
        journals: Keys of the journals that are witnessed.
        memory: What was signed before.
        signer: The key of the witness, of kind cosignature.
        clock_s: What time it is, s since the Unix epoch.
    """
    try:
        asked = Request.parse(body)
        head = Checkpoint.parse(asked.note.text)
    except BadNote as error:
        return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
    known = [each for each in journals if each.name == head.origin]
    if not known:
        return Answer(HTTPStatus.NOT_FOUND, "this journal is not witnessed here\n")
    if not any(_is_signed(asked.note, each) for each in known):
        return Answer(HTTPStatus.FORBIDDEN, "the journal did not sign it\n")
    before = memory.latest(head.origin)
    if (refusal := _refusal(asked, head, before)) is not None:
        return refusal
    if not memory.replace(before, asked.note):
        return _known(memory.latest(head.origin))
    return Answer(HTTPStatus.OK, signer.sign(asked.note.text, clock_s()))


def _refusal(asked: Request, head: Checkpoint, before: Note | None) -> Answer | None:
    """Say why it is not signed; None if nothing speaks against it."""
    if asked.old > head.size:
        return Answer(HTTPStatus.BAD_REQUEST, "the older checkpoint is the larger one\n")
    latest = None if before is None else Checkpoint.parse(before.text)
    if asked.old != (latest.size if latest else 0):
        return _known(before)
    if latest and latest.size == head.size and latest.root != head.root:
        return _known(before)
    older = latest.root if latest else merkle.EMPTY_ROOT
    # Nothing is to be proved of a journal that was never seen.
    follows = merkle.proves_consistency(asked.old, head.size, older, head.root, asked.proof)
    return None if follows else Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "it does not follow\n")


def _known(before: Note | None) -> Answer:
    size = Checkpoint.parse(before.text).size if before else 0
    return Answer(HTTPStatus.CONFLICT, f"{size}\n")


def _is_signed(note: Note, verifier: Verifier) -> bool:
    try:
        note.require(verifier)
    except BadNote:
        return False
    return True
