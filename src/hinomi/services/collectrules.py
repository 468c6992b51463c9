"""
The rules of a home for received records, read anew now and then while a collector runs.

They stand in the register (sampling, bounds of time, overrides), the case book (own
networks, interfaces, counting points) and the key folder. What cannot be read leaves the
rules as they were: a slip of the pen in a file must not stop reception.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.admission import Admission
from hinomi.collect.intake import NO_NUMBER, Rules
from hinomi.collect.normalise import Normaliser
from hinomi.collect.observing import Observing
from hinomi.collect.ownership import OwnTable
from hinomi.collect.wire.meaning.samplers import Samplers
from hinomi.govern.parameters import Register
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.network import OwnNetwork
from hinomi.services.exporters import sampling_override
from hinomi.services.home import Home
from hinomi.services.register import read_in_force
from hinomi.store.casebook import CaseBook

_NO_NUMBERS: Final[NDArray[np.int32]] = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a home says of received records, read at one moment."""

    register: Register
    networks: tuple[OwnNetwork, ...]
    roles: Mapping[tuple[int, int], InterfaceRole]  # By exporter number and interface.
    counts: Mapping[int, CountedDirection]  # By exporter number.
    numbers: Mapping[str, int]  # Of exporters, by name.
    normaliser: Normaliser


def read_said(home: Home, casebook: CaseBook, before: Said | None = None) -> Said:
    """
    Read what *home* says now.

    Args:
        home: Whose rules.
        casebook: Of that home.
        before: What it said before.

    Returns:
        *before* itself where nothing changed.

    Raises:
        HinomiError: If the register, the key or the case book cannot be read.
    """
    register = home.register
    if before is not None:
        register = read_in_force(home.folder, home.config, home.clock, governing=False).register
    networks = casebook.own_networks()
    roles, counts = casebook.interfaces(), casebook.counts()
    numbers = {name: number for number, name in casebook.exporters().items()}
    period = home.key_period
    fresh = (register, networks, roles, counts, numbers, period)
    if before is not None:
        said = (before.register, before.networks, before.roles, before.counts, before.numbers)
        if fresh == (*said, before.normaliser.cipher.period):
            return before
    if (
        before is not None
        and networks == before.networks
        and period == before.normaliser.cipher.period
    ):
        normaliser = before.normaliser
    else:
        normaliser = Normaliser(
            own=OwnTable(networks),
            cipher=home.cipher(),
            exporter_number=casebook.exporter_number,
            transit=home.config.collect.transit,
        )
    return Said(
        register=register,
        networks=networks,
        roles=roles,
        counts=counts,
        numbers=numbers,
        normaliser=normaliser,
    )


class RuleBook:
    """What one worker knows of its home's rules; nothing here waits for a disk."""

    def __init__(self, said: Said, samplers: Samplers, *, is_laboratory: bool) -> None:
        """
        Begin with what is *said* now.

        Args:
            said: What the home says.
            samplers: Are told of overrides.
            is_laboratory: Any sampling interval may be taken in.
        """
        self._said = said
        self._samplers = samplers
        self._is_laboratory = is_laboratory
        self._known = dict(said.numbers)
        self.numbers = _NO_NUMBERS
        """Number in the case book, by source number; `NO_NUMBER` where there is none yet."""

    @property
    def register_version(self) -> str:
        """The hash of the register that rules now."""
        return self._said.register.version

    def learn(self, numbers: Mapping[str, int]) -> None:
        """Take up the numbers of exporters, by name."""
        self._known.update(numbers)

    def take_up(self, said: Said) -> None:
        """Let what is *said* now rule, from the next `rules_for` on."""
        self._said = said
        self._known.update(said.numbers)

    def unnumbered(self, names: Sequence[str]) -> list[str]:
        """Give those of *names* that have no number yet."""
        return [name for name in names if name not in self._known]

    def rules_for(self, names: Sequence[str]) -> Rules:
        """
        Lay the rules out for exporters.

        Args:
            names: Of the exporters, by source number.
        """
        said = self._said
        self.numbers = np.array([self._known.get(name, NO_NUMBER) for name in names], np.int32)
        sources = {int(n): source for source, n in enumerate(self.numbers) if n != NO_NUMBER}
        for source, name in enumerate(names):
            self._samplers.override(source, sampling_override(said.register, name) or 0)
        return Rules(
            admission=self._admission(),
            observing=Observing(
                {
                    (sources[exporter], ifindex): role
                    for (exporter, ifindex), role in said.roles.items()
                    if exporter in sources
                },
                {sources[e]: counts for e, counts in said.counts.items() if e in sources},
            ),
            normaliser=said.normaliser,
            exporters=self.numbers,
        )

    def _admission(self) -> Admission:
        register = self._said.register
        return Admission(
            smallest_interval=(
                0 if self._is_laboratory else register.integer("collect.sampling_interval_min")
            ),
            late_most_ms=register.integer("collect.late_most_ms"),
            future_most_ms=register.integer("collect.future_tolerance_ms"),
        )
