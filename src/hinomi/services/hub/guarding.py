"""What keeps a server from being listed by the hub: benign lists, reserved space, what is said."""

from collections.abc import Mapping

from hinomi.hub.aggregate import Guard, Held
from hinomi.hub.rule import Strength
from hinomi.hub.servers import Ints
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.services.home import Home
from hinomi.services.hub.hearing import Hearing
from hinomi.store.casebook import CaseBook
from hinomi.verify.benign import holds_of
from hinomi.verify.holds import Hold, Lift, limits_of
from hinomi.verify.prefixes import ListIndex
from hinomi.verify.surroundings import Surroundings

_HELD_BY = (ListKind.BENIGN, ListKind.SINKHOLES, ListKind.SCANNERS, ListKind.KNOWN_CC)


class Guards:
    """Everything that may hold a server back, read once."""

    def __init__(self, home: Home, casebook: CaseBook, hearing: Hearing) -> None:
        """Read the lists."""
        self._limits = limits_of(home.register)
        self._hearing = hearing
        self._index = ListIndex(
            (kind, listed.source, listed.entry)
            for kind in _HELD_BY
            for listed in casebook.lists.entries(kind)
        )

    def holds(self, rows: Ints) -> dict[int, tuple[Hold, ...]]:
        """Give what holds the servers of *rows* back, the strongest first; of others nothing."""
        endpoints = self._hearing.heard.servers.endpoints(rows)
        services = [Service(each.address, each.proto, each.port) for each in endpoints]
        found = {}
        for row, service, lists in zip(
            rows.tolist(), services, self._index.covering(services), strict=True
        ):
            around = Surroundings(
                service=service,
                day=self._hearing.today,
                lists=lists,
                evidence=self._evidence(service, row),
            )
            if holds := holds_of(around, self._limits):
                found[row] = holds
        return found

    def guard(self) -> Guard:
        """Give what the weighing asks."""

        def held(rows: Ints) -> Mapping[int, Held]:
            return {
                row: Held(_strength(holds), tuple(each.code for each in holds))
                for row, holds in self.holds(rows).items()
            }

        return held

    def _evidence(self, service: Service, row: int) -> tuple[Evidence, ...]:
        """Give what is known of a server, and one statement for all members who name it now."""
        known = [
            each
            for each in self._hearing.testimony.evidence.get(service.address, ())
            if each.service.port == ANY_PORT
            or (each.service.proto, each.service.port) == (service.proto, service.port)
        ]
        if known and self._hearing.is_named(row):
            known.append(
                Evidence(
                    service=service,
                    method=Method.SIGHTING,
                    source="members",
                    claim=Claim.CC,
                    observed_day=self._hearing.today,
                )
            )
        return tuple(known)


def _strength(holds: tuple[Hold, ...]) -> Strength:
    final = any(each.lift is Lift.NOBODY for each in holds)
    return Strength.FINAL if final else Strength.LIFTABLE
