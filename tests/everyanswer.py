"""What a hub answers to the byte: to batches, and on every route, asked for all that there is."""

import base64
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from fastapi import FastAPI

from asking import Answer, ask
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.hub.intake import Sent
from hinomi.web.hub.app import create_app
from hinomi.web.hub.running import Hub

OF_EACH: Final = ("/v1/snapshots/1/envelope", "/v1/snapshots/1/listings.json", "/v1/hub")
"""What every member asks for; the first of them asks for all that there is."""

MOST: Final = 4
"""Of objects, so many are asked for by name."""


class Shown(Protocol):
    """What a member's node shows at the door."""

    @property
    def fingerprint(self) -> str:
        """Of its certificate."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Of its requests."""


def every_answer(home: Home, nodes: Mapping[str, Shown]) -> Iterator[tuple[str, str, Answer]]:
    """Ask for everything that there is; give who asked, what, and the answer to the byte."""
    with home.casebook() as casebook:
        app = create_app(Hub(home, casebook))
        for place, (name, node) in enumerate(nodes.items()):

            def get(target: str, node: Shown = node) -> Answer:
                return ask(app, "GET", target, peer=node.fingerprint, headers=node.headers)

            asked = iter(OF_EACH) if place else _targets(app, get)
            for target in asked:
                yield name, target, get(target)


def put(app: FastAPI, node: Shown, day: str, sent: Sent) -> Answer:
    """Hand a batch in, as a node does; give the answer to the byte."""
    door = "submission" if sent.deed is Deed.SUBMISSION else "sightings"
    return ask(
        app,
        "PUT",
        f"/v1/epochs/{day}/{door}",
        peer=node.fingerprint,
        headers={
            "content-type": "application/json",
            "hinomi-note": base64.b64encode(sent.note.encode()).decode(),
            **node.headers,
        },
        body=sent.body,
    )


def _targets(app: FastAPI, get: Callable[[str], Answer]) -> Iterator[str]:
    """Fill in what there is for each part in braces of every route that can be read."""
    status = json.loads(get("/v1/hub").body)
    collection = json.loads(get("/taxii2/list/collections/").body)["collections"][0]["id"]
    objects = json.loads(get(f"/taxii2/list/collections/{collection}/objects/").body)
    there = {
        "number": [str(number) for number in range(1, status["newest"] + 2)],
        "collection": [collection],
        "name": [each["id"] for each in objects.get("objects", [])][:MOST],
        "epoch": [status["spoken_of"]],
        "event": list(json.loads(get("/misp/manifest.json").body)),
        "status": ["00000000-0000-4000-8000-000000000000"],
    }
    for path, methods in app.openapi()["paths"].items():
        if "get" not in methods:
            continue
        names = re.findall(r"{(\w+)}", path)
        for found in itertools.product(*(there[name] for name in names)):
            target = path.format(**dict(zip(names, found, strict=True)))
            yield target
            if path.endswith(("/objects/", "/manifest/")):
                for query in ("limit=2", "added_after=2026-11-23T00:00:00Z", "match[version]=all"):
                    yield f"{target}?{query}"
