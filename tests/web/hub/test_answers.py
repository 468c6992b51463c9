"""Each error of the house has its status, and its own failures tell nothing of themselves."""

import asyncio
import json

import pytest
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hinomi.errors import (
    ConfigError,
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
    UsageError,
)
from hinomi.govern.note import BadNote
from hinomi.services.hub.doors import Unknown
from hinomi.services.hub.meters import Meters
from hinomi.web.hub.answers import (
    BUSY,
    as_error,
    as_json,
    make_refuse,
    refusals,
    refuse_http,
    refuse_parameter,
    status_of,
)

REQUEST = Request({"type": "http", "headers": []})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unknown("x"), 401),
        (NotPermitted("x"), 403),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (MalformedDocument("x", "submission"), 422),
        (BadNote("x"), 422),
        (UsageError("x"), 400),
        (Unavailable("x"), 503),
        (ConfigError("x"), 503),
        (HinomiError("x"), 503),
    ],
)
def test_each_error_has_its_status(error: HinomiError, status: int) -> None:
    """What is the sender's to mend is 4xx, what is the hub's is 503."""
    assert status_of(error) == status


def test_a_failure_of_the_hub_tells_no_path(capsys: pytest.CaptureFixture[str]) -> None:
    """Where its files lie and what its database said is nobody's business."""
    refuse = make_refuse(Meters())

    answer = asyncio.run(refuse(REQUEST, Unavailable("case book /var/lib/x: disk is full")))

    assert json.loads(bytes(answer.body)) == {"error": BUSY}
    assert answer.headers["retry-after"] == "60"


def test_a_refusal_is_told_as_it_stands() -> None:
    """One line that says what, and why."""
    refuse = make_refuse(Meters())

    answer = asyncio.run(refuse(REQUEST, NotPermitted("this node may not use misp")))

    assert (answer.status_code, json.loads(bytes(answer.body))) == (
        403,
        {"error": "this node may not use misp"},
    )


def test_what_was_sent_is_not_repeated() -> None:
    """Parameters are named, their values are not."""
    error = RequestValidationError([{"loc": ("path", "number"), "input": "198.51.100.1"}])

    answer = asyncio.run(refuse_parameter(REQUEST, error))

    assert json.loads(bytes(answer.body)) == {"error": "not as it should be: number"}


def test_errors_of_the_framework_are_in_our_form() -> None:
    """With their headers, such as the methods that are taken."""
    answer = asyncio.run(refuse_http(REQUEST, HTTPException(405, headers={"Allow": "GET"})))

    assert answer.headers["allow"] == "GET"
    assert list(json.loads(bytes(answer.body))) == ["error"]


def test_handlers_answer_no_other_errors() -> None:
    """A mistake of our own is not hidden by them."""
    for handler in (refuse_http, refuse_parameter):
        with pytest.raises(KeyError):
            asyncio.run(handler(REQUEST, KeyError()))


def test_documents_are_canonical() -> None:
    """The same facts are the same bytes."""
    assert as_json({"b": 1, "a": "é"}).body == '{"a":"é","b":1}'.encode()


def test_a_401_says_how_to_come_in() -> None:
    """RFC 9110, section 11.6.1."""
    assert "Basic" in as_error(401, "x").headers["www-authenticate"]


def test_every_route_may_refuse_so() -> None:
    """Certificates, leave, pace and failures are before every route."""
    assert set(refusals()) == {401, 403, 429, 503}
    assert set(refusals(422)) == {401, 403, 422, 429, 503}
