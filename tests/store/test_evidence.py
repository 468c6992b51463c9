"""Evidence is kept under its digest, and is what it was or is refused."""

import hashlib
import stat
from pathlib import Path

import pytest

from hinomi.errors import MalformedDocument, NotFound, Unavailable
from hinomi.store.evidence import EvidenceFolder

CURVE = b'{"kind": "what-if"}'
DIGEST = hashlib.sha256(CURVE).hexdigest()


@pytest.fixture(name="evidence")
def an_empty_folder(tmp_path: Path) -> EvidenceFolder:
    """Give a folder that is not there yet."""
    return EvidenceFolder(tmp_path / "evidence")


def test_what_is_kept_is_found_under_its_digest(evidence: EvidenceFolder, tmp_path: Path) -> None:
    """By all of the digest or by its beginning; nobody else can read it."""
    assert evidence.keep(CURVE) == DIGEST

    assert evidence.find(DIGEST) == (DIGEST, CURVE)
    assert evidence.find(DIGEST[:8]) == (DIGEST, CURVE)
    assert evidence.digests() == [DIGEST]
    path = tmp_path / "evidence" / f"{DIGEST}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_again_is_there_once(evidence: EvidenceFolder) -> None:
    """Content names it."""
    assert evidence.keep(CURVE) == evidence.keep(CURVE)
    assert len(evidence.digests()) == 1


@pytest.mark.parametrize("said", ["", "ab", "*" * 8, "../../../../", "0" * 64])
def test_what_is_not_there_is_not_found(evidence: EvidenceFolder, said: str) -> None:
    """Nor what is no digest, or too little of one."""
    evidence.keep(CURVE)

    with pytest.raises(NotFound, match="names none"):
        evidence.find(said)


def test_too_little_of_a_digest_is_told(evidence: EvidenceFolder) -> None:
    """Seven digits name nothing, even where they would be enough."""
    evidence.keep(CURVE)

    with pytest.raises(NotFound, match="eight digits"):
        evidence.find(DIGEST[:7])


def test_altered_evidence_is_refused(evidence: EvidenceFolder, tmp_path: Path) -> None:
    """One letter that was changed later is enough."""
    evidence.keep(CURVE)
    (tmp_path / "evidence" / f"{DIGEST}.json").write_bytes(CURVE.replace(b"what", b"whom"))

    with pytest.raises(MalformedDocument, match="not what it was"):
        evidence.find(DIGEST)


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """A file lies where the folder should be."""
    (tmp_path / "evidence").write_text("in the way", "utf-8")

    with pytest.raises(Unavailable):
        EvidenceFolder(tmp_path / "evidence").keep(CURVE)
