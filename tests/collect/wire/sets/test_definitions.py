"""Template records: what is valid, what withdraws, what is broken."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporting import Field, options_template, template
from hinomi.collect.wire.sets.definitions import (
    MALFORMED_TEMPLATE,
    TEMPLATE_TOO_WIDE,
    TEMPLATE_WITHOUT_LENGTH,
    Definition,
    TemplateLimits,
    parse_set,
)
from hinomi.collect.wire.sets.groups import V9_SCOPE, V9_VENDOR, element

LIMITS = TemplateLimits(fields=10, variable_fields=2, record_bytes=200)


def parsed(version: int, data: bytes, limits: TemplateLimits = LIMITS) -> list[Definition]:
    """Parse a whole set, header included."""
    return list(parse_set(version, int.from_bytes(data[:2], "big"), data[4:], limits))


def body(*numbers: int) -> bytes:
    """Lay numbers of 2 bytes out."""
    return struct.pack(f">{len(numbers)}H", *numbers)


def test_fields_of_a_template_keep_their_order() -> None:
    """Each specifier becomes a key and a length."""
    (definition,) = parsed(9, template(300, [(8, 4), (12, 4), (1, 8)]))

    assert definition.template == 300
    assert not definition.is_options
    assert definition.fields == ((element(8), 4), (element(12), 4), (element(1), 8))
    assert definition.problem is None


def test_the_enterprise_bit_is_of_ipfix_alone() -> None:
    """In v9 a type from 32768 is a vendor's own, and no enterprise number follows it."""
    (v9,) = parsed(9, template(300, [(40_005, 1), (1, 4)]))
    (ipfix,) = parsed(10, template(300, [(5, 1, 64_496), (1, 4)], version=10))

    assert v9.fields == ((element(40_005, V9_VENDOR), 1), (element(1), 4))
    assert ipfix.fields == ((element(5, 64_496), 1), (element(1), 4))


def test_options_of_v9_count_their_scope_in_bytes() -> None:
    """Scope types are a numbering of their own."""
    (definition,) = parsed(9, options_template(257, [(1, 4)], [(34, 4), (35, 1)]))

    assert definition.is_options
    assert definition.scopes == 1
    assert definition.fields == ((element(1, V9_SCOPE), 4), (element(34), 4), (element(35), 1))


def test_options_of_ipfix_count_their_scope_in_fields() -> None:
    """Scope fields are ordinary elements."""
    (definition,) = parsed(10, options_template(257, [(302, 2)], [(305, 4)], version=10))

    assert definition.scopes == 1
    assert definition.fields == ((element(302), 2), (element(305), 4))


@pytest.mark.parametrize("padding", range(8))
@pytest.mark.parametrize("version", [9, 10])
def test_zeros_behind_the_last_template_are_padding(version: int, padding: int) -> None:
    """Up to 7 bytes have been seen (robustness case 11)."""
    definitions = parsed(version, template(300, [(8, 4)], version=version, padding=padding))

    assert [each.template for each in definitions] == [300]
    assert definitions[0].problem is None


def test_several_templates_stand_in_one_set() -> None:
    """The second begins where the first ends, and their bytes do not touch."""
    first, second = template(300, [(8, 4)])[4:], template(301, [(12, 4)])[4:]
    definitions = parsed(9, body(0, 0) + first + second)

    assert [(each.template, each.body) for each in definitions] == [
        (300, first[2:]),
        (301, second[2:]),
    ]


def test_a_template_without_fields_withdraws_in_ipfix_and_is_invalid_in_v9() -> None:
    """RFC 7011, section 8.1; NetFlow v9 knows no withdrawal."""
    (ipfix,) = parsed(10, body(2, 8, 300, 0))
    (v9,) = parsed(9, body(0, 8, 300, 0))

    assert (ipfix.fields, ipfix.problem) == ((), None)
    assert v9.problem == TEMPLATE_WITHOUT_LENGTH


@pytest.mark.parametrize("number", [2, 3])
def test_the_number_of_the_set_withdraws_all(number: int) -> None:
    """Template 2 without fields stands for all templates, 3 for all of options."""
    (definition,) = parsed(10, body(number, 8, number, 0))

    assert definition == Definition(number, number == 3, body(0))


@pytest.mark.parametrize(
    "data",
    [
        body(0, 0, 300, 2, 8, 4),
        body(0, 0, 300, 65_535, 8, 4),
        body(0, 0, 255, 1, 8, 4),
        body(0, 0, 2, 0, 8, 4),
        body(1, 0, 300, 3, 4, 1, 4, 34, 4),
        body(1, 0, 300, 4, 8, 1, 4, 34, 4),
        body(1, 0, 300, 4),
    ],
)
def test_what_cannot_be_a_template_of_v9_is_malformed(data: bytes) -> None:
    """More fields than bytes, a number of no template, half a specifier."""
    assert [each.problem for each in parsed(9, data)] == [MALFORMED_TEMPLATE]


@pytest.mark.parametrize(
    "data",
    [
        body(2, 0, 300, 1, 0x8001, 4),
        body(2, 0, 300, 1, 0x8001, 4, 0),
        body(3, 0, 300, 1, 2, 302, 4),
        body(3, 0, 2, 0),
        body(2, 0, 3, 0),
    ],
)
def test_what_cannot_be_a_template_of_ipfix_is_malformed(data: bytes) -> None:
    """No room for the enterprise number, more scope than fields, the wrong set to withdraw."""
    assert [each.problem for each in parsed(10, data)] == [MALFORMED_TEMPLATE]


def test_what_was_before_a_malformed_template_stays() -> None:
    """Only the rest of the set cannot be told."""
    good = template(300, [(8, 4)])[4:]
    definitions = parsed(9, body(0, 0) + good + body(301, 9, 8, 4))

    assert [(each.template, each.problem) for each in definitions] == [
        (300, None),
        (301, MALFORMED_TEMPLATE),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([(8, 0), (1, 0)], TEMPLATE_WITHOUT_LENGTH),
        ([(8, 4)] * 11, TEMPLATE_TOO_WIDE),
        ([(8, 201)], TEMPLATE_TOO_WIDE),
        ([(82, 65_535)] * 3, TEMPLATE_TOO_WIDE),
        ([(82, 65_535)] * 2, None),
        ([(8, 0), (1, 4)], None),
    ],
)
def test_a_template_beyond_the_limits_is_invalid_and_the_next_one_is_read(
    fields: list[Field], problem: str | None
) -> None:
    """Its bytes are known, so what follows it is no worse."""
    first = template(300, fields, version=10)[4:]
    definitions = parsed(10, body(2, 0) + first + template(301, [(8, 4)], version=10)[4:])

    assert [(each.template, each.problem) for each in definitions] == [(300, problem), (301, None)]


@given(
    version=st.sampled_from([9, 10]),
    is_options=st.booleans(),
    data=st.binary(max_size=80)
    | st.lists(st.integers(0, 400), max_size=40).map(lambda n: body(*n)),
)
def test_no_bytes_make_parsing_fail(version: int, *, is_options: bool, data: bytes) -> None:
    """Whatever a set holds, it ends, and valid definitions keep the limits."""
    number = (1 if version == 9 else 3) if is_options else (0 if version == 9 else 2)
    for definition in parse_set(version, number, data, LIMITS):
        if definition.fields:
            assert definition.problem is None
            assert len(definition.fields) <= LIMITS.fields
            assert definition.body in data
