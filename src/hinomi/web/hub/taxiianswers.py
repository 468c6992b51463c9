"""How answers of the TAXII server look: its media type, also of every refusal."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute

from hinomi.errors import HinomiError
from hinomi.hub.taxii import MEDIA_TYPE, accepts, render_error

StatusOf = Callable[[Exception], int]
"""Gives the HTTP status that says what an error says."""

_UNKNOWN: Final = 401
_CHALLENGE: Final = 'Basic realm="hinomi", charset="UTF-8"'


def answer(request: Request, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a resource, or with 406 where the client does not take TAXII 2.1."""
    if not accepts(request.headers.get("accept")):
        return refuse(406, f"what is here is {MEDIA_TYPE}")
    return _respond(200, body, headers or {})


def refuse(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error resource; whoever is unknown learns how to say who they are."""
    challenge = {"WWW-Authenticate": _CHALLENGE} if status == _UNKNOWN else {}
    return _respond(status, render_error(status, why), {**challenge, **(headers or {})})


def refusing_route(status_of: StatusOf) -> type[APIRoute]:
    """Make the class of routes whose every refusal is an error resource of TAXII."""

    class RefusingRoute(APIRoute):
        """A route that refuses as TAXII does."""

        def get_route_handler(self) -> Callable[[Request], Any]:
            """Give the handler, with every refusal translated."""
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except HinomiError as error:
                    return refuse(status_of(error), str(error), getattr(error, "headers", None))
                except RequestValidationError:
                    return refuse(400, "the request is not as this resource wants it")
                except HTTPException as error:
                    return refuse(error.status_code, str(error.detail), error.headers)

            return handled

    return RefusingRoute


def _respond(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    # Not as `media_type`: Starlette is not to add a character set to it.
    return Response(body, status, {**headers, "Content-Type": MEDIA_TYPE})
