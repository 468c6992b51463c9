"""Which statements are independent of each other, and which lists are copies."""

import pytest

from hinomi.model.address import parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.verify.independence import independent_methods


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("", 0),
        ("list:a list:b", 1),
        ("list:a flow:b", 2),
        ("list:a flow:a", 1),
        ("list:a list:b list:c flow:a honeypot:a", 2),
        ("flow:a list:a list:b honeypot:b honeypot:c", 3),
    ],
)
def test_statements_are_independent_by_method_and_by_group(said: str, count: int) -> None:
    """No method counts twice and no group does, and none is lost to a clumsy choice."""
    pairs = [each.split(":") for each in said.split()]
    groups = {f"{method} {group}": group for method, group in pairs}
    evidence = [
        Evidence(
            service=Service(parse_address("192.0.2.1"), 6, 443),
            method=Method(method),
            source=f"{method} {group}",
            claim=Claim.CC,
            observed_day=20_000,
        )
        for method, group in pairs
    ]

    assert independent_methods(evidence, groups) == count
