"""The hub that was joined is asked, by mutual TLS, and nobody else."""

import gzip
import math
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docket import At
from drips import PLACES, dripping
from hinomi.errors import (
    ConfigError,
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
)
from hinomi.hub.authority import Authority
from hinomi.services.membership import asking
from hinomi.services.membership.asking import SMALL, HubClient, NotTaken
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.joining import AUTHORITY, CERTIFICATE, NODE_KEY, TOKEN
from hinomi.share.certificates import parse_key, render_certificate
from household import DAY_MS, Household
from standin import MEMBER, StandIn, answering, authority


class Said(msgspec.Struct):
    """What the hub says in these tests."""

    number: int


@pytest.fixture(name="member")
def a_member_without_cases(at: At, hub: StandIn, tmp_path: Path) -> Household:
    """Give a home that has joined the hub, and has no case."""
    house = at(None)
    hub.let_in(house.home(), tmp_path)
    return house


def client(house: Household) -> HubClient:
    """Make ready to ask."""
    home = house.home()
    return HubClient(home, read_joined(home), sleep=lambda _s: None)


def says(hub: StandIn, status: int, body: bytes) -> None:
    """Let the hub answer everything so."""
    hub.refuse = lambda _path: (status, body)


def test_what_the_hub_says_is_given(member: Household, hub: StandIn) -> None:
    """As bytes, as text, as JSON with more fields than are asked for."""
    says(hub, 200, b'{"number": 7, "later": "field"}')

    with client(member) as asks:
        assert asks.get("/v1/hub") == b'{"number": 7, "later": "field"}'
        assert asks.get_text("/v1/hub").startswith("{")
        assert asks.get_json("/v1/hub", Said).number == 7
        assert asks.put_json("/v1/hub", b"x", Said).number == 7


@pytest.mark.parametrize(
    ("status", "error", "times"),
    [
        (400, NotTaken, 1),
        (401, NotPermitted, 1),
        (403, NotPermitted, 1),
        (404, NotFound, 1),
        (409, Conflict, 1),
        (413, NotTaken, 1),
        (418, MalformedDocument, 1),
        (422, NotTaken, 1),
        (500, Unavailable, 1),
        (302, Unavailable, 1),
        (429, Unavailable, 3),
        (502, Unavailable, 3),
        (503, Unavailable, 3),
        (504, Unavailable, 3),
    ],
)
def test_each_refusal_is_one_of_the_house(
    member: Household, hub: StandIn, status: int, error: type[HinomiError], times: int
) -> None:
    """One line, which says what the hub says, without an address; a busy hub is asked again."""
    says(hub, status, b'{"error": "no: \\n203.0.113.9 \\u0007 is wrong"}')

    with client(member) as asks, pytest.raises(error) as caught:
        asks.get("/v1/hub")

    assert type(caught.value) is error
    assert str(caught.value).isprintable()
    assert "203.0.113.9" not in str(caught.value)
    assert len(hub.asked) == times


def test_no_redirection_is_followed(member: Household, hub: StandIn) -> None:
    """Wherever it leads."""
    says(hub, 307, b"")

    with client(member) as asks, pytest.raises(Unavailable, match="leads elsewhere"):
        asks.get("/v1/hub")


def test_no_answer_is_too_long(member: Household, hub: StandIn) -> None:
    """It is left where the bound is reached; a refusal has a bound of its own."""
    says(hub, 200, b"x" * (SMALL + 1))
    with client(member) as asks, pytest.raises(MalformedDocument, match="longer than 65,536"):
        asks.get("/v1/hub")

    says(hub, 404, b"x" * (SMALL + 1))
    with client(member) as asks, pytest.raises(MalformedDocument, match="longer than 65,536"):
        asks.get("/v1/hub", most=SMALL * 4)


