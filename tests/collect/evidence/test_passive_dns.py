"""Numbers of names."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.intake import LATER, EvidenceLimits
from hinomi.collect.evidence.passive_dns import TOO_FEW, recognises
from hinomi.errors import MalformedDocument
from testimony import parsed, rendered, stated

HEADER = "address,names,newest\n"
FORM = "passive-dns"


def test_the_format_is_told_by_its_header() -> None:
    """By the number of names."""
    assert recognises(HEADER)
    assert not recognises("address,port\n")


def test_the_more_names_the_likelier_a_shared_host(tmp_path: Path) -> None:
    """As of the file's day, of the whole address."""
    text = HEADER + "192.0.2.1,10,2026-01-31\n192.0.2.2,100,\n192.0.2.3,9900,2020-01-01\n"

    found = stated(tmp_path, text, FORM)

    assert rendered(found) == [f"shared-host 192.0.2.{i} 0" for i in (1, 2, 3)]
    assert [each.strength for each in found] == [10 / 110, 0.5, 0.99]
    assert found[0].facts == {"names": 10, "newest_days": 1}
    assert found[1].facts == {"names": 100}


def test_few_names_prove_nothing(tmp_path: Path) -> None:
    """Nor does a name that the table cannot have known."""
    text = HEADER + "192.0.2.1,9,\n192.0.2.2,50,2026-02-02\n"

    assert parsed(tmp_path, text, FORM).ignored == {TOO_FEW: 1, LATER: 1}
    limits = EvidenceLimits(names_least=5, names_half=9)
    assert stated(tmp_path, text, FORM, limits=limits)[0].strength == 0.5


@pytest.mark.parametrize("row", ["192.0.2.1,many,", "192.0.2.1,-5,", "192.0.2.1,1e3,", "x,50,"])
def test_a_bad_line_is_named(tmp_path: Path, row: str) -> None:
    """Numbers are digits."""
    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(tmp_path, HEADER + row, FORM)
