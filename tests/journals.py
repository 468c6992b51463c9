"""Journals on disk for tests: written by a clock that tests move, checked as an auditor would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hinomi.govern.audit import Audit, Evidence, audit
from hinomi.govern.note import Note, Signer, Verifier, parse_note
from hinomi.store.journal import FileJournal

SIGNER = Signer("hinomi.example/1", bytes(range(32)))
NOON_MS = 1_767_268_800_000


@dataclass
class Hand:
    """A clock whose hand tests move."""

    now_ms: int = NOON_MS

    def __call__(self) -> int:
        """Tell the time."""
        return self.now_ms


@dataclass
class Written:
    """A journal, its folder and its clock."""

    folder: Path
    hand: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        if not self.folder.exists():
            FileJournal.create(self.folder, SIGNER, self.hand)

    @property
    def journal(self) -> FileJournal:
        """Open it, as another process would."""
        return FileJournal(self.folder, SIGNER, self.hand)

    def write(self, count: int, act: str = "test") -> "Written":
        """Append entries, a second apart."""
        journal = self.journal
        for number in range(count):
            journal.append({"act": act, "number": number})
            self.hand.now_ms += 1000
        return self

    def fill(self, count: int, act: str = "test") -> "Written":
        """Append entries at once."""
        self.journal.append_many([{"act": act, "number": number} for number in range(count)])
        return self

    def note(self) -> Note:
        """Read the checkpoint."""
        return parse_note((self.folder / "checkpoint").read_text("utf-8"))

    def files(self) -> list[str]:
        """Name all files that the journal shows."""
        found = (each for each in self.folder.rglob("*") if each.is_file())
        names = (str(each.relative_to(self.folder)) for each in found)
        return sorted(name for name in names if name != "lock")

    def audit(
        self, seen: Sequence[Note] = (), witnesses: Sequence[Verifier] = (), key: Signer = SIGNER
    ) -> Audit:
        """Check it against what was seen before."""
        known = Evidence(
            key=key.verifier,
            witnesses=witnesses,
            seen=[(f"seen {number}", note) for number, note in enumerate(seen)],
        )
        return audit(self.note(), self.read, self.files(), known)

    def read(self, name: str) -> bytes | None:
        """Read one file, if it is there."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None


def faults(found: Audit) -> set[str]:
    """Name the kinds of what is wrong."""
    return {str(each.fault) for each in found.findings}
