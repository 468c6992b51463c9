"""What members send: the schema is the rule, and no message repeats what was sent."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import MalformedDocument
from hinomi.govern.parameters import default_register
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.statement import Band, Sighting, SightingStatement, Statement
from hinomi.share.submission import (
    Profile,
    parse_sightings,
    parse_submission,
    parse_submission_csv,
    parse_submission_lines,
    render_sightings,
    render_submission,
    render_submission_csv,
    require_canonical_csv,
)
from hubs import server
from statements import DAYS, EPOCHS, SIGHTINGS, statements

ALL = ("class", "band", "methods", "register")
MINIMAL = Profile()
FULL = Profile(frozenset(ALL))
SLIPPED_IN = "isp-secret-2026-06-06T03:04:05"
"""What a sender might slip in; no message may hold it."""

FINDING = {"address": "198.51.100.1", "port": 443, "protocol": "tcp"}
WHOLE = Statement(
    endpoint=server(1),
    service_class=ServiceClass.DEDICATED,
    band=Band.STRONG,
    methods=(Method.FLOW, Method.HONEYPOT),
    register="0" * 64,
)


def parse(body: bytes, profile: Profile = MINIMAL) -> tuple[Statement, ...]:
    """Read a submission of epoch 0."""
    return parse_submission(body, profile, epoch=0, epoch_days=1)


def document(*findings: dict[str, Any], **changed: Any) -> bytes:
    """Render a submission of epoch 0 in canonical form, whatever stands in it."""
    told = {"format": "hinomi-submission-1", "epoch": "1970-01-01", "findings": list(findings)}
    return json.dumps(told | changed, sort_keys=True, separators=(",", ":")).encode()


@given(found=statements(*ALL), epoch=EPOCHS, days=DAYS)
def test_findings_come_back_as_they_were_given(
    found: list[Statement], epoch: int, days: int
) -> None:
    """In the order of their servers, with every judgement; the bytes do not depend on the order."""
    body = render_submission(found, epoch, days)

    again = parse_submission(body, FULL, epoch=epoch, epoch_days=days)

    assert again == tuple(sorted(found, key=lambda each: each.endpoint))
    assert render_submission(found[::-1], epoch, days) == body


@given(found=SIGHTINGS, number=st.integers(1, 2**31 - 1), epoch=EPOCHS, days=DAYS)
def test_sightings_come_back_as_they_were_given(
    found: list[SightingStatement], number: int, epoch: int, days: int
) -> None:
    """With the number of the snapshot that they speak of."""
    body = render_sightings(found, number, epoch, days)

    again = parse_sightings(body, epoch=epoch, epoch_days=days)

    assert again == (number, tuple(sorted(found, key=lambda each: each.endpoint)))


@given(name=st.text(min_size=1).filter(lambda each: each not in {*FINDING, *ALL}))
def test_any_further_field_is_refused(name: str) -> None:
    """Whatever it is called, in the finding or beside it; its value is not repeated."""
    for body in (document({**FINDING, name: SLIPPED_IN}), document(FINDING, **{name: SLIPPED_IN})):
        if name in {"format", "epoch", "findings"} and body == document(
            FINDING, **{name: SLIPPED_IN}
        ):
            continue
        with pytest.raises(MalformedDocument) as caught:
            parse(body, FULL)
        assert SLIPPED_IN not in str(caught.value)


@pytest.mark.parametrize("field", ALL)
def test_a_judgement_is_off_until_the_register_turns_it_on(field: str) -> None:
    """The default profile is minimal; the message names the parameter."""
    whole = json.loads(render_submission([WHOLE], 0, 1))["findings"][0]
    body = document({**FINDING, field: whole[field]})

    with pytest.raises(MalformedDocument, match=rf"share\.give_{field}"):
        parse(body)

    assert len(parse(body, Profile(frozenset({field})))) == 1
    assert Profile.from_register(default_register()) == MINIMAL
    on = default_register().with_value(f"share.give_{field}", 1, decided_by="test")
    assert Profile.from_register(on) == Profile(frozenset({field}))


@pytest.mark.parametrize("fields", [(), ("band",), ALL])
def test_a_profile_leaves_out_what_it_does_not_have(fields: tuple[str, ...]) -> None:
    """What a node renders by its profile is taken by the same profile."""
    profile = Profile(frozenset(fields))

    body = render_submission([profile.limit(WHOLE)], 0, 1)

    assert parse(body, profile) == (profile.limit(WHOLE),)
    assert profile.limit(WHOLE) == (WHOLE if fields == ALL else profile.limit(WHOLE))


WRONG: dict[str, bytes] = {
    "no JSON": SLIPPED_IN.encode(),
    "not UTF-8": b'{"format":"\xff"}',
    "another format": document(FINDING, format=SLIPPED_IN),
    "another epoch": document(FINDING, epoch="1970-01-02"),
    "no epoch": document(FINDING, epoch=SLIPPED_IN),
    "no findings": document(findings=None),
    "no address": document({**FINDING, "address": SLIPPED_IN}),
    "an address with a zone": document({**FINDING, "address": "fe80::1%secret"}),
    "an address in another form": document({**FINDING, "address": "2001:DB8::1"}),
    "a number as an address": document({**FINDING, "address": 3}),
    "a protocol in capitals": document({**FINDING, "protocol": "TCP"}),
    "no protocol": document({**FINDING, "protocol": SLIPPED_IN}),
    "a protocol without ports": document({**FINDING, "protocol": "icmp"}),
    "a protocol without a name": document({**FINDING, "protocol": "200"}),
    "port 0": document({**FINDING, "port": 0}),
    "a port too high": document({**FINDING, "port": 65_536}),
    "a port as text": document({**FINDING, "port": "443"}),
    "a port with a fraction": document({**FINDING, "port": 443.0}),
    "nothing of a finding": document({}),
    "a server twice": document(FINDING, FINDING),
    "a field twice": document(FINDING).replace(b'"port":443', b'"port":1,"port":443'),
    "blanks": document(FINDING).replace(b":", b": "),
    "another order": document({**FINDING, "port": 444}, FINDING),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_not_as_it_should_be_is_refused_whole(body: bytes) -> None:
    """Two texts of the same facts are none: what differs could tell something."""
    with pytest.raises(MalformedDocument) as caught:
        parse(body, FULL)

    assert "secret" not in str(caught.value)
    assert "2001" not in str(caught.value)
    assert "198.51.100" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("class", SLIPPED_IN), ("class", "shared-host"), ("band", "0.97"), ("methods", [SLIPPED_IN]),
     ("methods", ["honeypot", "flow"]), ("methods", ["flow", "flow"]), ("register", "ABCDEF00"),
     ("register", SLIPPED_IN)],
)  # fmt: skip
def test_a_judgement_is_one_of_those_that_there_are(field: str, value: object) -> None:
    """A class that is never listed, a number in place of a band, free text: refused."""
    with pytest.raises(MalformedDocument) as caught:
        parse(document({**FINDING, field: value}), FULL)

    assert "secret" not in str(caught.value)


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_in_one_way(body: bytes) -> None:
    """Whatever comes, it is a malformed document, and never another failure."""
    for read in (
        lambda: parse(body),
        lambda: parse_submission_csv(body, FULL),
        lambda: parse_sightings(body, epoch=0, epoch_days=1),
    ):
        try:
            read()
        except MalformedDocument:
            continue
        assert body.lstrip(b"\xef\xbb\xbf").startswith(b"address,protocol,port")


def table(found: list[Statement]) -> bytes:
    """Write findings as a small provider would, by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("address", "protocol", "port", *ALL))
    for each in found:
        writer.writerow((
            *each.endpoint.render().values(),
            each.service_class or "",
            each.band or "",
            " ".join(each.methods or ()),
            each.register or "",
        ))  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


