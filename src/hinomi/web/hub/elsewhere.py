"""
Behind all routes: what is asked for where nothing is, or by a method that is not taken there.

It has a door as every route has, so that strangers learn of no path whether anything is there. Who
may come in is told what is wrong, below ``/taxii2/`` as TAXII says it.

Source:
    RFC 9110, section 10.2.1 (Allow) and 15.5.6 (405).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match

from hinomi.errors import HinomiError
from hinomi.hub.taxii import DISCOVERY
from hinomi.model.member import Outlet
from hinomi.web.hub.answers import as_error, make_refuse
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub
from hinomi.web.hub.taxiianswers import in_taxii

METHODS: Final = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
"""What a route may take; HEAD is answered as GET is."""

NOT_SO: Final = "this address does not take this method"
NOTHING: Final = "there is nothing at this address"
NOTHING_IN_TAXII: Final = f"nothing is here; {DISCOVERY} says what there is, with slashes at ends"


class Elsewhere(BaseRoute):
    """The last of an application's routes: it takes every path and every method."""

    def __init__(self, hub: Hub, routes: Sequence[BaseRoute]) -> None:
        """
        Stand behind all routes of an application.

        Args:
            hub: Which runs.
            routes: The application's; this one may be among them.
        """
        self._routes = routes
        self._come_in = admits(hub, None)
        self._come_in_to_taxii = admits(hub, Outlet.TAXII)
        self._refuse = make_refuse(hub.meters)

    def matches(self, scope: Any) -> tuple[Match, dict[str, Any]]:
        """Match whatever is HTTP."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        request = Request(scope)
        is_taxii = scope["path"].startswith(DISCOVERY)
        response: Response
        try:
            await run_in_threadpool(self._come_in_to_taxii if is_taxii else self._come_in, request)
        except HinomiError as error:
            response = await self._refuse(request, error)
        else:
            response = self._tell(scope, NOTHING_IN_TAXII if is_taxii else NOTHING)
        await (in_taxii(response) if is_taxii else response)(scope, receive, send)

    def _tell(self, scope: Any, nothing: str) -> Response:
        allowed = sorted(self._allowed(scope))
        if not allowed:
            return as_error(404, nothing)
        return as_error(405, NOT_SO, {"Allow": ", ".join(allowed)})

    def _allowed(self, scope: Any) -> Iterator[str]:
        """Yield the methods that some route takes at this path."""
        others = [each for each in self._routes if each is not self]
        for method in METHODS:
            asked = {**scope, "method": method}
            if any(each.matches(asked)[0] is Match.FULL for each in others):
                yield method
                if method == "GET":
                    yield "HEAD"
