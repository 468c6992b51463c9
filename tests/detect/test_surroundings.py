"""Reasons from context: both languages, numbers, a source and a day."""

import re
from string import Formatter

import pytest

from contexts import listed, services_at, table
from hinomi.clock import parse_time
from hinomi.detect.catalogue import REASONS
from hinomi.detect.context import ContextColumns, context_columns
from hinomi.detect.surroundings import CONTEXT_REASONS, context_reasons
from hinomi.model.address import parse_address
from hinomi.model.context import ContextKind, NetworkKind

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
WEIGHTS = {"listed-neighbours": 1.5, "young-allocation": 0.5, "hosting-network": 0.25}
SERVICES = ("198.18.4.9", "203.0.113.9", "2001:db8::9")


def columns() -> ContextColumns:
    """Give the context of a service with a past, of one without, and of one of IPv6."""
    block = {"first": 0xC6120400, "last": 0xC61204FF}
    tables = [
        table(ContextKind.ROUTES, [{**block, "asn": 64500}], source="collector"),
        table(ContextKind.AS_KINDS, [{"asn": 64500, "kind": NetworkKind.HOSTING}], source="names"),
        table(
            ContextKind.ALLOCATIONS,
            [{**block, "registered_ms": parse_time("2025-01-01")}],
            source="registry",
        ),
        listed(("198.18.4.1", -1), ("198.18.5.1", -1), ("2001:db8:0:7::1", -1), source="feed"),
        listed(("198.18.4.1", -1), source="feed", day="2024-12-01"),
    ]
    return context_columns(services_at(*SERVICES), tables, parse_time("2025-01-31"))


def test_what_speaks_is_told_with_its_numbers_and_sources() -> None:
    """Each reason names who says so and as of when; a source is named once."""
    first, second, third = context_reasons(columns(), 0, parse_address(SERVICES[0]), WEIGHTS)

    assert first.values == {
        "near": 1, "wide": 2, "in_as": 1, "near_bits": 24, "wide_bits": 20,
        "source": "feed, 2025-01-01",
    }  # fmt: skip
    assert "1 other address(es) of its /24 and 2 of its /20" in first.text
    assert second.values == {"age": 30.0, "source": "registry, 2025-01-01"}
    assert third.values["source"] == "collector, 2025-01-01; names, 2025-01-01"
    assert [each.weight for each in (first, second, third)] == [1.5, 0.5, 0.25]


def test_nothing_known_says_nothing() -> None:
    """No neighbours, no block, no hosting: no reason, neither for nor against."""
    assert context_reasons(columns(), 1, parse_address(SERVICES[1]), WEIGHTS) == []


def test_ipv6_neighbourhoods_are_named_by_their_own_lengths() -> None:
    """A /48 and a /40."""
    (said,) = context_reasons(columns(), 2, parse_address(SERVICES[2]), WEIGHTS)

    assert (said.values["near_bits"], said.values["wide_bits"]) == (48, 40)


def test_a_reason_without_weight_is_not_said() -> None:
    """What moves nothing is not worth a sentence."""
    assert context_reasons(columns(), 0, parse_address(SERVICES[0]), {}) == []
    tiny = dict.fromkeys(WEIGHTS, -0.01)
    assert context_reasons(columns(), 0, parse_address(SERVICES[0]), tiny) == []


@pytest.mark.parametrize("code", CONTEXT_REASONS)
def test_a_reason_reads_alike_in_both_languages(code: str) -> None:
    """Same fields, whole sentences, a source in each; no code stands in both catalogues."""
    words = CONTEXT_REASONS[code]
    named = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in words]

    assert named[0] == named[1] >= {"source"}
    assert words.en.endswith(".")
    assert words.ja.endswith("。")
    assert JAPANESE.search(words.ja)
    assert code not in REASONS