def test_no_answer_drips_in_for_ever(
    member: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All attempts together have an end."""
    monkeypatch.setattr(asking, "TOTAL_S", -1.0)
    says(hub, 200, b"{}")

    with client(member) as asks, pytest.raises(Unavailable, match="took too long"):
        asks.get("/v1/hub")


@pytest.mark.parametrize("place", ["connection", *PLACES])
def test_wherever_a_hub_drips_a_request_ends(
    member: Household,
    hub: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """One deadline is over the whole of it, and other requests are not waited for after that."""
    home = member.home()
    monkeypatch.setattr(asking, "TOTAL_S", 0.5)
    with dripping(place, tmp_path / "hub") as url:
        slow = replace(read_joined(home), url=url)
        with (
            HubClient(home, slow, sleep=lambda _s: None) as asks,
            pytest.raises(Unavailable, match="its answer took too long; try again later"),
        ):
            asks.get("/v1/hub", most=1 << 32)
    assert hub.asked == []


def test_a_hub_that_takes_nothing_in_is_left_too(
    member: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent may be large: that it is not read holds nobody."""
    home = member.home()
    monkeypatch.setattr(asking, "TOTAL_S", 0.5)
    with dripping("nothing", tmp_path / "hub") as url:
        slow = replace(read_joined(home), url=url)
        with HubClient(home, slow) as asks, pytest.raises(Unavailable, match="took too long"):
            asks.put_json("/v1/hub", bytes(32 << 20), Said)


def test_all_requests_of_a_command_have_one_end(
    member: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many that are slow, each within its own time, do not add up without one."""
    monkeypatch.setattr(asking, "ALL_S", 0.0)
    says(hub, 200, b"{}")

    with client(member) as asks, pytest.raises(Unavailable, match="took too long"):
        asks.get("/v1/hub")


def test_after_a_hub_was_left_it_may_be_asked_again(
    member: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same client: the next request goes over a connection of its own."""
    says(hub, 200, b'{"number": 1}')
    with client(member) as asks:
        assert asks.get_json("/v1/hub", Said).number == 1
        monkeypatch.setattr(asking, "TOTAL_S", -1.0)
        with pytest.raises(Unavailable):
            asks.get("/v1/hub")
        monkeypatch.setattr(asking, "TOTAL_S", 300.0)
        assert asks.get_json("/v1/hub", Said).number == 1


def packs(hub: StandIn, body: bytes, encoding: str = "gzip") -> None:
    """Let a hub answer by what is packed, or said to be."""
    hub.encoding = encoding
    says(hub, 200, body)


def test_a_packed_answer_is_unpacked(member: Household, hub: StandIn) -> None:
    """As hubs give lists to whoever says that they take it."""
    packs(hub, gzip.compress(b"a list " * 1_000))

    with client(member) as asks:
        assert asks.get("/v1/snapshots/1/listings.json", most=7_000) == b"a list " * 1_000
    assert "gzip" in hub.encodings[-1]


@pytest.mark.parametrize("swells", [7_001, 64 << 20])
def test_a_small_answer_cannot_swell(member: Household, hub: StandIn, swells: int) -> None:
    """The bound holds for what is unpacked, and no more than that is unpacked."""
    packs(hub, gzip.compress(bytes(swells)))
    tracemalloc.start()

    with client(member) as asks, pytest.raises(MalformedDocument, match="longer than 7,000 bytes"):
        asks.get("/v1/snapshots/1/listings.json", most=7_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}")[:-1], "gzip"),
        (gzip.compress(b"{}")[:-8] + bytes(8), "gzip"),
        (gzip.compress(b"{}") + b"more", "gzip"),
        (b"{}", "gzip"),
        (b"", "gzip"),
        (zlib.compress(b"{}"), "deflate"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip"),
    ],
    ids=["cut", "check sum", "more", "plain", "nothing", "another way", "twice"],
)
def test_what_is_packed_badly_is_refused(
    member: Household, hub: StandIn, body: bytes, encoding: str
) -> None:
    """With the place that it came from."""
    packs(hub, body, encoding)

    with client(member) as asks, pytest.raises(MalformedDocument, match="/v1/hub"):
        asks.get("/v1/hub")


@given(st.binary(max_size=300), st.integers(1, 400))
def test_packed_or_not_the_same_is_read(body: bytes, most: int) -> None:
    """In pieces of any size, up to the same bound."""
    plain = httpx.Response(200, content=_pieces(body))
    packed = httpx.Response(
        200, content=_pieces(gzip.compress(body)), headers={"Content-Encoding": "gzip"}
    )
    if len(gzip.compress(body)) > most:
        return
    for answer in (plain, packed):
        if len(body) > most:
            with pytest.raises(MalformedDocument):
                asking._bounded(answer, most, math.inf, "/")  # noqa: SLF001 - the bound itself.
        else:
            assert asking._bounded(answer, most, math.inf, "/") == body  # noqa: SLF001


def _pieces(body: bytes) -> Iterator[bytes]:
    yield from (body[at : at + 7] for at in range(0, len(body), 7))


@pytest.mark.parametrize("body", [b"<html>", b'{"number": "x"}', b"\xff\xfe"])
def test_what_is_no_answer_is_refused(member: Household, hub: StandIn, body: bytes) -> None:
    """With the place that it came from."""
    says(hub, 200, body)

    with client(member) as asks, pytest.raises(MalformedDocument, match="/v1/hub"):
        asks.get_json("/v1/hub", Said)


def test_text_is_text(member: Household, hub: StandIn) -> None:
    """In UTF-8."""
    says(hub, 200, b"\xff\xfe")

    with client(member) as asks, pytest.raises(MalformedDocument, match="no text"):
        asks.get_text("/v1/hub")


@pytest.fixture(name="impostor")
def somebody_else_at_the_same_place(
    signs: Authority, tmp_path: Path
) -> Iterator[tuple[StandIn, Path]]:
    """Give a hub whose certificate another authority signed."""
    folder = tmp_path / "impostor"
    folder.mkdir()
    with answering(StandIn(signs), folder, signs=authority()) as hub:
        yield hub, folder


def test_nobody_else_is_taken_for_the_hub(
    impostor: tuple[StandIn, Path], at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment trusts, and at once: asking again would not help."""
    hub, folder = impostor
    house = at(None)
    hub.let_in(house.home(), folder)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "server.pem"))

    with client(house) as asks, pytest.raises(Unavailable, match="not the hub that this home"):
        asks.get("/v1/hub")
    assert hub.asked == []


def test_the_environment_names_no_proxy(
    member: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor any other detour."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    says(hub, 200, b'{"number": 1}')

    with client(member) as asks:
        assert asks.get_json("/v1/hub", Said).number == 1


def test_a_hub_that_is_away_is_waited_for(at: At, signs: Authority, tmp_path: Path) -> None:
    """For a bounded time."""
    with answering(StandIn(signs), tmp_path) as hub:
        house = at(None)
        hub.let_in(house.home(), tmp_path)
    waited: list[float] = []

    home = house.home()
    with (
        HubClient(home, read_joined(home), sleep=waited.append) as asks,
        pytest.raises(Unavailable, match="is away"),
    ):
        asks.get("/v1/hub")
    assert waited == [0.0, 0.0]


def test_a_certificate_that_ended_is_no_hub_that_is_away(member: Household, hub: StandIn) -> None:
    """The node sees it by its own clock, and asks nothing: it has to join anew."""
    member.later((date(2034, 3, 21) - date(2027, 1, 15)).days * DAY_MS)

    with pytest.raises(ConfigError, match=r"certificate ended on 2034-03-20: .*listings enrol"):
        client(member)
    assert hub.asked == []


def test_a_hub_that_finds_a_certificate_ended_is_believed(
    member: Household, hub: StandIn, signs: Authority
) -> None:
    """Also where this node's clock does not show it."""
    key = parse_key((member.folder / NODE_KEY).read_bytes(), "key").public_key()
    ended = render_certificate(signs.issue_node(key, MEMBER, date(2020, 1, 1), 30))
    (member.folder / CERTIFICATE).write_text(ended, "ascii")

    with client(member) as asks, pytest.raises(ConfigError, match="finds that this node's cert"):
        asks.get("/v1/hub")
    assert hub.asked == []


def test_a_hub_whose_certificate_ended_is_no_impostor(
    at: At, signs: Authority, tmp_path: Path
) -> None:
    """It, or one of the two clocks, is to be looked at."""
    with answering(StandIn(signs), tmp_path, begins=date(2010, 1, 1)) as hub:
        house = at(None)
        hub.let_in(house.home(), tmp_path)
        with client(house) as asks, pytest.raises(Unavailable, match="has ended, or not begun"):
            asks.get("/v1/hub")


@pytest.mark.parametrize("lost", [NODE_KEY, AUTHORITY, TOKEN])
def test_without_its_keys_a_home_asks_nothing(member: Household, hub: StandIn, lost: str) -> None:
    """It says which are missing."""
    (member.folder / lost).unlink()

    with pytest.raises(ConfigError):
        client(member)
    assert hub.asked == []


def test_the_token_goes_with_every_request(member: Household, hub: StandIn) -> None:
    """A node with a certificate and a wrong token is let nowhere."""
    (member.folder / TOKEN).write_text("another\n", "ascii")

    with client(member) as asks, pytest.raises(NotPermitted, match="not known here"):
        asks.get("/v1/hub")
