"""What one node may take: requests a minute, and bodies of a size."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import HTTPException, Request

from hinomi.services.hub.pace import NAMES_MOST
from hinomi.web.hub import limits
from hinomi.web.hub.limits import (
    BODIES_AT_ONCE,
    BODIES_OF_ONE,
    MEMBER,
    STRANGERS_SHARE,
    Pace,
    takes,
    takes_exactly,
)


def count(pace: Pace, fingerprint: str | None) -> int:
    """Count how often somebody may come at once, up to 1,000 times."""
    return sum(pace.take(fingerprint) for _ in range(1000))


def test_a_stranger_has_a_tenth() -> None:
    """Who was let in has the whole, who was refused again the tenth."""
    pace = Pace(600, lambda: 0.0)
    pace.learn("a", "isp-a")

    assert count(pace, "a") == 600
    assert count(pace, "b") == 600 // STRANGERS_SHARE
    pace.forget("a")
    assert count(pace, "a") == 600 // STRANGERS_SHARE


def test_two_nodes_of_one_member_share_its_leave() -> None:
    """More certificates are not more requests."""
    pace = Pace(100, lambda: 0.0)
    pace.learn("a", "isp-a")
    pace.learn("b", "isp-a")

    assert count(pace, "a") + count(pace, "b") == 100


def test_without_a_certificate_all_are_one_stranger() -> None:
    """And a slow pace still lets somebody through."""
    assert count(Pace(1, lambda: 0.0), None) == 1


def test_names_do_not_pile_up() -> None:
    """Who was let in longest ago is a stranger again, until the next time."""
    pace = Pace(600, lambda: 0.0)
    for number in range(NAMES_MOST + 1):
        pace.learn(str(number), "isp-a")

    assert count(pace, "0") == 60


def request_of(parts: list[bytes], seconds: float = 0.0, **headers: str) -> Request:
    """Make a request whose body comes in *parts*, a while apart."""

    async def come() -> AsyncIterator[dict[str, object]]:
        for number, part in enumerate(parts):
            await asyncio.sleep(seconds)
            yield {"type": "http.request", "body": part, "more_body": number + 1 < len(parts)}

    stream = come()

    async def receive() -> dict[str, object]:
        return await anext(stream)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "PUT", "headers": raw}, receive)


def read(request: Request, *media: str) -> bytes:
    """Read the document of a request, at most 1 MiB."""

    async def run() -> bytes:
        return (await takes(lambda: 1, *(media or ("text/csv",)))(request)).body

    return asyncio.run(run())


def refused(request: Request, *media: str) -> int:
    """Give the status that a request is refused with."""
    with pytest.raises(HTTPException) as found:
        read(request, *media)
    return found.value.status_code


def test_a_document_comes_whole() -> None:
    """Whatever parts it comes in, and whatever stands behind its media type."""
    assert read(request_of([b"a", b"b"], content_type="Text/CSV; charset=utf-8")) == b"ab"


@pytest.mark.parametrize("media", ["", "application/json", "text/csvx", "text/html"])
def test_another_media_type_is_not_taken(media: str) -> None:
    """Before a byte of it is read."""
    assert refused(request_of([], content_type=media)) == 415


def test_a_compressed_document_is_not_taken() -> None:
    """A small one may be a large one."""
    assert refused(request_of([], content_type="text/csv", content_encoding="gzip")) == 415


@pytest.mark.parametrize("coding", ["identity", "Identity", " IDENTITY "])
def test_codings_have_no_case(coding: str) -> None:
    """As it is, a document is taken, however that is written (RFC 9110, section 8.4.1)."""
    assert read(request_of([b"a"], content_type="text/csv", content_encoding=coding)) == b"a"


@pytest.mark.parametrize("charset", ["charset=UTF-8", 'charset="utf-8"', "header=present", ""])
def test_a_document_in_utf_8_is_taken(charset: str) -> None:
    """Said or not, in quotes or not."""
    assert read(request_of([b"a"], content_type=f"text/csv;{charset}")) == b"a"


@pytest.mark.parametrize(
    "charset",
    ["charset=utf-16", "Charset=UTF-16", 'charset="latin1"', "charset=utf-8; charset=utf-16"],
)
def test_another_charset_is_not_taken(charset: str) -> None:
    """Its bytes would be read as something that was not said."""
    assert refused(request_of([b"a"], content_type=f"text/csv; {charset}")) == 415


@pytest.mark.parametrize("length", [str((1 << 20) + 1), "9" * 40, "-1", "x", "1e3"])
def test_a_length_that_is_too_large_or_none_is_enough(length: str) -> None:
    """Nothing is read of it."""
    assert refused(request_of([], content_type="text/csv", content_length=length)) == 413


def test_a_document_that_grows_too_large_is_refused_on_the_way() -> None:
    """Where no length is told, as soon as it is too long."""
    parts = [bytes(1 << 19)] * 3 + [b"never read"] * 1000

    assert refused(request_of(parts, content_type="text/csv")) == 413


def test_the_largest_document_is_taken() -> None:
    """To the byte."""
    assert len(read(request_of([bytes(1 << 20)], content_type="text/csv"))) == 1 << 20


def test_a_document_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is for all of it, so a byte now and then does not help."""
    monkeypatch.setattr(limits, "BODY_S", 0.05)

    assert refused(request_of([b"x"] * 100, 0.01, content_type="text/csv")) == 408


