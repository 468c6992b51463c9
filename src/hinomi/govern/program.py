"""
Programs that researchers send: what they declare, and who signed them (S19).

A program is one Python file. It describes one line at a time and says, in constants that are read
without running it, what its table looks like::

    LABELS = ("port",)            # What groups lines.
    MEASURES = {"packets": 100}   # What is summed over them, and the most that one line adds.
    ROWS_A_LINE = 2               # How many rows of the table one line may count in.


    def describe(records): ...    # Of one line; yields (labels, measures).

The node does the counting (`govern.disclosure`), so that it can see how many lines stand behind
each row.
"""

import ast
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from hinomi.errors import MalformedDocument, NotPermitted
from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note, parse_signatures

SIZE_MOST_BYTES: Final = 65_536
LABELS_MOST: Final = 4
MEASURES_MOST: Final = 4
ROWS_MOST: Final = 16
MEASURE_MOST: Final = 2**40
ENTRY: Final = "describe"

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TAKEN: Final = "lines"
_STATEMENT: Final = "hinomi research program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What the table of a program looks like."""

    labels: tuple[str, ...]
    measures: dict[str, int]  # Name, and the most that one line adds to one row.
    rows_a_line: int

    def render(self) -> dict[str, object]:
        """Render what people approve."""
        measures = dict(self.measures)
        return {"labels": [*self.labels], "measures": measures, "rows_a_line": self.rows_a_line}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that was read, not run."""

    source: str = field(repr=False)
    declared: Declaration

    @property
    def digest(self) -> str:
        """The SHA-256 of the file, hex: what is signed and approved."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def parse_program(content: bytes, name: str) -> Program:
    """
    Read a program without running any of it.

    Args:
        content: The file.
        name: What messages call it.

    Raises:
        MalformedDocument: If it is no Python, too large, or declares no sound table.
    """
    if len(content) > SIZE_MOST_BYTES:
        raise MalformedDocument(f"is larger than {SIZE_MOST_BYTES} bytes", name)
    try:
        source = content.decode("utf-8")
        tree = ast.parse(source)
    except SyntaxError as error:
        raise MalformedDocument("is no Python", name, error.lineno) from None
    except (ValueError, RecursionError, MemoryError):
        raise MalformedDocument("is no Python in UTF-8", name) from None
    if not any(isinstance(each, ast.FunctionDef) and each.name == ENTRY for each in tree.body):
        raise MalformedDocument(f"defines no function {ENTRY}(records)", name)
    stated = _constants(tree, name)
    declared = Declaration(
        labels=_labels(stated.get("LABELS"), name),
        measures=_measures(stated.get("MEASURES", {}), name),
        rows_a_line=_rows(stated.get("ROWS_A_LINE", 1), name),
    )
    if len({*declared.labels, *declared.measures, _TAKEN}) != 1 + len(declared.labels) + len(
        declared.measures
    ):
        raise MalformedDocument(f"names a column twice, or names one {_TAKEN!r}", name)
    return Program(source=source, declared=declared)


def sign_program(program: Program, signer: Signer) -> str:
    """Sign the hash of *program*: a C2SP signed note."""
    text = statement(program.digest)
    return Note(text, parse_signatures(signer.sign(text))).render()


def require_signed(program: Program, signature: str, key: Verifier) -> None:
    """
    Return if *signature* is a note of *key* over the hash of *program*.

    Raises:
        NotPermitted: If it is not.
    """
    try:
        note = parse_note(signature)
        note.require(key)
    except BadNote as error:
        raise NotPermitted(f"the program is not signed: {error}") from error
    if note.text != statement(program.digest):
        raise NotPermitted("the signature is of another program; sign this one")


def statement(digest: str) -> str:
    """Give the text that stands signed for a program of this SHA-256."""
    return f"{_STATEMENT}\n{digest}\n"


def _constants(tree: ast.Module, name: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in {"LABELS", "MEASURES", "ROWS_A_LINE"}:
                if target.id in found:
                    raise MalformedDocument(f"states {target.id} twice", name, node.lineno)
                try:
                    found[target.id] = ast.literal_eval(node.value)
                except (ValueError, TypeError, RecursionError, MemoryError):
                    reason = f"{target.id} is no plain constant"
                    raise MalformedDocument(reason, name, node.lineno) from None
    return found


def _labels(stated: object, name: str) -> tuple[str, ...]:
    is_many = isinstance(stated, tuple | list) and 1 <= len(stated) <= LABELS_MOST
    labels = tuple(stated) if is_many and isinstance(stated, tuple | list) else ()
    if not labels or not all(_is_name(each) for each in labels):
        raise MalformedDocument(
            f"LABELS is no tuple of 1 to {LABELS_MOST} names such as 'port'", name
        )
    return labels


def _measures(stated: object, name: str) -> dict[str, int]:
    if not isinstance(stated, dict) or len(stated) > MEASURES_MOST:
        raise MalformedDocument(f"MEASURES is no dict of at most {MEASURES_MOST} names", name)
    for each, most in stated.items():
        if not _is_name(each) or type(most) is not int or not 1 <= most <= MEASURE_MOST:
            raise MalformedDocument(
                f"a measure needs a name and the most that a line adds, 1 to {MEASURE_MOST}", name
            )
    return stated


def _rows(stated: object, name: str) -> int:
    if type(stated) is not int or not 1 <= stated <= ROWS_MOST:
        raise MalformedDocument(f"ROWS_A_LINE is no number from 1 to {ROWS_MOST}", name)
    return stated


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None
