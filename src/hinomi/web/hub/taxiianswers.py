"""How answers of the TAXII server look: its media type, also of every refusal."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute

from hinomi.errors import HinomiError
from hinomi.hub.taxii import MEDIA_TYPE, accepts, render_error
from hinomi.services.hub.meters import Meters
from hinomi.web.hub.answers import make_refuse, refuse_http, refuse_parameter

_KEPT: Final = ("allow", "retry-after", "www-authenticate")
"""Headers of a refusal that say what to do about it."""


def answer(request: Request, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a resource, or with 406 where the client does not take TAXII 2.1."""
    if not accepts(request.headers.get("accept")):
        return refuse(406, f"what is here is {MEDIA_TYPE}")
    return _respond(200, body, headers or {})


def refuse(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error resource."""
    return _respond(status, render_error(status, why), headers or {})


def in_taxii(refusal: Response) -> Response:
    """Say as TAXII does what the hub refuses in one line."""
    why = str(msgspec.json.decode(bytes(refusal.body))["error"])
    headers = {name: refusal.headers[name] for name in _KEPT if name in refusal.headers}
    return refuse(refusal.status_code, why, headers)


def refusing_route(meters: Meters) -> type[APIRoute]:
    """Make the class of routes whose every refusal is an error resource of TAXII."""
    refuse_house = make_refuse(meters)

    class RefusingRoute(APIRoute):
        """A route that refuses as TAXII does."""

        def get_route_handler(self) -> Callable[[Request], Any]:
            """Give the handler, with every refusal translated."""
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except HinomiError as error:
                    return in_taxii(await refuse_house(request, error))
                except RequestValidationError as error:
                    return in_taxii(await refuse_parameter(request, error))
                except HTTPException as error:
                    return in_taxii(await refuse_http(request, error))

            return handled

    return RefusingRoute


def _respond(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    # Not as `media_type`: Starlette is not to add a character set to it.
    told = {**headers, "Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    return Response(body, status, told)
