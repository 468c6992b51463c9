"""Requests for acts that take four eyes: one file each, so that a person can read them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import Conflict, MalformedDocument, NotFound
from hinomi.govern.approvals import Request
from hinomi.store.durable import on_disk, replace_durably
from hinomi.store.locking import taken

LOCK_WAIT_S: Final = 5.0
_MODE: Final = 0o600


class RequestFiles:
    """The requests of a home, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Look into *folder*, which need not exist yet."""
        self._folder = folder

    def all(self) -> list[Request]:
        """
        Read every request, oldest first.

        Raises:
            MalformedDocument: If a file is no request of this version.
        """
        paths = sorted(self._folder.glob("*.json"), key=lambda path: (len(path.name), path.name))
        return [_read(path) for path in paths]

    def get(self, number: int) -> Request:
        """
        Read one request.

        Raises:
            NotFound: If there is none of this number.
        """
        path = self._path(number)
        if not path.is_file():
            raise NotFound(f"no request {number}; `hinomi approvals list` shows all")
        return _read(path)

    def next_id(self) -> int:
        """Give the number of the next request, by the names of the files alone."""
        names = (path.stem for path in self._folder.glob("*.json"))
        return max((int(name) for name in names if name.isdecimal()), default=0) + 1

    def put(self, request: Request) -> None:
        """
        Keep *request* in place of what was kept of it.

        Raises:
            Unavailable: If the disk refuses; what was kept stays.
        """
        content = msgspec.json.format(msgspec.json.encode(request), indent=1) + b"\n"
        replace_durably(self._path(request.id), content, mode=_MODE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """
        Let nobody else change requests meanwhile.

        Raises:
            Conflict: If another process does for too long.
            Unavailable: If the disk refuses.
        """
        with on_disk(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, _MODE)
        try:
            if not taken(descriptor, LOCK_WAIT_S):
                raise Conflict(f"{self._folder} is being written by another process; try again")
            yield
        finally:
            os.close(descriptor)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:04}.json"


def _read(path: Path) -> Request:
    try:
        with on_disk(path):
            return msgspec.json.decode(path.read_bytes(), type=Request)
    except msgspec.MsgspecError as error:
        raise MalformedDocument(
            "is no request of this version; restore it from backup", str(path)
        ) from error
