"""The kinds of context files hinomi reads, and the one way into them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hinomi.collect.context import askinds, certificates, delegations, history, pdns, routes
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.model.context import ContextKind

READERS: Final[dict[ContextKind, Callable[[Intake], Parsed]]] = {
    ContextKind.ROUTES: routes.read,
    ContextKind.ALLOCATIONS: delegations.read,
    ContextKind.HISTORY: history.read,
    ContextKind.PDNS: pdns.read,
    ContextKind.CERTIFICATES: certificates.read,
    ContextKind.AS_KINDS: askinds.read,
}


def parse_context(kind: ContextKind, path: Path, day: str, *, keep_good: bool = False) -> Parsed:
    """
    Read the file at *path* as a context table of *kind* as of *day*.

    Args:
        kind: What it says.
        path: Plain, gzip or bzip2 (a list of C&C servers: plain or gzip).
        day: ISO 8601; what the file dates later is left out and counted.
        keep_good: Count bad lines and go on, instead of stopping.

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If it is not of this kind, is damaged, has a bad line, holds
            nothing, or says itself that it is younger than *day*.
    """
    return READERS[kind](Intake(path, day, keep_good=keep_good))
