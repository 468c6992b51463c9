"""The auditor's door: checking, exporting and proving a journal, and witnessing one."""

import fcntl
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from hinomi.clock import Clock
from hinomi.errors import Conflict, NotFound
from hinomi.govern.audit import Audit, Evidence, audit
from hinomi.govern.checkpoint import Checkpoint, Proof
from hinomi.govern.journal import SALT_BYTES, Altered, Body, Leaf
from hinomi.govern.note import (
    BadNote,
    Kind,
    Note,
    Signer,
    Verifier,
    parse_note,
    parse_signatures,
)
from hinomi.govern.witness import Answer, Request, witness
from hinomi.services.home import Home
from hinomi.services.journals import new_signer, read_signer, write_signer
from hinomi.store.durable import on_disk, replace_durably
from hinomi.store.journal import CHECKPOINT, WITNESSED
from hinomi.store.journalfiles import BODIES

KEY_FILE: Final = "key"
WITNESS_KEY: Final = "witness.key"
_MEMORY: Final = "signed"


class _Shown(msgspec.Struct, forbid_unknown_fields=True):
    """What goes with a proof, so that it says what it proves."""

    leaf: bytes
    salt: bytes | None = None  # None: the body was deleted.
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows."""

    index: int
    size: int  # Of the journal that it is shown to be in.
    leaf: Leaf
    entry: dict[str, object] | None  # None: its body was deleted.


def read_text(path: Path) -> str:
    """
    Read a proof, a request or an answer.

    Raises:
        NotFound: If no text can be read there.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NotFound(f"{path} is no text") from error


def audit_home(home: Home, witnesses: Sequence[Verifier], seen: Sequence[Path]) -> Audit:
    """Check the journal of a home against its own key, and against what was noted before."""
    journal = home.journal()
    return _audit(journal.folder, Evidence(key=journal.verifier, witnesses=witnesses), seen)


def audit_folder(
    folder: Path,
    key: Verifier,
    witnesses: Sequence[Verifier],
    seen: Sequence[Path],
    *,
    with_bodies: bool = True,
) -> Audit:
    """
    Check an exported journal; nothing else is needed.

    Raises:
        NotFound: If *folder* holds none.
        BadNote: If a file of *seen* is no checkpoint.
    """
    if not (folder / CHECKPOINT).is_file():
        raise NotFound(f"{folder} holds no journal: there is no file {CHECKPOINT}")
    evidence = Evidence(key=key, witnesses=witnesses, with_bodies=with_bodies)
    return _audit(folder, evidence, seen)


def export_journal(home: Home, folder: Path, *, with_bodies: bool) -> Checkpoint:
    """
    Copy the journal for an auditor: the checkpoint first, so that all it covers is there.

    Raises:
        Conflict: If *folder* exists.
        Unavailable: If the disk refuses.
    """
    journal = home.journal()
    if folder.exists():
        raise Conflict(f"{folder} exists; name a folder that does not")
    left_out = shutil.ignore_patterns("lock", ".*", *([] if with_bodies else [BODIES]))
    with on_disk(folder):
        note = journal.note()
        shutil.copytree(journal.folder, folder, ignore=left_out)
        (folder / CHECKPOINT).write_text(note.render(), "utf-8")
        (folder / KEY_FILE).write_text(journal.verifier.render() + "\n", "utf-8")
    return Checkpoint.parse(note.text)


def prove(home: Home, index: int) -> str:
    """
    Prove that an entry is in the journal, with what it says as far as that is kept.

    Raises:
        NotFound: If there is no such entry.
    """
    journal = home.journal()
    note = journal.note()
    size = Checkpoint.parse(note.text).size
    if not 0 <= index < size:
        raise NotFound(f"the journal has no entry {index}; it has {size}, counted from 0")
    body = journal.body(index)
    shown = _Shown(journal.leaf(index).encode())
    if body is not None:
        shown = _Shown(shown.leaf, body.salt, body.text.decode())
    return journal.prove(index, note, msgspec.json.encode(shown)).render()


