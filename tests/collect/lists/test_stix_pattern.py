"""STIX patterns as alternatives of tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.lists.intake import BadLine
from hinomi.collect.lists.stix_pattern import MOST_ALTERNATIVES, parse_pattern

A, B, C = "a:x = '1'", "b:x = '2'", "c:x = '3'"


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        (f"[{A}]", "a"),
        (f"[{A} OR {B}]", "a b"),
        (f"[{A} AND {B}]", "ab"),
        (f"[{A} OR {B} AND {C}]", "a bc"),
        (f"[({A} OR {B}) AND {C}]", "ac bc"),
        (f"[{A}] AND [{B}]", "a b"),
        (f"[{A}] FOLLOWEDBY ([{B}] OR [{C}])", "a b c"),
        (f"([{A}] AND [{B}]) WITHIN 5 SECONDS", "a b"),
        (f"[{A}] REPEATS 3 TIMES START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", "a"),
        (f"\n[ {A}\n ]\t", "a"),
    ],
)
def test_patterns_fall_apart_into_alternatives(pattern: str, alternatives: str) -> None:
    """AND binds tighter than OR; observations are alternatives; qualifiers are read over."""
    found = ["".join(test.subject for test in tests) for tests in parse_pattern(pattern)]

    assert found == alternatives.split()


@pytest.mark.parametrize(
    ("test", "operator", "values", "negated"),
    [
        ("a:x = 'v'", "=", ("v",), False),
        ("a:x == 'v'", "=", ("v",), False),
        ("a:x != 'v'", "=", ("v",), True),
        ("a:x NOT = 'v'", "=", ("v",), True),
        ("a:x NOT != 'v'", "=", ("v",), False),
        ("a:x IN ('v', 'w',3)", "IN", ("v", "w", "3"), False),
        ("a:x NOT IN ('v')", "IN", ("v",), True),
        ("a:x > 1024", ">", ("1024",), False),
        ("a:x ISSUBSET '192.0.2.0/24'", "ISSUBSET", ("192.0.2.0/24",), False),
        ("a:x MATCHES '^it\\'s$'", "MATCHES", ("^it's$",), False),
        ("EXISTS a:x", "EXISTS", (), False),
        ("a:x = true", "=", ("true",), False),
        ("a:x = h'ffc3'", "=", ("ffc3",), False),
    ],
)
def test_each_comparison_keeps_its_meaning(
    test: str,
    operator: str,
    values: tuple[str, ...],
    negated: bool,  # noqa: FBT001 - a column of the table.
) -> None:
    """Operators, several values, negation, escapes."""
    [[found]] = parse_pattern(f"[{test}]")

    assert (found.path, found.operator, found.values, found.is_negated) == (
        "a:x", operator, values, negated,
    )  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "file:hashes.'SHA-256'",
        "a:b[*].c_ref.name",
        "a:b[0]",
        "x-own:'it\\'s'",
        "network-traffic:dst_ref.value",
    ],
)
def test_every_form_of_a_path_is_read(path: str) -> None:
    """Quoted parts, lists and references."""
    [[found]] = parse_pattern(f"[{path} = 'v']")

    assert found.path == path


@pytest.mark.parametrize(
    "pattern",
    ["", "[]", "a:x = 'v'", "[a:x = 'v'", "[a:x = 'v']]", "[a:x 'v']", "[a:x = 'v' b:x = 'w']",
     "[a:x = v]", "[a:x IN 'v']", "[a:x IN ()]", "[a:x = 'v' AND]", "[a:x = 'v'] AND", "[a = 'v']",
     "[a:x = 'v'] WITHIN soon", "[a:x = 'v\\']", "[a:x = 'v'] ; ", "[a:x ~ 'v']", "([a:x = 'v']"],
)  # fmt: skip
def test_what_breaks_the_grammar_is_a_bad_line(pattern: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(BadLine, match="grammar"):
        parse_pattern(pattern)


def test_a_pattern_cannot_exhaust_memory() -> None:
    """Thirteen pairs joined by AND would be 8,192 alternatives."""
    pair = f"({A} OR {B})"

    with pytest.raises(BadLine, match="too many alternatives"):
        parse_pattern(f"[{' AND '.join([pair] * 13)}]")
    assert len(parse_pattern(f"[{' AND '.join([pair] * 12)}]")) == MOST_ALTERNATIVES


@pytest.mark.parametrize("opening", ["(", "[("])
def test_a_pattern_cannot_exhaust_the_stack(opening: str) -> None:
    """Neither observations nor comparisons nest without end."""
    with pytest.raises(BadLine, match="nested too deep"):
        parse_pattern(opening[0] + opening[-1] * 10_000)


@given(st.lists(st.sampled_from(
    ["[", "]", "(", ")", A, B, "a:x", "=", "'v'", "AND", "OR", "NOT", "IN", ",", "WITHIN", "5",
     "SECONDS"]
), max_size=25))  # fmt: skip
def test_any_sequence_of_words_is_read_or_refused(words: list[str]) -> None:
    """No order of tokens brings anything else about."""
    try:
        alternatives = parse_pattern(" ".join(words))
    except BadLine:
        return
    assert all(alternatives)
