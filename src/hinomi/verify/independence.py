"""Which statements are independent of each other, and which lists are copies of one another."""

from collections.abc import Iterable, Mapping

from hinomi.model.evidence import Evidence, Method


def independent_methods(evidence: Iterable[Evidence], groups: Mapping[str, str]) -> int:
    """
    Count the methods that stand on sources of their own.

    Two sources of one method are one method; one method reached by way of another's source is
    none beside it. So this is the largest number of statements of which no two share a method
    or an independence group.

    Args:
        evidence: Statements of one side.
        groups: The independence group of each source; one that is missing stands alone.

    Returns:
        How many, from 0.
    """
    reached: dict[Method, set[str]] = {}
    for each in evidence:
        reached.setdefault(each.method, set()).add(groups.get(each.source, each.source))
    taken: dict[str, Method] = {}
    return sum(_finds_group(method, reached, taken, set()) for method in reached)


def _finds_group(
    method: Method,
    reached: Mapping[Method, set[str]],
    taken: dict[str, Method],
    tried: set[str],
) -> bool:
    """Give *method* a group of its own, moving others where they have another (Kuhn 1955)."""
    for group in sorted(reached[method] - tried):
        tried.add(group)
        if group not in taken or _finds_group(taken[group], reached, taken, tried):
            taken[group] = method
            return True
    return False
