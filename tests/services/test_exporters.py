"""What the operator says of exporters is kept, has reasons, and is journalled."""

from pathlib import Path

import pytest

from accounts import a_sampler, a_status
from builders import HOUR_MS, NOON_MS
from hinomi.collect.accounting import write_status
from hinomi.collect.admission import SAMPLING_TOO_DENSE
from hinomi.collect.observing import Description
from hinomi.collect.statement import Said
from hinomi.errors import NotFound
from hinomi.govern.parameters import override_name
from hinomi.model.exporter import CountedDirection, ExporterHour, InterfaceRole, SequenceUnit
from hinomi.services.exporters import (
    Overridden,
    describe_exporters,
    list_exporters,
    override_sampling,
    put_counts,
    put_interface,
    said_of_exporters,
    sampling_override,
    unset_sampling,
)
from hinomi.services.home import COLLECT, Home, open_home
from hinomi.services.mandates import os_user
from terminal import make_home

ROUTER = "203.0.113.1"


@pytest.fixture(name="folder")
def a_home(tmp_path: Path) -> Path:
    """Make a home that nothing was sent to yet."""
    return make_home(tmp_path / "home")


def opened(folder: Path) -> Home:
    """Open the home as it is now, at noon."""
    return open_home(folder, lambda: NOON_MS)


def test_an_exporter_is_described_before_it_sends(folder: Path) -> None:
    """An address is met by the collector under that name; the journal says who described it."""
    put_counts(opened(folder), ROUTER, CountedDirection.INGRESS)
    put_interface(opened(folder), ROUTER, 17, InterfaceRole.TRANSIT)
    put_interface(opened(folder), f"::ffff:{ROUTER}", 18, InterfaceRole.IGNORED)

    assert list_exporters(opened(folder)) == [
        {
            "name": ROUTER,
            "number": 1,
            "counts": "ingress",
            "sampling": None,
            "interfaces": [
                {"ifindex": 17, "role": "transit", "share": None},
                {"ifindex": 18, "role": "ignored", "share": None},
            ],
            "last_day": {"datagrams": 0, "records": 0, "sequence": {}},
        }
    ]
    *_, counts, _, interface = opened(folder).journal().entries()
    assert (counts["operation"], counts["act"], counts["counts"]) == (
        "exporters",
        "counts",
        "ingress",
    )
    assert (interface["act"], interface["ifindex"], interface["role"]) == (
        "interface",
        18,
        "ignored",
    )


def test_an_address_is_written_as_the_collector_writes_it(folder: Path) -> None:
    """However the operator spells it, it is one exporter."""
    put_counts(opened(folder), "2001:DB8:0::1", CountedDirection.EGRESS)
    override_sampling(opened(folder), "2001:db8::0:1", 8192, "Measured.")

    (found,) = list_exporters(opened(folder))
    assert (found["name"], found["counts"]) == ("2001:db8::1", "egress")
    assert sampling_override(opened(folder).register, "2001:db8::1") == 8192


def test_a_name_that_nobody_knows_is_not_found(folder: Path) -> None:
    """A slip of the pen makes no exporter; a name that an import brought is known."""
    with pytest.raises(NotFound, match="no exporter is called edge"):
        put_interface(opened(folder), "edge", 1, InterfaceRole.PEERING)
    with opened(folder).casebook() as casebook:
        casebook.exporter_number("edge")

    put_interface(opened(folder), "edge", 1, InterfaceRole.PEERING)

    assert [each["name"] for each in list_exporters(opened(folder))] == ["edge"]


def test_an_override_stands_in_the_register_with_its_reason(folder: Path) -> None:
    """Who, why and until when; every later result cites another version."""
    before = opened(folder).register

    overridden = override_sampling(opened(folder), ROUTER, 4096, "It exports no rate.")

    register = opened(folder).register
    entry = register.parameters[f"exporter.{ROUTER}.sampling_interval"]
    assert overridden == Overridden(version=register.version, stated=0, lets_pass=False)
    assert register.version != before.version
    assert (entry.considerations, entry.decided_by) == ("It exports no rate.", os_user())
    assert entry.review.isoformat() == "2027-01-01"
    assert sampling_override(register, ROUTER) == 4096
    assert sampling_override(register, "203.0.113.2") is None
    assert sampling_override(before, ROUTER) is None
    (found,) = list_exporters(opened(folder))
    assert found["sampling"]["interval"] == 4096
    *_, last = opened(folder).journal().entries()
    assert (last["act"], last["exporter"], last["interval"]) == ("sampling", ROUTER, 4096)
    assert (last["register_before"], last["register"]) == (before.version, register.version)
    assert "stated" not in last


@pytest.mark.parametrize(
    ("sampling", "stated", "interval", "told", "lets_pass"),
    [
        (10_000, 100, 10_000, 100, True),  # What was refused as too dense passes.
        (10_000, 100, 1_000, 100, False),  # It is refused as before.
        (10_000, 9_000, 10_000, 9_000, False),  # Either is taken.
        (10_000, 10_000, 9_000, 0, False),
        (1, 100, 10_000, 100, False),  # A laboratory takes anything.
    ],
)
def test_an_override_of_a_denser_stated_rate_is_told_and_journalled(
    tmp_path: Path, sampling: int, stated: int, interval: int, told: int, *, lets_pass: bool
) -> None:
    """R3: the entry in the register is then what the records are stored on."""
    folder = make_home(tmp_path / "node", sampling=sampling)
    status = a_status(exporter=ROUTER)
    status.exporters[ROUTER].samplers = (a_sampler(stated), a_sampler(20_000), a_sampler(0))
    (folder / COLLECT).mkdir(exist_ok=True)
    write_status(folder / COLLECT / "worker-0.json", status)

    overridden = override_sampling(opened(folder), ROUTER, interval, "Measured.")

    assert (overridden.stated, overridden.lets_pass) == (told, lets_pass)
    *_, last = opened(folder).journal().entries()
    assert last.get("stated", 0) == told


