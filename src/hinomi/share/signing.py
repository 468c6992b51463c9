"""
What members and the hub put their names to, as signed notes.

Each text begins with a line that says what it is, and names hub, member and epoch: a signature
under one thing can be shown as no other, to no other hub, in no other epoch.

Source:
    C2SP signed-note; RFC 8032 (Ed25519: the same text always gets the same signature).
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note, parse_signatures
from hinomi.model.listing import parse_epoch, render_epoch
from hinomi.model.statement import Deed

_LINES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A deed of a member in one epoch, over bytes with this digest."""

    deed: Deed
    hub: str  # Name of the hub's key.
    member: str
    epoch: int
    epoch_days: int
    digest: str  # SHA-256 of what it is over, 64 hex digits.

    def text(self) -> str:
        """Render the text that is signed."""
        day = render_epoch(self.epoch, self.epoch_days)
        return f"{self.deed}\n{self.hub}\n{self.member}\n{day}\n{self.digest}\n"

    def receipt(self) -> Self:
        """Give what the hub puts its name to once it has kept this."""
        return replace(self, deed=Deed.RECEIPT)

    def sign(self, signer: Signer) -> str:
        """Render the signed note."""
        text = self.text()
        return Note(text, parse_signatures(signer.sign(text))).render()

    @classmethod
    def check(cls, rendered: str, verifier: Verifier, epoch_days: int) -> Self:
        """
        Read a signed note, and make sure that *verifier* signed it.

        Raises:
            BadNote: If it is none, or signed by somebody else.
        """
        note = parse_note(rendered)
        note.require(verifier)
        lines = note.text.removesuffix("\n").split("\n")
        if len(lines) != _LINES or lines[0] not in [*Deed]:
            raise BadNote("the signed text is none that hinomi knows")
        deed, hub, member, day, digest = lines
        try:
            epoch = parse_epoch(day, epoch_days)
        except ValueError as error:
            raise BadNote(f"the signed text names an epoch that is none: {error}") from error
        return cls(
            deed=Deed(deed),
            hub=hub,
            member=member,
            epoch=epoch,
            epoch_days=epoch_days,
            digest=digest,
        )
