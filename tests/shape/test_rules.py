"""Each rule has its row in the table of rules, and a rule without a feature has no door."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

import click
import pyarrow as pa

from hinomi.cli.main import cli
from hinomi.collect.wire.exported import DTYPES
from hinomi.govern.matrix import Power
from hinomi.model.address import Address
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Evidence
from hinomi.model.flow import CONVERSATIONS, RECORDS
from hinomi.model.listing import Listing
from hinomi.services.listings import FIELDS, render_csv, render_json
from hinomi.services.mandates import Operation
from tree import DOCS, ROOT, SOURCE, name_of, parsed, python_files

PAGE: Final = DOCS / "reference" / "rules.md"

OUTWARDS: Final = {
    "attribute", "block", "consent", "corroborate", "export", "feedback", "notify", "publish",
    "release", "serve", "share", "submit", "takedown",
}  # fmt: skip
"""Words of commands that would lead out of the house; each comes with its rule's feature."""

OUT_UNDER_A_RULE: Final = {
    ("research", "release"): Operation.RELEASE,
    ("listings", "export"): Operation.EXPORT,
    ("listings", "submit"): Operation.SUBMIT,
    ("listings", "feedback"): Operation.FEEDBACK,
    ("listings", "corroborate"): Operation.CORROBORATE,
    ("serve", "hub"): Operation.SERVE,
    ("hub", "snapshot", "export"): Operation.SERVE,
}
"""
What leaves, and the act that its mandate names: tables over many lines after other people approved
them (S19), five facts of servers that two people listed (R4), and the same servers as numbers that
only members can compare. No flow record does.
"""

STAYS: Final = {("journal", "export"), ("hub", "publish")}
"""
Copies for an auditor, who reads the home as it is: no flow record, no address. And the making of
the list of an epoch, which gives it to nobody.
"""

NAMES: Final = re.compile(r"name|domain|fqdn|host|url|uri|query|sni|dns|label")
"""What a column or an option that holds somebody's question would be called."""

SOCKETS: Final = {
    "src/hinomi/bench/addressing.py": "addresses as text",
    "src/hinomi/bench/communal/places.py": "addresses as text",
    "src/hinomi/collect/files/columns.py": "addresses as text",
    "src/hinomi/collect/forward.py": "hands datagrams on to a collector that the operator names",
    "src/hinomi/collect/listen.py": "receives datagrams",
    "src/hinomi/collect/messages.py": "types of what was received",
    "src/hinomi/collect/receive.py": "receives datagrams",
    "src/hinomi/model/address.py": "addresses as text",
    "src/hinomi/services/collector.py": "opens the ports before its workers start",
    "src/hinomi/web/hub/server.py": "answers members of the hub",
    "src/hinomi/services/membership/asking.py": "asks the hub that this home has joined",
    "src/hinomi/services/membership/deadline.py": "cuts that connection when its time is over",
}
"""Modules that may import `socket`, each with the reason."""

ASKING: Final = {"aiohttp", "dns", "ftplib", "httpx", "requests", "smtplib", "socket", "urllib3"}


