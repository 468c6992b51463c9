"""Templates compiled: where the wanted fields stand."""

from hinomi.collect.wire.sets.definitions import Definition, Field
from hinomi.collect.wire.sets.elements import VARIABLE
from hinomi.collect.wire.sets.groups import V9_SCOPE, element
from hinomi.collect.wire.sets.layouts import Layout, Layouts, compile_layout


def layout(*fields: tuple[int, int], scopes: int = 0) -> Layout:
    """Compile keys and lengths."""
    definition = Definition(300, scopes > 0, b"", tuple(Field(*each) for each in fields), scopes)
    return compile_layout(10, 0, definition)


def definition(body: bytes, *, is_options: bool = False) -> Definition:
    """Give a valid definition whose bytes are *body*."""
    return Definition(300, is_options, body, (Field(element(8), 4),))


def test_only_wanted_fields_are_in_the_type() -> None:
    """A record of 30 bytes of which 8 in the middle are read is copied no further."""
    (block,) = layout((15, 4), (80, 6), (8, 4), (12, 4), (82, 12)).blocks

    assert block.skip == 10
    assert block.dtype is not None
    assert block.dtype.itemsize == 8
    assert block.length == 30
    assert [number.key for number in block.numbers] == [8, 12]


def test_an_element_that_stands_twice_is_read_once() -> None:
    """The first is read, the second counted (robustness case 13)."""
    found = layout((1, 4), (8, 4), (1, 8))

    assert [number.key for number in found.blocks[0].numbers] == [1, 8]
    assert (found.discarded, found.impossible) == (1, 0)


def test_of_a_tunnels_two_headers_the_inner_one_is_read() -> None:
    """Protocol named twice: what stands later is inside; addresses of both versions too."""
    outer = ((27, 16), (28, 16), (1, 4), (7, 2), (11, 2), (4, 1))
    same = layout(*outer, (27, 16), (28, 16), (7, 2), (11, 2), (4, 1)).blocks[0]
    other = layout(*outer, (8, 4), (12, 4), (7, 2), (11, 2), (4, 1)).blocks[0]

    assert [number.key for number in same.numbers] == [1, 7, 11, 4]
    assert [address.key for address in same.addresses] == [27, 28]
    assert same.skip == 32
    assert [number.key for number in other.numbers] == [1, 8, 12, 7, 11, 4]
    assert other.addresses == ()


def test_an_impossible_width_is_passed_over() -> None:
    """Its bytes belong to the record, its value is nothing."""
    found = layout((7, 50), (8, 4), (4, 0))

    assert [number.key for number in found.blocks[0].numbers] == [8]
    assert found.length == 54
    assert (found.discarded, found.impossible) == (2, 2)


def test_an_impossible_field_does_not_hide_a_later_sound_one() -> None:
    """The first *readable* of two equal elements counts."""
    assert [number.key for number in layout((7, 50), (7, 2)).blocks[0].numbers] == [7]


def test_variable_fields_cut_a_record_into_blocks() -> None:
    """Each variable field counts one byte of the shortest record (robustness case 12)."""
    found = layout((8, 4), (82, VARIABLE), (1, 8), (315, VARIABLE))

    assert [block.length for block in found.blocks] == [4, 8, 0]
    assert found.variable == (None, 315)
    assert found.length == 14


def test_a_number_of_variable_length_is_not_read() -> None:
    """Integers never have one (RFC 7011, section 7)."""
    found = layout((1, VARIABLE), (8, 4))

    assert found.variable == (None,)
    assert found.impossible == 1


def test_the_scope_of_options_is_named() -> None:
    """Keys of scope fields come in their order."""
    assert layout((element(1, V9_SCOPE), 4), (34, 4), scopes=1).scope == (element(1, V9_SCOPE),)


def test_a_layout_without_wanted_fields_is_not_wanted() -> None:
    """Nothing of its records is read, but their length is known."""
    found = layout((82, VARIABLE), (80, 6))

    assert not found.is_wanted
    assert (found.length, found.discarded, found.payload) == (7, 2, 1)


def test_templates_with_the_same_bytes_share_a_layout() -> None:
    """Whoever sent them; options and data never share one."""
    layouts = Layouts(9)
    first = layouts.take(definition(b"a"))

    assert layouts.take(definition(b"a")) is first
    assert layouts.take(definition(b"a", is_options=True)) is not first
    assert first.users == 2
    assert layouts.body(first) == b"a"


def test_a_layout_lives_as_long_as_a_template_has_it() -> None:
    """Sweeping forgets what nobody has, and no number is used again."""
    layouts = Layouts(9)
    first, _ = layouts.take(definition(b"a")), layouts.take(definition(b"a"))
    layouts.give_back(first)
    layouts.sweep()
    assert first.number in layouts.by_number

    layouts.give_back(first)
    layouts.sweep()
    assert not layouts.by_number
    assert layouts.take(definition(b"a")).number != first.number


def test_a_layout_that_is_taken_up_again_is_not_swept() -> None:
    """Between giving back and sweeping another template may ask for it."""
    layouts = Layouts(9)
    first = layouts.take(definition(b"a"))
    layouts.give_back(first)

    assert layouts.take(definition(b"a")) is first
    layouts.sweep()
    assert first.number in layouts.by_number
