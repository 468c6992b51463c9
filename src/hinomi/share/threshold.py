"""
What of a house's findings may leave it: those that enough lines stand behind, if they are enough.

Pure. What one line did shows in none of it, unless the count of a finding is exactly the least
one; how many those are is counted, so that it can be told.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hinomi.model.statement import Endpoint, Statement


@dataclass(frozen=True, slots=True)
class Backed:
    """A statement, and how many lines stand behind it; the count stays in the house."""

    statement: Statement
    lines: int  # Distinct ones that spoke with the server.


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What may leave, and in numbers what may not."""

    statements: tuple[Statement, ...]  # By endpoint; empty where they are too few for a batch.
    below: int  # Findings behind which too few lines stand.
    at_least: int  # Of those that are not below: behind so many stand exactly enough.
    short: int  # Findings that may leave, and are too few for a batch.

    @property
    def facts(self) -> dict[str, object]:
        """What the journal keeps of it."""
        return {
            "submitted": len(self.statements),
            "below_lines_least": self.below,
            "at_lines_least": self.at_least,
            "below_batch_least": self.short,
        }


def gather(backed: Iterable[Backed], *, lines_least: int, batch_least: int) -> Gathered:
    """
    Take of findings what may leave.

    Args:
        backed: All findings; of two of one server the one with more lines counts.
        lines_least: So many distinct lines must stand behind each, at least 1.
        batch_least: So many findings must leave together; fewer stay.

    Notes:
        Two worlds that differ in one line, whatever it met, give the same statements, unless in
        the one with the line a finding has exactly *lines_least* lines.
    """
    most: dict[Endpoint, Backed] = {}
    for each in backed:
        before = most.get(each.statement.endpoint)
        if before is None or each.lines > before.lines:
            most[each.statement.endpoint] = each
    enough = [most[endpoint] for endpoint in sorted(most) if most[endpoint].lines >= lines_least]
    is_batch = len(enough) >= batch_least
    return Gathered(
        statements=tuple(each.statement for each in enough) if is_batch else (),
        below=len(most) - len(enough),
        at_least=sum(each.lines == lines_least for each in enough),
        short=0 if is_batch else len(enough),
    )
