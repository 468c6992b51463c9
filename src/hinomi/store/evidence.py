"""
Evidence for parameters: documents in one folder of the home, each named by its own digest.

    root/<sha256>.json

What is kept is never changed: whoever cites a digest cites those very bytes.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

from hinomi.errors import MalformedDocument, NotFound
from hinomi.store.durable import on_disk, replace_durably

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PART: Final = re.compile(r"[0-9a-f]{8,64}")


class EvidenceFolder:
    """The documents that parameters are argued with."""

    def __init__(self, root: Path) -> None:
        """Look at *root*, which need not exist yet."""
        self._root = root

    def keep(self, content: bytes) -> str:
        """
        Keep a document, readable by its owner alone, and give its digest.

        The same document again is there already.

        Raises:
            Unavailable: If the disk refuses.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        with on_disk(path):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            replace_durably(path, content, mode=0o600)
        return digest

    def find(self, said: str) -> tuple[str, bytes]:
        """
        Give the digest and the content of the document that *said* names.

        Args:
            said: Its digest, or the first eight digits of it or more where no other begins so.

        Raises:
            NotFound: If there is none, or several.
            MalformedDocument: If it is not what it was when it was kept.
            Unavailable: If it cannot be read.
        """
        found = [digest for digest in self.digests() if digest.startswith(said)]
        if not _PART.fullmatch(said) or len(found) != 1:
            what = "names several" if len(found) > 1 else "names none"
            raise NotFound(
                f"{said} {what} of the {len(self.digests())} documents in {self._root}; "
                "give the digest that was cited, eight digits of it at least"
            )
        path = self._path(found[0])
        with on_disk(path):
            content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != found[0]:
            raise MalformedDocument(
                "is not what it was when it was kept: its digest is another; "
                "restore it from backup",
                str(path),
            )
        return found[0], content

    def digests(self) -> list[str]:
        """Name all documents, in order of their digests."""
        return sorted(
            path.stem for path in self._root.glob("*.json") if _DIGEST.fullmatch(path.stem)
        )

    def _path(self, digest: str) -> Path:
        return self._root / f"{digest}.json"