def _rows() -> dict[str, list[str]]:
    lines = re.findall(r"^\| (R\d+) \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {rule: [cell.strip() for cell in rest.split("|")] for rule, rest in lines}


def test_every_rule_has_its_row() -> None:
    """R1 to R20, each with words, a test and a state."""
    rows = _rows()

    assert list(rows) == [f"R{number}" for number in range(1, 21)]
    assert all(words and shown and state for words, _, shown, state in rows.values())


def test_every_module_of_the_table_exists() -> None:
    """A rule that nothing enforces has no door, or says what is missing."""
    for rule, (_, enforced, _, state) in _rows().items():
        modules = re.findall(r"`([^`]+)`", enforced)

        assert all((SOURCE / module).is_file() for module in modules), rule
        assert modules or state.startswith(("no door", "not built")), rule


def test_every_test_of_the_table_exists() -> None:
    """Files, and the functions that are named in them."""
    for rule, (_, _, shown, _) in _rows().items():
        tests = re.findall(r"`([^`]+)`", shown)
        assert tests, rule
        for test in tests:
            path, _, function = test.partition("::")
            assert (ROOT / path).is_file(), test
            names = {
                node.name
                for node in ast.walk(parsed(ROOT / path))
                if isinstance(node, ast.FunctionDef)
            }
            assert not function or function in names, test


def test_no_command_leads_out_of_the_house() -> None:
    """Nothing else notifies, blocks or publishes: no command is called so, at any depth."""
    groups = {path[:-1] for path in _commands(cli, ())}
    outwards = {path for path in _commands(cli, ()) if set(path) & OUTWARDS} - groups

    assert outwards == OUT_UNDER_A_RULE.keys() | STAYS


def test_what_may_share_is_what_leaves_under_a_rule() -> None:
    """No other act has the power to share, to notify or to block; these two have no other power."""
    sharing = {each for each in Operation if Power.SHARE in each.powers}

    assert sharing == set(OUT_UNDER_A_RULE.values())
    assert all(each.powers == {Power.SHARE} for each in sharing)
    assert {Power.NOTIFY, Power.BLOCK} & {power for each in Operation for power in each.powers} == (
        set()
    )


def test_a_listing_has_five_facts_and_no_more() -> None:
    """Address, protocol, port, class, validity: there is no field for a time or for a client."""
    listing = Listing(Address(0, 1), 6, 443, ServiceClass.DEDICATED, valid_until=20_500)
    facts = {"address", "protocol", "port", "class", "valid_until_epoch"}

    assert [each.name for each in fields(Listing)] == [
        "address", "proto", "port", "service_class", "valid_until",
    ]  # fmt: skip
    assert set(FIELDS) == set(listing.render(1)) == facts
    assert render_csv((listing,), 1).splitlines()[0].split(",") == list(FIELDS)
    (told,) = json.loads(render_json((listing,), 1))["listings"]
    assert set(told) == facts


def test_evidence_has_no_place_for_a_client_or_a_time_of_day() -> None:
    """A day is the finest time, and the service is the only end of a conversation."""
    assert [each.name for each in fields(Evidence)] == [
        "service", "method", "source", "claim", "observed_day", "reference", "strength", "facts",
    ]  # fmt: skip


def test_the_one_page_that_is_published_cannot_look_at_flow_records() -> None:
    """Its mandate has the power to publish and no other; of no other command has one that power."""
    publishing = [each for each in Operation if Power.PUBLISH in each.powers]

    assert [(each.word, each.powers) for each in publishing] == [
        ("transparency", frozenset({Power.PUBLISH}))
    ]


def test_no_column_and_no_option_holds_a_name() -> None:
    """What is stored, and what decoders hand on, has numbers alone; so a name cannot be kept."""
    assert all(pa.types.is_signed_integer(field.type) for field in CONVERSATIONS)
    texts = [field.name for field in RECORDS if not pa.types.is_signed_integer(field.type)]
    assert texts in ([], ["exporter"])  # The operator's own word for a router.
    assert [field for field in CONVERSATIONS.names if NAMES.search(field)] == []
    assert [column for column in DTYPES if NAMES.search(column)] == []


def test_only_the_collector_opens_sockets() -> None:
    """Nothing else imports what could ask the world; the collector is asked, or hands on."""
    found = {
        name_of(path)
        for path in python_files(SOURCE)
        for node in ast.walk(parsed(path))
        if _imported(node) & ASKING or "urllib.request" in _whole(node)
    }

    assert found - SOCKETS.keys() == set()
    assert SOCKETS.keys() - found == set()
    for module in (name for name, reason in SOCKETS.items() if reason == "addresses as text"):
        calls = {
            node.attr
            for node in ast.walk(parsed(ROOT / module))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "socket"
        }
        assert calls <= {"AF_INET", "AF_INET6", "inet_ntop", "inet_pton"}, module


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


def _imported(node: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in _whole(node)}


def _whole(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()
