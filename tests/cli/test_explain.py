"""``hinomi explain`` tells everything known about one service, and about no subscriber."""

from pathlib import Path

import pytest

from terminal import NOON_MS, hinomi, make_home, table_row, write_table

SERVER = "198.51.100.66"


@pytest.fixture(name="home", scope="module")
def a_home_with_two_services(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a laboratory with one outside service and one on a subscriber's line."""
    folder = tmp_path_factory.mktemp("explain")
    home = make_home(folder / "home")
    rows = [
        row
        for line in range(1, 9)
        for tick in range(10)
        for row in both_ways(f"192.0.2.{line}", 40_000 + line, SERVER, 443, at_ms(line, tick))
        + both_ways(f"192.0.2.{line}", 41_000 + line, "192.0.2.200", 8080, at_ms(line, tick))
    ]
    hinomi("import", write_table(folder / "flows.csv", *rows), home=home)
    return home


def at_ms(line: int, tick: int) -> int:
    """Spread the contacts of the lines over a day: together they would look like an attack."""
    return NOON_MS + tick * 7_200_000 + line * 421_000


def both_ways(client: str, client_port: int, server: str, port: int, ts_ms: int) -> list[str]:
    """Give both directions of one exchange."""
    return [
        table_row(
            ts_ms=ts_ms, src_addr=client, src_port=client_port, dst_addr=server, dst_port=port
        ),
        table_row(
            ts_ms=ts_ms, src_addr=server, src_port=port, dst_addr=client, dst_port=client_port
        ),
    ]


def test_a_service_is_explained(home: Path) -> None:
    """Address, protocol and port are told back, with clients and reasons."""
    document = hinomi("explain", SERVER, "tcp", "443", "--json", home=home).document

    assert (document["address"], document["protocol"], document["port"]) == (SERVER, "tcp", 443)
    assert document["clients"] == 8
    assert document["reasons"]


def test_it_reads_as_text_too(home: Path) -> None:
    """Without --json each fact is a row; protocols may be numbers."""
    said = hinomi("explain", SERVER, "6", "443", home=home)

    assert said.code == 0
    assert SERVER in said.out


def test_an_unknown_service_is_not_found(home: Path) -> None:
    """A service that no record names: exit 66."""
    assert hinomi("explain", "203.0.113.1", "tcp", "443", home=home).code == 66


def test_a_service_on_an_own_line_goes_by_its_pseudonym(home: Path) -> None:
    """Where detect shows an own: service, explain takes it as an argument."""
    pseudonym = own_pseudonym(home)

    said = hinomi("explain", pseudonym, "tcp", "8080", "--json", home=home)

    assert said.code == 0, said.err
    assert said.document["address"] == pseudonym


def test_a_subscriber_cannot_be_looked_up_by_address(home: Path) -> None:
    """A plain own address: exit 64, the way is named, the address is not repeated."""
    said = hinomi("explain", "192.0.2.200", "tcp", "8080", home=home)

    assert said.code == 64
    assert "own:" in said.err
    assert "192.0.2.200" not in said.err
    assert said.out == ""


def own_pseudonym(home: Path) -> str:
    """Give the pseudonym of the line that serves on port 8080."""
    from hinomi.model.address import parse_address  # noqa: PLC0415 - for this one look behind.
    from hinomi.model.service import Service  # noqa: PLC0415 - same.
    from hinomi.services.home import open_home  # noqa: PLC0415 - same.

    line = open_home(home).cipher().tokenise_one(parse_address("192.0.2.200"))
    return Service(line, 6, 8080, own=True).render_address()