def check_proof(rendered: str, key: Verifier) -> Proved:
    """
    Check a proof that `prove` made.

    Raises:
        BadNote: If it proves nothing.
        Altered: If what it says is not what is proved.
    """
    proof = Proof.parse(rendered)
    try:
        shown = msgspec.json.decode(proof.extra, type=_Shown)
    except msgspec.MsgspecError as error:
        raise BadNote("the proof does not hold the entry that it proves") from error
    head = proof.require(shown.leaf, key)
    leaf, entry = Leaf.decode(shown.leaf), None
    if shown.salt is not None and shown.body is not None and len(shown.salt) == SALT_BYTES:
        body = Body(proof.index, leaf.time_ms, shown.salt, shown.body.encode())
        if body.leaf() != leaf:
            raise Altered(f"what the proof says of entry {proof.index} is not what was written")
        entry = body.parse()
    return Proved(proof.index, head.size, leaf, entry)


def request_for(home: Home, witness_key: Verifier) -> str:
    """Give what is sent to a witness: the checkpoint, and that it follows the last it signed."""
    journal = home.journal()
    old = 0
    for _, note in _witnessed(journal.folder):
        if note.by(witness_key):
            old = Checkpoint.parse(note.text).size
    return Request(old, journal.consistency(old), journal.note()).render()


def take_answer(home: Home, request: str, answer: str, witness_key: Verifier) -> int:
    """
    Keep what a witness answered to a request.

    Returns:
        The number of entries that it signed for.

    Raises:
        BadNote: If the witness did not sign that request.
    """
    note = Request.parse(request).note
    signatures = [(witness_key, each) for each in parse_signatures(answer)]
    home.journal().add_cosignatures(note, signatures)
    return Checkpoint.parse(note.text).size


def create_witness(folder: Path, name: str) -> Verifier:
    """
    Make a witness: a folder with its key and what it signed.

    Raises:
        Conflict: If *folder* exists.
    """
    if folder.exists():
        raise Conflict(f"{folder} exists; name a folder that does not")
    signer = Signer(name, new_signer().seed, Kind.COSIGNATURE)
    verifier = signer.verifier  # Refuses a name that cannot be one, before anything is made.
    with on_disk(folder):
        folder.mkdir(mode=0o700)
        write_signer(folder / WITNESS_KEY, signer)
    return verifier


def sign_as_witness(folder: Path, body: str, journals: Sequence[Verifier], clock: Clock) -> Answer:
    """
    Check what a journal shows, and sign it.

    Raises:
        ConfigError: If *folder* is no witness's.
    """
    signer = read_signer(folder / WITNESS_KEY)
    return witness(body, journals, _Memory(folder / _MEMORY), signer, lambda: clock() // 1000)


class _Memory:
    """What a witness signed, one file for each journal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def latest(self, origin: str) -> Note | None:
        """Give the newest checkpoint that was signed of the journal *origin*."""
        try:
            return parse_note(self._path(origin).read_text("utf-8"))
        except FileNotFoundError:
            return None

    def replace(self, before: Note | None, after: Note) -> bool:
        """Remember *after* unless something else than *before* is remembered by now."""
        origin = Checkpoint.parse(after.text).origin
        with on_disk(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with (self._folder / "lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.latest(origin) != before:
                    return False
                replace_durably(self._path(origin), after.render().encode(), mode=0o600)
                return True

    def _path(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest()


def _audit(folder: Path, evidence: Evidence, seen: Sequence[Path]) -> Audit:
    noted = [(str(path), _read_note(path)) for path in seen]
    witnessed = [(f"{WITNESSED}/{path.name}", note) for path, note in _witnessed(folder)]
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]

    def read(name: str) -> bytes | None:
        try:
            return (folder / name).read_bytes()
        except OSError:
            return None

    return audit(
        _read_note(folder / CHECKPOINT),
        read,
        [name for name in names if not Path(name).name.startswith(".")],
        replace(evidence, seen=[*noted, *witnessed]),
    )


def _witnessed(folder: Path) -> list[tuple[Path, Note]]:
    paths = sorted((folder / WITNESSED).glob("[!.]*"))
    return [(path, _read_note(path)) for path in paths]


def _read_note(path: Path) -> Note:
    try:
        return parse_note(path.read_text("utf-8"))
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a file that holds a checkpoint") from error
    except (BadNote, UnicodeDecodeError) as error:
        raise BadNote(f"{path}: {error}") from error
