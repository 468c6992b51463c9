"""The rules of a home for received records, as a running collector reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from builders import NOON_MS
from hinomi.collect.intake import NO_NUMBER
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.samplers import Samplers
from hinomi.collect.wire.streams import Streams
from hinomi.errors import ConfigError
from hinomi.model.address import parse_address
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress
from hinomi.services.collectrules import RuleBook, Said, read_said
from hinomi.services.exporters import override_sampling, put_counts, put_interface
from hinomi.services.home import Home, open_home
from hinomi.services.register import REGISTER
from hinomi.store.casebook import CaseBook
from terminal import make_home

ROUTER, OTHER = "203.0.113.1", "203.0.113.2"


@dataclass
class Ruled:
    """The rules of a home, read as the bookkeeper reads them."""

    home: Home
    casebook: CaseBook
    samplers: Samplers
    said: Said
    rules: RuleBook

    def reread(self) -> bool:
        """Read again and let it rule; tell whether anything changed."""
        before, self.said = self.said, read_said(self.home, self.casebook, self.said)
        self.rules.take_up(self.said)
        return self.said is not before


@contextmanager
def rule_book(folder: Path) -> Iterator[Ruled]:
    """Open the rules of the home at *folder*, with the samplers that they tell."""
    home = open_home(folder, lambda: NOON_MS)
    samplers = Samplers(Streams(), Ledger())
    with home.casebook() as casebook:
        said = read_said(home, casebook)
        rules = RuleBook(said, samplers, is_laboratory=home.is_laboratory)
        yield Ruled(home, casebook, samplers, said, rules)


def seen(*rows: tuple[int, int, int]) -> Exported:
    """Give records of (source number, interface, observed direction) between two addresses."""
    empty = Exported.empty()
    columns = {name: np.zeros(len(rows), getattr(empty, name).dtype) for name in Exported.__slots__}
    columns["source"], columns["in_if"], columns["observed"] = (
        np.array(each, getattr(empty, name).dtype)
        for each, name in zip(zip(*rows, strict=True), ("source", "in_if", "observed"), strict=True)
    )
    return Exported(**columns)


@pytest.mark.parametrize(("sampling", "smallest"), [(10_000, 8_192), (1, 0)])
def test_only_an_operational_home_refuses_dense_sampling(
    tmp_path: Path, sampling: int, smallest: int
) -> None:
    """A laboratory takes any interval, an operational home what the register permits."""
    folder = make_home(tmp_path / "home", sampling=sampling)

    with rule_book(folder) as ruled:
        assert ruled.rules.rules_for([]).admission.smallest_interval == smallest


def test_exporters_have_the_numbers_that_are_known(tmp_path: Path) -> None:
    """Those of the case book from the beginning, others as they are learnt; 0 until then."""
    folder = make_home(tmp_path / "home")
    put_counts(open_home(folder), OTHER, CountedDirection.ALL)

    with rule_book(folder) as ruled:
        known, names = ruled.casebook.find_exporter(OTHER), [ROUTER, OTHER]
        assert ruled.rules.rules_for(names).exporters.tolist() == [NO_NUMBER, known]
        assert ruled.rules.unnumbered(names) == [ROUTER]

        ruled.rules.learn({ROUTER: 7})

        assert ruled.rules.rules_for(names).exporters.tolist() == [7, known]
        assert ruled.rules.unnumbered(names) == []


def test_what_is_said_of_an_exporter_holds_for_its_records(tmp_path: Path) -> None:
    """Roles and counting points are laid out by source number, not by that of the case book."""
    folder = make_home(tmp_path / "home")
    put_interface(open_home(folder), OTHER, 17, InterfaceRole.TRANSIT)
    put_interface(open_home(folder), OTHER, 18, InterfaceRole.IGNORED)
    put_counts(open_home(folder), ROUTER, CountedDirection.INGRESS)

    put_counts(open_home(folder), OTHER, CountedDirection.ALL)

    with rule_book(folder) as ruled:
        observing = ruled.rules.rules_for([ROUTER, OTHER]).observing
        kept, role = observing.keep(seen((0, 17, 0), (0, 17, 1), (1, 17, 1), (1, 18, 1)), Ledger())

    assert kept.source.tolist() == [0, 1]
    assert role.tolist() == [Ingress.UNKNOWN, Ingress.TRANSIT]


def test_an_override_reaches_the_samplers(tmp_path: Path) -> None:
    """What the register states of one exporter wins for that one alone."""
    folder = make_home(tmp_path / "home")
    override_sampling(open_home(folder), OTHER, 5_000, "its firmware exports no rate")

    with rule_book(folder) as ruled:
        ruled.rules.rules_for([ROUTER, OTHER])

        assert ruled.samplers.overrides == {1: 5_000}


def test_a_change_is_taken_up_when_it_is_read_again(tmp_path: Path) -> None:
    """Reading again tells whether anything changed, and what changed rules from then on."""
    folder = make_home(tmp_path / "home")

    with rule_book(folder) as ruled:
        ruled.rules.rules_for([ROUTER])
        before = ruled.rules.register_version
        assert not ruled.reread()

        override_sampling(open_home(folder), ROUTER, 5_000, "its firmware exports no rate")
        assert ruled.reread()
        ruled.rules.rules_for([ROUTER])
        assert ruled.samplers.overrides == {0: 5_000}
        assert ruled.rules.register_version != before

        ruled.casebook.replace_own_networks(parse_own_networks("198.51.100.0/24", "own.txt"))
        assert ruled.reread()
        address = parse_address("198.51.100.7")
        own = ruled.rules.rules_for([ROUTER]).normaliser.own
        hi, lo, when = (np.array([each], np.int64) for each in (address.hi, address.lo, NOON_MS))
        assert own.find(hi, lo, when).tolist() == [0]


def test_what_cannot_be_read_leaves_the_rules_as_they_were(tmp_path: Path) -> None:
    """A slip of the pen in the register is refused; once it is mended the change is taken up."""
    folder = make_home(tmp_path / "home")
    register = folder / REGISTER

    with rule_book(folder) as ruled:
        override_sampling(open_home(folder), ROUTER, 5_000, "its firmware exports no rate")
        sound = register.read_text("utf-8")
        register.write_text(sound + "\nno toml", "utf-8")
        with pytest.raises(ConfigError):
            ruled.reread()
        ruled.rules.rules_for([ROUTER])
        assert ruled.samplers.overrides.get(0, 0) == 0

        register.write_text(sound, "utf-8")
        assert ruled.reread()
        ruled.rules.rules_for([ROUTER])
        assert ruled.samplers.overrides == {0: 5_000}