@given(found=statements(*ALL))
def test_a_table_says_the_same_as_a_document(found: list[Statement]) -> None:
    """With a mark at its beginning and any order of rows."""
    wanted = [
        Statement(
            endpoint=each.endpoint, service_class=each.service_class, band=each.band,
            methods=each.methods or None, register=each.register,
        )
        for each in found
    ]  # fmt: skip

    again = parse_submission_csv(table(found), FULL)

    assert again == tuple(sorted(wanted, key=lambda each: each.endpoint))


@given(found=statements(*ALL))
def test_a_table_has_one_form(found: list[Statement]) -> None:
    """Whatever order its findings came in; what is in that form is taken, and comes back."""
    body = render_submission_csv(found)
    again = parse_submission_csv(body, FULL)

    require_canonical_csv(body, again)

    assert render_submission_csv(found[::-1]) == render_submission_csv(again) == body
    if len(found) > 1:
        assert table(found) != body


@pytest.mark.parametrize(
    "body",
    [
        b"address,protocol,port\n198.51.100.2,tcp,443\n198.51.100.1,tcp,443\n",
        b"\xef\xbb\xbfaddress,protocol,port\n198.51.100.1,tcp,443\n",
        b"address,protocol,port\r\n198.51.100.1,tcp,443\r\n",
        b'address,protocol,port\n"198.51.100.1",tcp,443\n',
        b"address,protocol,port\n\n198.51.100.1,tcp,443\n",
        b"address,protocol,port\n198.51.100.1,tcp,443",
        b"address,protocol,port,band\n198.51.100.1,tcp,443,\n",
        b"address,protocol,port,methods\n198.51.100.1,tcp,443,honeypot flow\n",
        b"address,protocol,port,methods,band\n198.51.100.1,tcp,443,flow,strong\n",
    ],
    ids=["order", "mark", "CRLF", "quotes", "blank", "no end", "empty", "methods", "columns"],
)
def test_a_table_that_holds_more_than_its_facts_is_refused(body: bytes) -> None:
    """The hub keeps what was signed: so that may be nothing but the facts."""
    with pytest.raises(MalformedDocument, match="listings submit --file"):
        require_canonical_csv(body, parse_submission_csv(body, FULL))