def test_records_refused_as_dense_are_told_where_no_rate_is_known(tmp_path: Path) -> None:
    """An sFlow exporter's rates stand in its samples, and what was refused in the counts."""
    folder = make_home(tmp_path / "node", sampling=10_000)
    status = a_status(exporter=ROUTER, counts={SAMPLING_TOO_DENSE: 40})
    status.exporters[ROUTER].samplers = ()
    (folder / COLLECT).mkdir(exist_ok=True)
    write_status(folder / COLLECT / "worker-0.json", status)

    overridden = override_sampling(opened(folder), ROUTER, 10_000, "Measured.")

    assert (overridden.stated, overridden.lets_pass) == (0, True)
    *_, last = opened(folder).journal().entries()
    assert (last["interval"], last["refused_dense"]) == (10_000, 40)


def test_interfaces_that_records_name_are_listed(folder: Path) -> None:
    """Beside those that were described: they are the ones to describe next."""
    put_interface(opened(folder), ROUTER, 17, InterfaceRole.TRANSIT)
    put_interface(opened(folder), ROUTER, 3, InterfaceRole.PEERING)
    status = a_status(exporter=ROUTER)
    status.exporters[ROUTER].interfaces = {17: 3, 18: 1}
    (folder / COLLECT).mkdir(exist_ok=True)
    write_status(folder / COLLECT / "worker-0.json", status)

    (found,) = list_exporters(opened(folder))

    assert found["interfaces"] == [
        {"ifindex": 3, "role": "peering", "share": None},
        {"ifindex": 17, "role": "transit", "share": 0.75},
        {"ifindex": 18, "role": "unknown", "share": 0.25},
    ]


def test_what_is_said_is_gathered_for_the_status(folder: Path) -> None:
    """By the exporter's name: the override with its reason, and the roles."""
    put_interface(opened(folder), ROUTER, 17, InterfaceRole.TRANSIT)
    override_sampling(opened(folder), ROUTER, 8192, "Measured.")

    assert said_of_exporters(opened(folder)) == {
        ROUTER: Said(interval=8192, reason="Measured.", roles={17: InterfaceRole.TRANSIT})
    }


def test_an_override_can_be_taken_back(folder: Path) -> None:
    """The register is as it was before; what was not stated cannot be unset."""
    before = opened(folder).register.version
    override_sampling(opened(folder), ROUTER, 4096, "It exports no rate.")

    assert unset_sampling(opened(folder), ROUTER, "It does now.") == before
    assert opened(folder).register.version == before
    *_, last = opened(folder).journal().entries()
    assert (last["interval"], last["reason"]) == (None, "It does now.")
    with pytest.raises(NotFound, match="nothing to unset"):
        unset_sampling(opened(folder), ROUTER)


def test_the_last_day_is_added_up(folder: Path) -> None:
    """Hours of each unit together, older ones left out; late units never make a loss negative."""
    noon = NOON_MS // HOUR_MS
    records, flows = SequenceUnit.RECORDS, SequenceUnit.FLOWS
    with opened(folder).casebook() as casebook:
        number = casebook.exporter_number(ROUTER)
        casebook.add_exporter_hours(
            [
                ExporterHour(exporter=number, hour=noon - 30, unit=records, datagrams=9, lost=9),
                ExporterHour(
                    exporter=number, hour=noon - 3, unit=records, datagrams=5, records=50,
                    received=50, lost=10,
                ),
                ExporterHour(
                    exporter=number, hour=noon, unit=records, datagrams=1, records=9, received=9,
                    lost=-4,
                ),
                ExporterHour(exporter=number, hour=noon, unit=flows, received=1, lost=-1),
            ]
        )  # fmt: skip

    (found,) = list_exporters(opened(folder))

    assert found["last_day"] == {
        "datagrams": 6,
        "records": 59,
        "sequence": {
            "flows": {"received": 1, "lost": 0},
            "records": {"received": 59, "lost": 6},
        },
    }


def test_what_is_said_of_exporters_is_gathered_by_name(folder: Path) -> None:
    """For files: by the name that they give, also before the first record of one."""
    with opened(folder).casebook() as casebook:
        unnamed = casebook.exporter_number(None)
        casebook.put_interface(unnamed, 3, InterfaceRole.CUSTOMER)
        casebook.exporter_number("edge-1")
    put_interface(opened(folder), ROUTER, 17, InterfaceRole.TRANSIT)
    put_counts(opened(folder), ROUTER, CountedDirection.INGRESS)
    override_sampling(opened(folder), ROUTER, 8192, "Measured.")
    register = opened(folder).register
    of_another = register.parameters[override_name(ROUTER)]
    register = register.with_parameter(override_name("edge.of.later"), of_another)

    with opened(folder).casebook() as casebook:
        found = describe_exporters(register, casebook)

    assert found == {
        None: Description(roles={3: InterfaceRole.CUSTOMER}),
        ROUTER: Description(
            roles={17: InterfaceRole.TRANSIT}, counts=CountedDirection.INGRESS, interval=8192
        ),
        "edge.of.later": Description(interval=8192),
    }
