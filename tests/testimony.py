"""Files of evidence as tests write them, read through the one way in."""

from pathlib import Path
from typing import Any, Final

from hinomi.clock import parse_time
from hinomi.collect.evidence.catalogue import ParsedEvidence, parse_evidence
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT, Evidence
from hinomi.model.service import Service

SAMPLE: Final = "ab" * 32
OTHER_SAMPLE: Final = "cd" * 32


def day(text: str) -> int:
    """Number a day such as 2026-01-31."""
    return parse_time(text) // DAY_MS


TODAY: Final = day("2026-02-01")


def written(folder: Path, content: str | bytes, name: str = "file") -> Path:
    """Write a file of evidence."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parsed(folder: Path, content: str | bytes, form: str, **said: Any) -> ParsedEvidence:
    """Read *content* as a file of the format *form*, of `TODAY` where nothing else is said."""
    told: dict[str, Any] = {"source": "lab", "day": TODAY, **said}
    return parse_evidence(written(folder, content), format_name=form, **told)


def stated(folder: Path, content: str | bytes, form: str, **said: Any) -> list[Evidence]:
    """Give the statements of *content*."""
    return list(parsed(folder, content, form, **said).evidence)


def service(text: str, port: int = ANY_PORT, proto: int = 6) -> Service:
    """Name a service; without a port, whatever runs on the address."""
    return Service(parse_address(text), ANY_PORT if port == ANY_PORT else proto, port)


def rendered(statements: list[Evidence]) -> list[str]:
    """Give each statement in short, as in ``cc 192.0.2.1 tcp/443 2026-01-31``."""
    return [
        f"{each.claim} {_place(each.service)} {each.observed_day - TODAY}" for each in statements
    ]


def _place(found: Service) -> str:
    return str(found).partition(" ")[0] if found.port == ANY_PORT else str(found)
