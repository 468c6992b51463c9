"""
Signed notes: short texts with Ed25519 signatures at their foot, and keys in one line of text.

Source:
    C2SP signed-note and tlog-cosignature (signature types 0x01 and 0x04); RFC 8032.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hinomi.errors import HinomiError

SIGNATURES_MOST: Final = 64
"""A note with more is not looked at; the specification asks for 16 at least."""

SEED_BYTES: Final = 32

_MARK: Final = "PRIVATE+KEY+"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_LATEST_S: Final = 2**63 - 1
_NAME: Final = re.compile(r"[^\s+]+")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class BadNote(HinomiError):
    """A note, a signature or a key that is not what it claims to be."""

    exit_code = 65  # EX_DATAERR


class Kind(IntEnum):
    """What a key signs, by the byte that stands for it."""

    NOTE = 0x01  # The text itself.
    COSIGNATURE = 0x04  # The text after a line with the time: what a witness does.


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key, with its name."""

    name: str
    public: bytes  # Ed25519, 32 bytes.
    kind: Kind = Kind.NOTE

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or _CONTROL.search(self.name):
            raise BadNote(f"{self.name!r} cannot name a key: no spaces, no plus sign")
        if len(self.public) != _KEY_BYTES:
            raise BadNote(f"the public key of {self.name} has {len(self.public)} bytes, not 32")

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before each of its signatures."""
        told = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(told).digest()[:_ID_BYTES]

    def render(self) -> str:
        """Render as one line: name, key id in hexadecimal, kind and key in base 64."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """
        Read a key that `render` wrote.

        Raises:
            BadNote: If it is none, of a kind that is not understood, or damaged.
        """
        name, claimed, kind, public = _key_parts(line.strip())
        verifier = cls(name, public, kind)
        if verifier.key_id.hex() != claimed:
            raise BadNote(f"the public key of {name} is damaged: its id does not fit")
        return verifier

    def signed_at_s(self, text: str, signature: bytes) -> int | None:
        """
        Check a signature under *text*.

        Returns:
            The time that a cosignature states, s since the Unix epoch; None for a plain one.

        Raises:
            BadNote: If the signature is not of this key.
        """
        time_s, message = None, text.encode()
        if self.kind is Kind.COSIGNATURE:
            time_s = int.from_bytes(signature[:_TIME_BYTES])
            signature, message = signature[_TIME_BYTES:], _cosigned(text, time_s)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise BadNote(f"the signature of {self.name} is wrong") from None
        if time_s is not None and time_s > _LATEST_S:
            raise BadNote(f"the signature of {self.name} names no time")
        return time_s


@dataclass(frozen=True, slots=True)
class Signer:
    """The private half of a key, with its name."""

    name: str
    seed: bytes = field(repr=False)  # RFC 8032's private key, 32 bytes.
    kind: Kind = Kind.NOTE

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self._key().public_key().public_bytes_raw(), self.kind)

    def sign(self, text: str, time_s: int = 0) -> str:
        """
        Sign *text*, which ends with a newline.

        Args:
            text: Of the note.
            time_s: When, s since the Unix epoch; told by a cosignature alone.

        Returns:
            The line of the signature, with its newline.
        """
        if self.kind is Kind.COSIGNATURE:
            signed = time_s.to_bytes(_TIME_BYTES) + self._key().sign(_cosigned(text, time_s))
        else:
            signed = self._key().sign(text.encode())
        return _line(self.name, self.verifier.key_id + signed)

    def render(self) -> str:
        """Render as one line, which is secret: a mark, name, key id, kind and key."""
        key = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{_MARK}{self.name}+{self.verifier.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """
        Read a key that `render` wrote.

        Raises:
            BadNote: If it is none, or damaged; the message does not repeat it.
        """
        if not line.startswith(_MARK):
            raise BadNote("this is no secret key")
        name, claimed, kind, seed = _key_parts(line.strip().removeprefix(_MARK))
        signer = cls(name, seed, kind)
        if len(seed) != SEED_BYTES or signer.verifier.key_id.hex() != claimed:
            raise BadNote("the secret key is damaged: its id does not fit")
        return signer

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Signature:
    """One line at the foot of a note."""

    name: str
    key_id: bytes
    signed: bytes

    def render(self) -> str:
        """Render the line with its newline."""
        return _line(self.name, self.key_id + self.signed)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it, not yet checked."""

    text: str
    signatures: tuple[Signature, ...]

    def render(self) -> str:
        """Render text, empty line and signatures."""
        return self.text + "\n" + "".join(each.render() for each in self.signatures)

    def by(self, verifier: Verifier) -> tuple[Signature, ...]:
        """Give the signatures that claim to be of a key."""
        wanted = (verifier.name, verifier.key_id)
        return tuple(each for each in self.signatures if (each.name, each.key_id) == wanted)

    def require(self, verifier: Verifier) -> int | None:
        """
        Make sure that a key signed the text, and that no signature in its name is wrong.

        Returns:
            `Verifier.signed_at_s` of the last one.

        Raises:
            BadNote: If it did not.
        """
        found = self.by(verifier)
        if not found:
            raise BadNote(f"{verifier.name} did not sign it")
        return [verifier.signed_at_s(self.text, each.signed) for each in found][-1]

    def with_signatures(self, lines: Iterable[Signature]) -> "Note":
        """Give the note with further signatures, each once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *lines))))


def parse_note(rendered: str) -> Note:
    """
    Read a note; its signatures are not checked.

    Raises:
        BadNote: If it is none.
    """
    if _CONTROL.search(rendered):
        raise BadNote("a note holds no control characters")
    text, gap, foot = rendered.rpartition("\n\n")
    if not gap or not foot.endswith("\n"):
        raise BadNote("this is no signed note: no signatures stand under an empty line")
    return Note(text + "\n", parse_signatures(foot))


def parse_signatures(foot: str) -> tuple[Signature, ...]:
    """
    Read lines of signatures, as a witness answers them.

    Raises:
        BadNote: If a line is none, or there are too many.
    """
    lines = foot.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MOST:
        raise BadNote(f"a note of more than {SIGNATURES_MOST} signatures is not looked at")
    return tuple(_signature(line) for line in lines)


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, signed = rest.partition(" ")
    raw = _decoded(signed)
    if dash != "\u2014" or not _NAME.fullmatch(name) or len(raw) <= _ID_BYTES:
        raise BadNote("a line under the note is no signature")
    return Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def _key_parts(line: str) -> tuple[str, str, Kind, bytes]:
    """Cut a key's line into name, claimed id, kind and key."""
    name, _, rest = line.partition("+")
    claimed, _, key = rest.partition("+")
    raw = _decoded(key)
    if not raw or raw[0] not in [*Kind]:
        raise BadNote("this is no key of the form name+id+key that is understood")
    return name, claimed, Kind(raw[0]), raw[1:]


def _line(name: str, signed: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(signed).decode()}\n"


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _decoded(text: str) -> bytes:
    """Decode standard base 64; nothing if it is none, or is not written as it should be."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
