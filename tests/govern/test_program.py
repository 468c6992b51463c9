"""A researcher's program is read and checked without running any of it."""

import pytest

from hinomi.errors import MalformedDocument, NotPermitted
from hinomi.govern.note import Signer
from hinomi.govern.program import parse_program, require_signed, sign_program, statement
from researchers import BY_PORT, SIGNER

TAIL = "\n\ndef describe(records):\n    return ()\n"
LABELS = 'LABELS = ("port",)\n'


def test_a_program_declares_its_table() -> None:
    """Labels, measures with the most that a line adds, and rows a line."""
    source = 'LABELS = ("port", "hour")\nMEASURES = {"bytes": 1000}\nROWS_A_LINE = 3\n' + TAIL

    declared = parse_program(source.encode(), "p.py").declared

    assert declared.labels == ("port", "hour")
    assert declared.measures == {"bytes": 1000}
    assert declared.rows_a_line == 3
    assert parse_program((LABELS + TAIL).encode(), "p.py").declared.render() == {
        "labels": ["port"],
        "measures": {},
        "rows_a_line": 1,
    }


def test_nothing_of_a_program_is_run_by_reading_it() -> None:
    """What stands at its top level would raise."""
    parse_program((LABELS + "raise SystemExit(1)\n" + TAIL).encode(), "p.py")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"def describe(records): pass",
        LABELS.encode(),
        b'LABELS = ("port",)\ndef describe(:',
        b'LABELS = ("port",)\xff' + TAIL.encode(),
        b'LABELS = ("port",)\0' + TAIL.encode(),
        ("LABELS = ()" + TAIL).encode(),
        ("LABELS = ('a', 'b', 'c', 'd', 'e')" + TAIL).encode(),
        ("LABELS = ('a', 'a')" + TAIL).encode(),
        ("LABELS = ('lines',)" + TAIL).encode(),
        ("LABELS = ('Port',)" + TAIL).encode(),
        ("LABELS = (1,)" + TAIL).encode(),
        ("LABELS = tuple('a')" + TAIL).encode(),
        ("LABELS = 'port'" + TAIL).encode(),
        (LABELS + LABELS + TAIL).encode(),
        (LABELS + "MEASURES = {'port': 1}" + TAIL).encode(),
        (LABELS + "MEASURES = {'x': 0}" + TAIL).encode(),
        (LABELS + "MEASURES = {'x': True}" + TAIL).encode(),
        (LABELS + "MEASURES = {'x': 1.5}" + TAIL).encode(),
        (LABELS + "MEASURES = {'x': 2**41}" + TAIL).encode(),
        (LABELS + f"MEASURES = {{'x': {2**41}}}" + TAIL).encode(),
        (LABELS + "MEASURES = ['x']" + TAIL).encode(),
        (LABELS + "ROWS_A_LINE = 0" + TAIL).encode(),
        (LABELS + "ROWS_A_LINE = 17" + TAIL).encode(),
        (LABELS + "ROWS_A_LINE = True" + TAIL).encode(),
        (LABELS + "x = " + "(" * 5000 + ")" * 5000 + TAIL).encode(),
        (LABELS + "#" * 65_536 + TAIL).encode(),
    ],
)
def test_what_declares_no_sound_table_is_refused(source: bytes) -> None:
    """In one line that names the file."""
    with pytest.raises(MalformedDocument, match=r"p\.py") as told:
        parse_program(source, "p.py")

    assert "\n" not in str(told.value)


def test_a_signature_is_over_the_hash_of_the_very_program() -> None:
    """Another program, another key, another text, or a flipped bit: refused."""
    program = parse_program(BY_PORT.encode(), "p.py")
    other = parse_program(BY_PORT.replace("port", "part").encode(), "p.py")
    note = sign_program(program, SIGNER)
    stranger = Signer("researcher.example/1", bytes(32))

    require_signed(program, note, SIGNER.verifier)
    for signed, said, key in (
        (other, note, SIGNER.verifier),
        (program, note, stranger.verifier),
        (program, sign_program(program, stranger), SIGNER.verifier),
        (program, note.replace(program.digest, other.digest), SIGNER.verifier),
        (program, note[:-6] + "AAAA=\n", SIGNER.verifier),
        (program, "", SIGNER.verifier),
    ):
        with pytest.raises(NotPermitted):
            require_signed(signed, said, key)


def test_the_statement_names_what_it_is_about() -> None:
    """A signature given for something else does not pass for one of a program."""
    assert statement("ab") == "hinomi research program\nab\n"
