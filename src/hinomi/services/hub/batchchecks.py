"""Whether what members said, and said of what they took, is what they signed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hinomi.govern.note import BadNote, Verifier, parse_note
from hinomi.model.listing import render_epoch
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.services.mandates import Operation
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.share.snapshot import read_head
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch


@dataclass(slots=True)
class Entries:
    """What the journal tells of what was taken in, gathered while somebody reads it."""

    batches: dict[int, Mapping[str, object]] = field(default_factory=dict)  # By index.
    new_keys: set[str] = field(default_factory=set)  # Members that have another key than once.
    first: int | None = None  # Index of the oldest body that is kept.

    def add(self, index: int, entry: Mapping[str, object]) -> None:
        """Take note of one entry."""
        self.first = index if self.first is None else self.first
        operation = entry.get("operation")
        if operation == Operation.INTAKE.word:
            self.batches[index] = entry
        elif operation == Operation.MEMBERS.word:
            changed = entry.get("changed")
            if isinstance(changed, list) and "signing_key" in changed:
                self.new_keys.add(str(entry.get("member")))

    def has(self, index: int) -> bool:
        """Tell whether the body of an entry is kept, as far as one goes by its age."""
        return self.first is not None and index >= self.first


@dataclass(slots=True)
class Batches:
    """What was looked at of them."""

    entries: Entries
    looked: int = 0
    earlier_keys: int = 0  # Signed with a key that is no member's any more: by digest alone.

    def faults(self, home: Home, casebook: CaseBook) -> Iterator[str]:
        """Check every batch that is kept, and every acknowledgement: a line for each fault."""
        hub, now = list_signer(home).name, present_epoch(home)
        keys = {each.name: each.signing_key for each in casebook.hub.members.all()}
        for member, deed, epoch in casebook.hub.batches.index():
            batch = casebook.hub.batches.find(member, deed, epoch)
            if batch is None:
                continue
            self.looked += 1
            what = f"batch of {member}, {deed.name.lower()} of {render_epoch(epoch, now.days)}"
            if digest(batch.body) != batch.digest:
                yield f"{what}: its body is not the one whose digest was signed"
            if batch.media != ("json" if batch.body.startswith(b"{") else "csv"):
                yield f"{what}: it is in another format than is said of it"
            signed = Signed(
                deed=deed, hub=hub, member=member, epoch=epoch, epoch_days=now.days,
                digest=batch.digest,
            )  # fmt: skip
            if wrong := self._note_fault(batch.note, signed, keys.get(member, "")):
                yield f"{what}: {wrong}"
            if wrong := self._entry_fault(batch):
                yield f"{what}: {wrong}"
        yield from self._acknowledgement_faults(casebook, hub, keys, now.number)

    def _acknowledgement_faults(
        self, casebook: CaseBook, hub: str, keys: Mapping[str, str], present: int
    ) -> Iterator[str]:
        heads = {each.number: each.head for each in casebook.hub.snapshots.summaries()}
        for said in casebook.hub.snapshots.acknowledgements():
            what = f"acknowledgement of {said.member} of snapshot {said.number}"
            try:
                head = read_head(heads.get(said.number, ""))
            except BadNote:
                yield f"{what}: there is no head of that snapshot"
                continue
            signed = Signed(
                deed=Deed.ACKNOWLEDGEMENT, hub=hub, member=said.member, epoch=head.epoch,
                epoch_days=head.epoch_days, digest=head.json_digest,
            )  # fmt: skip
            if wrong := self._note_fault(said.note, signed, keys.get(said.member, "")):
                yield f"{what}: {wrong}"
            if not head.epoch <= said.epoch <= present:
                yield f"{what}: its epoch cannot be"

    def _note_fault(self, rendered: str, wanted: Signed, key: str) -> str:
        """Tell what is wrong of a note; empty: nothing is."""
        try:
            note, verifier = parse_note(rendered), Verifier.parse(key)
            if note.by(verifier) or wanted.member not in self.entries.new_keys:
                note.require(verifier)
            else:
                self.earlier_keys += 1
        except BadNote as error:
            return f"it is not signed by the member: {error}"
        return "" if note.text == wanted.text() else "the signed note is about something else"

    def _entry_fault(self, batch: Batch) -> str:
        """Hold a batch against what the journal says was taken in."""
        if not self.entries.has(batch.entry):
            return ""
        told = self.entries.batches.get(batch.entry, {})
        wanted = {
            "member": batch.member,
            "deed": batch.deed.name.lower(),
            "digest": batch.digest,
            "statements": batch.statements,
        }
        same = all(told.get(name) == value for name, value in wanted.items())
        return "" if same else "its entry of the journal is about something else"
