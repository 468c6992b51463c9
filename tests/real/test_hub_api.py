"""The hub's API as schemathesis reads its description: nothing breaks, and nothing else comes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from hinomi.web.hub.app import create_app, describe
from hinomi.web.hub.peer import shown
from hinomi.web.hub.running import Hub
from openhub import Node, configure, join, make_hub, put_snapshot
from tree import DOCS

EXAMPLES: Final = 15
"""Requests to each route of each kind: as described, and with something that is not."""

BOUNDED: Final = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

Case = schemathesis.Case[Any]

OPERATIONS: Final = [
    (method, path)
    for path, methods in json.loads((DOCS / "reference" / "hub-openapi.json").read_text("utf-8"))[
        "paths"
    ].items()
    for method in methods
]
"""Of the page that is published; a test elsewhere says that it is the present one."""


@pytest.fixture(scope="module", name="hub")
def a_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Give a hub with one list, whose members may ask as often as they like."""
    home = make_hub(tmp_path_factory.mktemp("api") / "hub")
    home = replace(home, config=configure(home.folder, requests_per_minute=10_000_000))
    with home.casebook() as casebook:
        put_snapshot(home, casebook)
        yield Hub(home, casebook)


@pytest.fixture(scope="module", name="node")
def a_node(hub: Hub) -> Node:
    """Give the node of a member that may do everything."""
    return join(hub.casebook, "isp-a")


@pytest.fixture(scope="module", name="app")
def an_application(hub: Hub) -> Any:
    """Give the application, which shows nobody's certificate."""
    return create_app(hub)


def try_all(app: Any, described: Any, method: str, path: str, act: Callable[..., None]) -> None:
    """Make requests to one route, well formed and not, and do *act* with each."""
    schema = schemathesis.openapi.from_dict(describe(described))
    schema.app = app
    operation = schema[path][method]
    for mode in GenerationMode:
        kind: st.SearchStrategy[Case] = operation.as_strategy(generation_mode=mode)
        run = BOUNDED(given(case=kind)(lambda case: act(case)))  # noqa: PLW0108 - by its name.
        try:
            run()
        except Unsatisfiable:  # Where there is nothing that could be wrong.
            assert mode is GenerationMode.NEGATIVE


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_described(app: Any, node: Node, method: str, path: str) -> None:
    """With credentials: no status, media type, header or body but those that are described."""

    def ask(case: Case) -> None:
        case.call_and_validate(headers=node.headers)

    try_all(shown(app, node.fingerprint), app, method, path, ask)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_certificate_alone_opens_nothing(app: Any, node: Node, method: str, path: str) -> None:
    """Without its token every request is refused, also where there is no route."""

    def ask(case: Case) -> None:
        answer = case.call(headers={"Authorization": "Bearer nothing"})
        assert answer.status_code == 401

    try_all(shown(app, node.fingerprint), app, method, path, ask)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_token_alone_opens_nothing(app: Any, node: Node, method: str, path: str) -> None:
    """Without the certificate every request is refused, also where there is no route."""

    def ask(case: Case) -> None:
        answer = case.call(headers=node.headers)
        assert answer.status_code == 401

    try_all(app, app, method, path, ask)