def read_exactly(request: Request, size: int) -> bytes:
    """Read the document of a request that has to have *size* bytes."""

    async def run() -> bytes:
        return (await takes_exactly(lambda _request: size, "text/csv")(request)).body

    return asyncio.run(run())


@pytest.mark.parametrize("headers", [{}, {"content_length": "2"}])
def test_a_document_of_a_known_length_comes_whole(headers: dict[str, str]) -> None:
    """Whether or not its length was told before."""
    request = request_of([b"a", b"b"], 0.0, content_type="text/csv", **headers)

    assert read_exactly(request, 2) == b"ab"


@pytest.mark.parametrize("parts", [[b"a"], [b"ab", b"c"], [b""], [b"abc"] * 1000])
@pytest.mark.parametrize("headers", [{}, {"content_length": "2"}])
def test_another_length_is_refused(parts: list[bytes], headers: dict[str, str]) -> None:
    """Too short and too long, also where what was told before was right."""
    with pytest.raises(HTTPException) as found:
        read_exactly(request_of(parts, 0.0, content_type="text/csv", **headers), 2)

    assert found.value.status_code == 422


@pytest.mark.parametrize("length", ["3", "1", "x", "9" * 40])
def test_of_what_is_said_to_have_another_length_nothing_is_read(length: str) -> None:
    """It is refused by its head."""
    with pytest.raises(HTTPException) as found:
        read_exactly(request_of([], content_type="text/csv", content_length=length), 2)

    assert found.value.status_code == 422


def finished(members: list[str], seconds: float) -> list[str]:
    """Let a slow document of each of *members* come, then a quick one of isp-z; who is done?"""

    async def run() -> list[str]:
        dependency, done = takes(lambda: 1, "text/csv"), []

        async def one(member: str, request: Request) -> None:
            request.scope[MEMBER] = member
            await dependency(request)
            done.append(member)

        async with asyncio.TaskGroup() as tasks:
            for each in members:
                tasks.create_task(one(each, request_of([b"x"], seconds, content_type="text/csv")))
            await asyncio.sleep(0)
            tasks.create_task(one("isp-z", request_of([b"x"], content_type="text/csv")))
        return done

    return asyncio.run(run())


def test_a_slow_member_holds_up_itself_alone() -> None:
    """However many documents it sends at once: those of others do not wait behind them."""
    assert finished(["isp-a"] * 2 * BODIES_AT_ONCE, 0.01)[0] == "isp-z"


def test_waiting_for_others_is_not_coming_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a document begins when it is read."""
    monkeypatch.setattr(limits, "BODY_S", 0.3)

    assert len(finished(["isp-a"] * 2 * BODIES_OF_ONE, 0.2)) == 2 * BODIES_OF_ONE + 1


def test_who_waits_too_long_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """To come again later."""
    monkeypatch.setattr(limits, "WAIT_S", 0.05)

    with pytest.raises(ExceptionGroup) as found:
        finished(["isp-a"] * (BODIES_OF_ONE + 1), 0.2)
    (error,) = found.value.exceptions
    assert isinstance(error, HTTPException)
    assert error.status_code == 503
