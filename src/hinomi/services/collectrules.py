"""
The rules of a home for received records, read anew now and then while a collector runs.

They stand in the register (sampling, bounds of time, overrides), the case book (own
networks, interfaces, counting points) and the key folder. What cannot be read leaves the
rules as they were: a slip of the pen in a file must not stop reception.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.admission import Admission
from hinomi.collect.intake import Rules
from hinomi.collect.normalise import Normaliser
from hinomi.collect.observing import Observing
from hinomi.collect.ownership import OwnTable
from hinomi.collect.wire.meaning.samplers import Samplers
from hinomi.govern.parameters import Register, read_register
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.network import OwnNetwork
from hinomi.services.exporters import sampling_override
from hinomi.services.home import REGISTER, Home
from hinomi.store.casebook import CaseBook

_NO_NUMBERS: Final[NDArray[np.int32]] = np.zeros(0, np.int32)


class RuleBook:
    """What one worker knows of its home's rules."""

    def __init__(self, home: Home, casebook: CaseBook, samplers: Samplers) -> None:
        """
        Read everything once.

        Args:
            home: Whose rules.
            casebook: Of that home; stays open as long as the rules are read.
            samplers: Are told of overrides.
        """
        self._home = home
        self._casebook = casebook
        self._samplers = samplers
        self._register: Register = home.register
        self._networks: tuple[OwnNetwork, ...] = ()
        self._roles: dict[tuple[int, int], InterfaceRole] = {}
        self._counts: dict[int, CountedDirection] = {}
        self._normaliser = self._read()
        self.numbers = _NO_NUMBERS
        """Number in the case book, by source number."""

    @property
    def register_version(self) -> str:
        """The hash of the register that rules now."""
        return self._register.version

    def reread(self) -> bool:
        """
        Read everything again; tell whether anything changed.

        Raises:
            HinomiError: If the register or the case book cannot be read; the old rules stay.
        """
        before = (self._register, self._networks, self._roles, self._counts)
        register = read_register(self._home.folder / REGISTER)
        self._normaliser = self._read()
        self._register = register  # Last: what could not be read wholly changes nothing.
        return before != (self._register, self._networks, self._roles, self._counts)

    def rules_for(self, names: Sequence[str]) -> Rules:
        """
        Lay the rules out for exporters.

        Args:
            names: Of the exporters, by source number; a new one is numbered in the case book.
        """
        known = self.numbers.size
        fresh = [self._casebook.exporter_number(name) for name in names[known:]]
        self.numbers = np.concatenate([self.numbers, np.array(fresh, np.int32)])
        sources = {int(number): source for source, number in enumerate(self.numbers)}
        for source, name in enumerate(names):
            self._samplers.override(source, sampling_override(self._register, name) or 0)
        return Rules(
            admission=self._admission(),
            observing=Observing(
                {
                    (sources[exporter], ifindex): role
                    for (exporter, ifindex), role in self._roles.items()
                    if exporter in sources
                },
                {sources[e]: counts for e, counts in self._counts.items() if e in sources},
            ),
            normaliser=self._normaliser,
            exporters=self.numbers,
        )

    def _read(self) -> Normaliser:
        networks = self._casebook.own_networks()
        roles, counts = self._casebook.interfaces(), self._casebook.counts()
        self._roles, self._counts = roles, counts
        if self._networks and networks == self._networks:
            return self._normaliser
        self._networks = networks
        return Normaliser(
            own=OwnTable(networks),
            cipher=self._home.cipher(),
            exporter_number=self._casebook.exporter_number,
            transit=self._home.config.collect.transit,
        )

    def _admission(self) -> Admission:
        register = self._register
        return Admission(
            smallest_interval=(
                0 if self._home.is_laboratory else register.integer("collect.sampling_interval_min")
            ),
            late_most_ms=register.integer("collect.late_most_ms"),
            future_most_ms=register.integer("collect.future_tolerance_ms"),
        )