@pytest.mark.parametrize(
    "text",
    [
        "address,port,protocol\n", "address,protocol\n", "address,protocol,port,first_seen\n",
        "address,protocol,port,band,band\n", f"address,protocol,port,{SLIPPED_IN}\n", "",
        f"address,protocol,port\n198.51.100.1,tcp,443,{SLIPPED_IN}\n",
        "address,protocol,port\n198.51.100.1,tcp\n",
        "address,protocol,port\n198.51.100.1,tcp,0443\n",
        "address,protocol,port\n198.51.100.1,tcp,\u0664\u0664\u0663\n",
        f"address,protocol,port\n{SLIPPED_IN},tcp,443\n",
        "address,protocol,port\n198.51.100.1,tcp,443\n198.51.100.1,tcp,443\n",
        'address,protocol,port\n"198.51.100.1,tcp,443\n',
    ],
)  # fmt: skip
def test_a_table_of_another_form_is_refused(text: str) -> None:
    """The header is the schema: a column of times has no place in it."""
    with pytest.raises(MalformedDocument) as caught:
        parse_submission_csv(text.encode(), FULL)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (["198.51.100.1,tcp,443", "x,tcp,1"], 3),
        (["198.51.100.1,tcp,443", "198.51.100.2,tcp,443", "198.51.100.1,tcp,443"], 4),
        (["", "198.51.100.1,tcp,443", "", "", "198.51.100.1,tcp,443"], 6),
        (["", "", "198.51.100.1,tcp"], 4),
    ],
)
def test_a_fault_in_a_table_is_told_with_its_line(rows: list[str], line: int) -> None:
    """Also of a server that stands there twice, and after blank lines: a person looks for it."""
    with pytest.raises(MalformedDocument) as caught:
        parse_submission_csv("\n".join(["address,protocol,port", *rows]).encode(), MINIMAL)

    assert caught.value.line == line


def test_each_finding_is_known_by_its_line() -> None:
    """In the order of servers, whatever that of the file: who checks them says where one stands."""
    rows = ["address,protocol,port", "198.51.100.9,tcp,443", "", "198.51.100.1,tcp,443"]
    found = parse_submission_lines("\n".join(rows).encode(), MINIMAL)

    assert [(str(said.endpoint), line) for said, line in found] == [
        ("198.51.100.1 tcp/443", 4),
        ("198.51.100.9 tcp/443", 2),
    ]


def test_a_sighting_is_one_of_four() -> None:
    """When, how often and by whom cannot be said."""
    said = SightingStatement(endpoint=server(1), sighting=Sighting.GONE)
    body = render_sightings([said], 1, 0, 1)

    for wrong in (
        body.replace(b"gone", SLIPPED_IN.encode()),
        body.replace(b'"port"', b'"count":3,"port"'),
        body.replace(b"sightings-1", b"sightings-2"),
    ):
        with pytest.raises(MalformedDocument) as caught:
            parse_sightings(wrong, epoch=0, epoch_days=1)
        assert "secret" not in str(caught.value)
