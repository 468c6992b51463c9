"""
The document that is handed on when people change (R9): one Markdown page, English or Japanese.

It only renders: what stands in it is gathered by ``services/handover.py``. Considerations,
evidence and alternatives stand as they were registered.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from hinomi.govern.parameters import Parameter, Value, show_value

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One change of one parameter, as the journal has it."""

    entry: int
    time: str
    name: str
    before: Value | None
    after: Value | None
    person: str
    approved_by: str  # Empty: nobody else.
    alone: bool  # The entry says that nobody else could approve.
    break_glass: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A request that waits for somebody."""

    number: int
    kind: str  # As `govern.roles.Kind` writes it.
    by: str
    time: str
    until: str
    reason: str
    what: str  # In a few words; empty where it is not for everybody.


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person and their roles, as they are called in the language of the page."""

    id: str
    name: str
    roles: Sequence[str]
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """All that is handed on."""

    home: str
    kind: str
    time: str
    version: str
    parameters: dict[str, Parameter]
    due: Sequence[str]
    changes: Sequence[ChangeLine]
    deleted: int  # Entries of the journal without a body.
    findings: Sequence[str]
    open: Sequence[RequestLine]
    reviews: Sequence[RequestLine]  # Where glass was broken; *until* is when it is due.
    people: Sequence[PersonLine]


def render_handover(page: Handover, language: Language) -> str:
    """Render the page as Markdown."""
    say = _words()[language]
    parts = [
        f"# {say['title']}",
        say["intro"].format(home=page.home, kind=say[page.kind], time=page.time),
        f"{say['version']}: `{page.version}`",
        f"## {say['to do']}",
        *_to_do(page, say),
        f"## {say['people']}",
        _table(
            (say["id"], say["name"], say["roles"], say["last day"]),
            [
                (each.id, each.name, say["comma"].join(each.roles), each.until)
                for each in page.people
            ],
        ),
        f"## {say['parameters']}",
        *(
            part
            for name, each in sorted(page.parameters.items())
            for part in _parameter(name, each, name in page.due, say)
        ),
        f"## {say['changes']}",
        *_changes(page, say),
    ]
    return "\n\n".join(parts) + "\n"


def _to_do(page: Handover, say: dict[str, str]) -> list[str]:
    parts = [f"**{line}**" for line in page.findings]
    if page.due:
        names = say["comma"].join(f"`{name}`" for name in page.due)
        parts.append(say["due"].format(count=len(page.due), names=names))
    for title, requests, until in (
        ("proposals", page.open, "decide by"),
        ("reviews", page.reviews, "review by"),
    ):
        if requests:
            heads = ("#", say["kind"], say["asked by"], say["asked"], say[until])
            rows = [
                (
                    str(each.number), say[each.kind], each.by, each.time, each.until, each.what,
                    each.reason,
                )
                for each in requests
            ]  # fmt: skip
            parts += [f"### {say[title]}", _table((*heads, say["what"], say["reason"]), rows)]
    return parts or [say["nothing to do"]]


def _people(page: Handover, say: dict[str, str]) -> str:
    rows = [(each.id, each.name, say["comma"].join(each.roles), each.until) for each in page.people]
    return _table((say["id"], say["name"], say["roles"], say["last day"]), rows)


def _parameter(name: str, each: Parameter, is_due: bool, say: dict[str, str]) -> list[str]:  # noqa: FBT001 - one of a kind.
    passed = f" **{say['passed']}**" if is_due else ""
    facts = [
        f"- {say['value']}: **{show_value(each.value)}** ({each.unit})",
        f"- {say['decided by']}: {each.decided_by}",
        f"- {say['approved by']}: {each.approved_by or say['nobody else']}",
        f"- {say['review']}: {each.review.isoformat()}{passed}",
    ]
    reasons = [
        f"- {say[title]}: {_line(text) or say['nothing registered']}"
        for title, text in (
            ("considerations", each.considerations),
            ("evidence", each.evidence),
            ("alternatives", each.alternatives),
        )
    ]
    return [f"### `{name}`", "\n".join([*facts, *reasons])]


def _changes(page: Handover, say: dict[str, str]) -> list[str]:
    parts = [say["from the journal"]]
    if page.deleted:
        parts.append(say["deleted"].format(count=page.deleted))
    if not page.changes:
        return [*parts, say["no changes"]]
    heads = ("#", "time", "parameter", "before", "after", "by", "approved by")
    rows = [
        (
            str(each.entry),
            each.time,
            f"`{each.name}`",
            show_value(each.before),
            show_value(each.after),
            each.person,
            _approved(each, say),
        )
        for each in page.changes
    ]
    return [*parts, _table([say[head] for head in heads], rows)]


def _approved(change: ChangeLine, say: dict[str, str]) -> str:
    if change.break_glass:
        return say["break-glass"]
    return change.approved_by or (say["alone"] if change.alone else "-")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|") or "-"


def _line(text: str) -> str:
    """Give *text* on one line, with nothing in it that Markdown or a browser would act upon."""
    return " ".join(text.split()).replace("<", "&lt;")


@cache
def _words() -> dict[Language, dict[str, str]]:
    text = resources.files("hinomi.govern").joinpath("handover.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[Language, dict[str, str]])
