"""
The journal on a local disk: tiles, bundles of leaves, their bodies, and the signed checkpoint.

=========================== =====================================================
``checkpoint``               how large it is and its root hash, signed
``tile/…``                   hashes and leaves, as C2SP tlog-tiles lays them out
``bodies/…``                 what was done, 256 to a file, as long as it is kept
``witnessed/…``              the newest checkpoint that each witness signed
``lock``                     held by who writes
=========================== =====================================================

A body on the disk is an entry written: bodies, full tiles and the checkpoint are synced, partial
tiles are not. Where the power fails, the next writer makes them anew and takes up what no
checkpoint covers yet.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hinomi.clock import Clock
from hinomi.errors import Unavailable
from hinomi.govern import merkle
from hinomi.govern.checkpoint import Checkpoint, Proof
from hinomi.govern.edge import Edge
from hinomi.govern.journal import SALT_BYTES, Altered, Body, Entry, Leaf, body_of
from hinomi.govern.note import Note, Signature, Signer, Verifier, parse_note
from hinomi.govern.tiles import ENTRIES, WIDTH, decode_bundle, tile_name
from hinomi.store.durable import draft_of, on_disk, publish, replace_durably
from hinomi.store.journalfiles import MODE, JournalFiles, opened
from hinomi.store.locking import taken

CHECKPOINT: Final = "checkpoint"
WITNESSED: Final = "witnessed"

LOCK_WAIT_S: Final = 5.0
"""How long a writer waits for another one before it gives up."""


class FileJournal:
    """A journal in a folder, safe against two writers at once."""

    def __init__(self, folder: Path, signer: Signer, clock: Clock) -> None:
        """
        Open the journal in *folder*, which `create` made.

        Args:
            folder: Where it lies. Where it is gone, so is what it showed: none is begun anew.
            signer: Signs checkpoints; its name is the journal's origin.
            clock: What time it is.
        """
        self.folder = folder
        self._signer = signer
        self._clock = clock
        self._files = JournalFiles(folder)
        self._kept: Edge | None = None

    @classmethod
    def create(cls, folder: Path, signer: Signer, clock: Clock) -> "FileJournal":
        """
        Begin a journal without entries.

        Raises:
            OSError: If *folder* exists or cannot be made.
        """
        folder.mkdir(mode=0o700)
        empty = Checkpoint(signer.name, 0, merkle.EMPTY_ROOT).signed(signer)
        replace_durably(folder / CHECKPOINT, empty.render().encode(), mode=MODE)
        return cls(folder, signer, clock)

    @property
    def verifier(self) -> Verifier:
        """The key that its checkpoints are checked with."""
        return self._signer.verifier

    def append(self, entry: Entry) -> int:
        """Write one entry, on the disk and under a signed checkpoint before this returns."""
        return self.append_many([entry]).start

    def append_many(self, entries: Sequence[Entry]) -> range:
        """
        Write entries under one checkpoint.

        All of them, unless the process is killed meanwhile: then the first few, or none.

        Returns:
            Their indexes.

        Raises:
            As `append`.
        """
        now_ms = self._clock()
        return self._write(
            lambda first: [
                body_of(first + place, now_ms, each) for place, each in enumerate(entries)
            ]
        )

    def adopt(self, lines: Iterable[tuple[int, bytes]]) -> range:
        """
        Take up entries that were written elsewhere, as they are.

        Args:
            lines: Time, ms since the Unix epoch, and text of each.
        """
        return self._write(
            lambda first: [
                Body(first + place, time_ms, os.urandom(SALT_BYTES), text)
                for place, (time_ms, text) in enumerate(lines)
            ]
        )

    def note(self) -> Note:
        """
        Read the signed checkpoint.

        Raises:
            Unavailable: If it cannot be read.
        """
        with on_disk(self.folder / CHECKPOINT):
            return parse_note((self.folder / CHECKPOINT).read_text("utf-8"))

    def head(self) -> Checkpoint:
        """
        Read the checkpoint and make sure that this journal signed it.

        Raises:
            BadNote: If it did not.
        """
        note = self.note()
        note.require(self.verifier)
        return Checkpoint.parse(note.text)

    def entries(self) -> Iterator[dict[str, object]]:
        """Yield what is kept of every entry, oldest first; nothing is checked."""
        for body in self.bodies():
            yield body.parse()

    def bodies(self, first: int = 0) -> Iterator[Body]:
        """Yield the bodies that are kept, from entry *first* on, oldest first."""
        size = self.head().size
        for number in range(first // WIDTH, -(-size // WIDTH)):
            found = self._files.bodies(number)
            yield from (each for each in found if first <= each.index < size)

    def leaves(self, size: int) -> Iterator[Leaf]:
        """Yield the first *size* leaves, oldest first; nothing is checked."""
        for number in range(-(-size // WIDTH)):
            bundle = self._bundle(number, self.head().size)  # It may have grown meanwhile.
            yield from bundle[: size - number * WIDTH]

    def leaf(self, index: int) -> Leaf:
        """Read one leaf."""
        number, place = divmod(index, WIDTH)
        return self._bundle(number, self.head().size)[place]

    def body(self, index: int) -> Body | None:
        """Read one body; None if it was deleted."""
        return next(
            (each for each in self._files.bodies(index // WIDTH) if each.index == index), None
        )

    def prove(self, index: int, note: Note | None = None, extra: bytes = b"") -> Proof:
        """
        Prove that an entry is in the journal.

        Args:
            index: Of the entry.
            note: The checkpoint to prove it by; None: the present one.
            extra: What else goes with the proof.
        """
        note = note or self.note()
        size = Checkpoint.parse(note.text).size
        path = merkle.inclusion_proof(self._files.stored(size), index, size)
        return Proof(index, tuple(path), note, extra)

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """Prove that the journal of *old* entries is how the present one begins."""
        size = self.head().size
        return tuple(merkle.consistency_proof(self._files.stored(size), old, size))

    def add_cosignatures(
        self, note: Note, signatures: Sequence[tuple[Verifier, Signature]]
    ) -> None:
        """
        Keep what witnesses signed, each beside the last that it signed.

        Raises:
            BadNote: If a witness did not sign the checkpoint *note*.
        """
        note.require(self.verifier)
        folder = self.folder / WITNESSED
        with on_disk(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        for verifier, signature in signatures:
            witnessed = note.with_signatures([signature])
            witnessed.require(verifier)
            path = folder / verifier.key_id.hex()
            replace_durably(path, witnessed.render().encode(), mode=MODE)

    def delete_bodies(self, before_ms: int) -> list[tuple[int, int]]:
        """
        Delete the bodies of entries older than *before_ms*; leaves and proofs stay.

        Returns:
            The ranges of indexes, end exclusive, whose bodies were there and are not any more.
        """
        gone: list[int] = []
        with self._held():
            size = self.head().size
            for number in range(-(-size // WIDTH)):
                kept = list(self._files.bodies(number))
                left = [each for each in kept if each.index >= size or each.time_ms >= before_ms]
                if len(left) < len(kept):
                    self._files.put_durably(self._edge(self.head()).partial_tiles())
                    path = self._files.body_path(number)
                    replace_durably(path, b"".join(each.encode() for each in left), mode=MODE)
                    gone += sorted({each.index for each in kept} - {each.index for each in left})
        return _ranges(gone)

    def copy(self, folder: Path) -> None:
        """
        Copy the journal as it is at one moment into the new folder *folder*.

        Raises:
            Unavailable: If it cannot be read, or another process holds its lock for too long.
        """
        with self._held(), on_disk(folder):
            shutil.copytree(self.folder, folder, ignore=lambda *_: {"lock"})

    def _bundle(self, number: int, size: int) -> list[Leaf]:
        """Read bundle *number* of the leaves of a journal of *size* entries."""
        width = min(WIDTH, size - number * WIDTH)
        name = tile_name(ENTRIES, number, width)
        return [Leaf.decode(each) for each in decode_bundle(self._files.read(name), width)]

    def _write(self, make: Callable[[int], Sequence[Body]]) -> range:
        """Write the bodies that *make* gives for the index they begin at."""
        try:
            with self._held():
                edge = self._edge(self.head())
                edge = self._take_up(edge)
                first = edge.size
                bodies = make(first)
                if bodies:
                    self._files.add_bodies(first, bodies)
                    self._grow(edge, bodies)
                return range(first, edge.size)
        except OSError as error:
            raise Unavailable(
                f"journal {self.folder}: {error.strerror}; mend that first"
            ) from error

    def _edge(self, head: Checkpoint) -> Edge:
        """Give the right edge of the tree, from memory or from its tiles."""
        kept = self._kept
        if kept is not None and (kept.size, kept.root()) == (head.size, head.root):
            return kept
        return self._files.edge(head)

    def _take_up(self, edge: Edge) -> Edge:
        """Take up entries that are on the disk without a checkpoint: their writer was stopped."""
        size = edge.size
        left = [each for each in self._files.bodies(size // WIDTH) if each.index >= size]
        following = size // WIDTH + 1
        while (
            left
            and left[-1].index + 1 == following * WIDTH
            and self._files.body_path(following).exists()
        ):
            left += self._files.bodies(following)
            following += 1
        if left:
            if [each.index for each in left] != [*range(size, size + len(left))]:
                raise Altered(f"journal {self.folder}: bodies are missing after entry {size - 1}")
            self._grow(edge, left)
        return edge

    def _grow(self, edge: Edge, bodies: Sequence[Body]) -> None:
        """Let the tree grow by bodies that are on the disk, and sign it."""
        before = edge.size
        self._kept = None
        for tile in edge.add([each.leaf().encode() for each in bodies]):
            self._files.put(tile)
        head = Checkpoint(self._signer.name, edge.size, edge.root()).signed(self._signer)
        path = self.folder / CHECKPOINT
        with opened(draft_of(path), os.O_TRUNC) as file:
            file.write(head.render().encode())
        publish(path)  # The folder need not be synced: bodies tell what an older one lacks.
        self._kept = edge
        self._files.sweep(before, edge.size)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock of the journal."""
        with on_disk(self.folder):
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, MODE)
        try:
            if not taken(descriptor, LOCK_WAIT_S):
                raise Unavailable(
                    f"journal {self.folder}: another process holds its lock; "
                    "end that one, then repeat"
                )
            yield
        finally:
            os.close(descriptor)


def _ranges(indexes: Sequence[int]) -> list[tuple[int, int]]:
    """Join ascending numbers to ranges, end exclusive."""
    found: list[tuple[int, int]] = []
    for index in indexes:
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return found
