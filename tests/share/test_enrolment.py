"""The two files that are carried between node and hub: taken whole, or refused in one line."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import MalformedDocument, NotFound
from hinomi.govern.note import Kind, Signer
from hinomi.model.member import Outlet
from hinomi.share.certificates import draw_key, render_request
from hinomi.share.enrolment import (
    REQUEST,
    WELCOME,
    EnrolmentRequest,
    HubAddress,
    Welcome,
    parse_request,
    parse_welcome,
    read_request,
    read_welcome,
    render_document,
    request_digest,
    welcome_number,
)


def key(name: str, kind: Kind = Kind.NOTE) -> str:
    """Give a public key of a name."""
    return Signer(name, bytes(32), kind).verifier.render()


KEY = draw_key()
ASKED = EnrolmentRequest(
    format=REQUEST,
    member="isp-a",
    csr=render_request(KEY, "isp-a"),
    signing_key=key("isp-a/statements"),
)
GIVEN = Welcome(
    format=WELCOME,
    member="isp-a",
    hub=HubAddress(
        name="hub.example/list",
        url="https://hub.example:8443",
        list_key=key("hub.example/list"),
        envelope_key=key("hub.example/envelope"),
        epoch_days=1,
    ),
    authority="a certificate",
    certificate="another one",
    token="t" * 43,
    outlets=(Outlet.SNAPSHOT,),
)


def changed(document: EnrolmentRequest | Welcome, **fields: object) -> bytes:
    """Write a document with other fields; None leaves one out, ``hub__x`` is one of the hub's."""
    told: dict[str, Any] = json.loads(render_document(document))
    for name, value in fields.items():
        place, _, inner = name.rpartition("__")
        where = told[place] if place else told
        where.pop(inner, None)
        if value is not None:
            where[inner] = value
    return json.dumps(told).encode()


def test_both_files_come_back_as_they_were(tmp_path: Path) -> None:
    """From a file, as people carry it."""
    (tmp_path / "request.json").write_bytes(render_document(ASKED))
    (tmp_path / "welcome.json").write_bytes(render_document(GIVEN))

    assert read_request(tmp_path / "request.json") == ASKED
    assert read_welcome(tmp_path / "welcome.json") == GIVEN


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": None}, "missing required field `format`"),
        ({"format": WELCOME}, "is no hinomi-request-1, which its first field"),
        ({"csr": None}, "missing required field `csr`"),
        ({"token": "x"}, "unknown field `token`"),
        ({"member": "../isp"}, "member's name is none"),
        ({"member": "isp-b"}, "is not called isp-b/statements"),
        ({"signing_key": "what"}, "no key of the form"),
        ({"signing_key": key("isp-a/list")}, "is not called isp-a/statements"),
        ({"signing_key": key("isp-a/statements", Kind.COSIGNATURE)}, "is a witness's"),
    ],
)
def test_a_wrong_request_is_refused(fields: dict[str, object], said: str) -> None:
    """One line, with the field where it has one."""
    with pytest.raises(MalformedDocument, match=said):
        parse_request(changed(ASKED, **fields))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": REQUEST}, "is no hinomi-welcome-1"),
        ({"secret": 1}, "unknown field `secret`"),
        ({"hub__url": "http://hub.example"}, "does not begin with https://"),
        ({"hub__url": "https://user@hub.example"}, "does not begin with https://"),
        ({"hub__url": "https://hub.example/a b"}, "does not begin with https://"),
        ({"hub__list_key": "x"}, "no key of the form"),
        ({"hub__envelope_key": "x"}, "no key of the form"),
        ({"hub__name": "other.example/list"}, "not that of the hub it names"),
        ({"hub__epoch_days": 0}, "at least one day"),
        ({"token": "short"}, "the token is none"),
        ({"token": "two words " * 5}, "the token is none"),
        ({"outlets": []}, "opens no outlet"),
        ({"outlets": ["t" * 43]}, "Invalid enum value - at"),
        ({"member": ""}, "member's name is none"),
    ],
)
def test_a_wrong_welcome_is_refused(fields: dict[str, object], said: str) -> None:
    """One line that does not repeat what may be its token."""
    with pytest.raises(MalformedDocument, match=said) as raised:
        parse_welcome(changed(GIVEN, **fields))
    assert "t" * 43 not in str(raised.value)
    assert "\n" not in str(raised.value)


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_refused_in_one_line(body: bytes) -> None:
    """Nothing but `MalformedDocument`."""
    for parse in (parse_request, parse_welcome):
        with pytest.raises(MalformedDocument):
            parse(body)


def test_deep_documents_do_not_exhaust_the_stack() -> None:
    """A hundred thousand brackets are no document."""
    with pytest.raises(MalformedDocument):
        parse_welcome(b"[" * 100_000)


def test_files_that_are_not_there_or_too_large_are_refused(tmp_path: Path) -> None:
    """A folder, nothing, and a file that is something else."""
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 300_000)

    with pytest.raises(MalformedDocument, match="more than 262,144 bytes"):
        read_request(large)
    with pytest.raises(NotFound, match="No such file"):
        read_welcome(tmp_path / "none.json")
    with pytest.raises(NotFound, match="Is a directory"):
        read_welcome(tmp_path)


def test_both_ends_read_out_the_same_digest() -> None:
    """Of name and keys: written again it is the same, with other keys it is not."""
    again = parse_request(changed(ASKED, csr=render_request(KEY, "isp-a")))
    others = (
        changed(ASKED, csr=render_request(draw_key(), "isp-a")),
        changed(ASKED, signing_key=Signer("isp-a/statements", b"x" * 32).verifier.render()),
        changed(ASKED, member="isp-b", signing_key=key("isp-b/statements")),
    )

    assert again != ASKED
    assert request_digest(again) == request_digest(ASKED)
    assert len({request_digest(each) for each in (ASKED, *map(parse_request, others))}) == 4
    assert len(request_digest(ASKED)) == 64


def test_the_number_of_a_welcome_covers_all_that_a_node_believes() -> None:
    """Where the hub is, by which keys it is known, and whose certificate; not the token."""
    hubs = [
        msgspec.structs.replace(GIVEN.hub, **{name: "x"})
        for name in ("name", "url", "list_key", "envelope_key")
    ]
    numbers = [
        welcome_number(GIVEN),
        welcome_number(msgspec.structs.replace(GIVEN, authority="x")),
        welcome_number(msgspec.structs.replace(GIVEN, client_authority="x")),
        welcome_number(msgspec.structs.replace(GIVEN, certificate="x")),
        *(welcome_number(msgspec.structs.replace(GIVEN, hub=each)) for each in hubs),
    ]

    assert len(set(numbers)) == len(numbers)
    assert {len(each) for each in numbers} == {24}
    assert welcome_number(msgspec.structs.replace(GIVEN, token="u" * 43)) == numbers[0]
