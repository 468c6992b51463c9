"""
Checkpoints: signed notes that say how large the journal is and what its root hash is.

Source:
    C2SP tlog-checkpoint and tlog-proof.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from hinomi.govern import merkle
from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_PROOF_HEAD: Final = "c2sp.org/tlog-proof@v1"
_PROOF_MOST: Final = 63
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree, whoever signed it."""

    origin: str  # Identifies the journal.
    size: int  # Number of leaves.
    root: bytes  # 32 bytes.

    def render(self) -> str:
        """Render the text of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, signer: Signer) -> Note:
        """Sign it as the journal does."""
        text = self.render()
        return parse_note(f"{text}\n{signer.sign(text)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read the text of a note.

        Raises:
            BadNote: If it is no checkpoint, or has extension lines, which nobody could audit.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[-1] or not lines[0]:
            raise BadNote("this is no checkpoint: it has not three lines")
        if not _SIZE.fullmatch(lines[1]):
            raise BadNote("this is no checkpoint: its second line is no size")
        return cls(lines[0], int(lines[1]), parse_hash(lines[2]))


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows offline that a leaf is in the journal."""

    index: int
    path: tuple[bytes, ...]
    note: Note  # The checkpoint, signed.
    extra: bytes = b""  # What else the verifier needs; vouched for by nothing.

    def render(self) -> str:
        """Render as a tlog-proof file."""
        lines = [_PROOF_HEAD]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(each).decode() for each in self.path]
        return "\n".join([*lines, "", self.note.render()])

    def require(self, leaf: bytes, verifier: Verifier) -> Checkpoint:
        """
        Make sure that the bytes *leaf* are in the journal of a key.

        Returns:
            The checkpoint that shows it.

        Raises:
            BadNote: If nothing shows it.
        """
        self.note.require(verifier)
        head = Checkpoint.parse(self.note.text)
        if head.origin != verifier.name:
            raise BadNote(f"the proof is of the journal {head.origin}, not of {verifier.name}")
        hashed = merkle.leaf_hash(leaf)
        if not merkle.proves_inclusion(hashed, self.index, head.size, self.path, head.root):
            raise BadNote(f"entry {self.index} is not shown to be in the journal")
        return head

    @classmethod
    def parse(cls, rendered: str) -> Self:
        """
        Read a tlog-proof file; nothing is checked.

        Raises:
            BadNote: If it is none.
        """
        head, gap, note = rendered.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines.pop(0) != _PROOF_HEAD or not lines:
            raise BadNote("this is no proof of a journal's entry")
        extra = b""
        if lines[0].startswith("extra "):
            extra = _decoded(lines.pop(0).removeprefix("extra "))
        word, _, index = (lines.pop(0) if lines else "").partition(" ")
        if word != "index" or not _SIZE.fullmatch(index) or len(lines) > _PROOF_MOST:
            raise BadNote("the proof does not say of which entry it is")
        return cls(int(index), tuple(parse_hash(line) for line in lines), parse_note(note), extra)


def parse_hash(text: str) -> bytes:
    """
    Read one hash in base 64.

    Raises:
        BadNote: If it is none.
    """
    raw = _decoded(text)
    if len(raw) != merkle.HASH_BYTES:
        raise BadNote("a line that should hold a hash holds none")
    return raw


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("a line that should be base 64 is none") from None
