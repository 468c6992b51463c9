"""
What people here found of servers on the hub's list: that one is wrong, or gone.

A finding stands for as long as its server is on the list, and goes to the hub with each batch of
sightings; who found it and why stays in this house's journal.
"""

from collections.abc import Mapping

import msgspec

from hinomi.errors import ConfigError, NotFound
from hinomi.model.address import parse_address
from hinomi.model.protocol import parse_protocol
from hinomi.model.snapshot import Snapshot
from hinomi.model.statement import Endpoint, Sighting
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.holding import alone, read_in_use, require_held
from hinomi.services.membership.joined import FOLDER, path_in, read_joined
from hinomi.services.people import acting, people_in_force
from hinomi.services.wording import said_words
from hinomi.store.durable import replace_durably

JUDGED = "judged.json"
FOUND_BY_PEOPLE = frozenset({Sighting.WRONG, Sighting.GONE})


class _Judged(msgspec.Struct, frozen=True):
    address: str
    protocol: str
    port: int
    sighting: Sighting


def judge(home: Home, endpoint: Endpoint, sighting: Sighting | None, reason: str) -> int:
    """
    Note what the acting person found of a server on the hub's list.

    Args:
        home: Where.
        endpoint: Which server.
        sighting: `WRONG` or `GONE`; None takes back what was said before.
        reason: Why, in their own words; it stays in the journal.

    Returns:
        How many servers people here have found something of.

    Raises:
        NotFound: If it is not on the list that is in use, or there is nothing to take back.
        UsageError: If the reason is blank.
        NotPermitted: If no mandate permits it.
    """
    said = said_words(reason, "the reason")
    if sighting not in {None, *FOUND_BY_PEOPLE}:
        raise ValueError(f"people find no {sighting}: that is for detection to say")
    mandate = home.mandate(Operation.DECIDE)
    membership = read_joined(home)
    with alone(home):
        held = require_held(home, membership)
        snapshot = read_in_use(home, membership, held)
        listed = _listed(snapshot)
        if endpoint not in listed:
            raise NotFound(
                f"this server is not on the hub's list (snapshot {held.number}); nothing was noted"
            )
        found = {each: how for each, how in read_judged(home).items() if each in listed}
        if sighting is None and found.pop(endpoint, None) is None:
            raise NotFound("nobody here has said anything of this server")
        if sighting is not None:
            found[endpoint] = sighting
        facts = {
            "act": "hub " + ("unsay" if sighting is None else sighting.value),
            "number": held.number,
            "place": listed[endpoint],  # On the list: an address does not go into the journal.
            "person": acting(home, people_in_force(home).people).id,
            "reason": said,
        }
        record(home.journal(), Operation.DECIDE, mandate, facts)
        rows = [_row(each, found[each]) for each in sorted(found)]
        replace_durably(path_in(home, JUDGED), msgspec.json.encode(rows), mode=0o600)
    return len(found)


def read_judged(home: Home) -> Mapping[Endpoint, Sighting]:
    """
    Give what people here found, by server; some may be off the list by now.

    Raises:
        ConfigError: If what was kept of it is damaged.
    """
    path = home.folder / FOLDER / JUDGED
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=list[_Judged])
        return {
            Endpoint(parse_address(each.address), parse_protocol(each.protocol), each.port): (
                each.sighting
            )
            for each in rows
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is damaged; restore it from backup, or remove it") from error


def _listed(snapshot: Snapshot) -> dict[Endpoint, int]:
    return {
        Endpoint(each.address, each.proto, each.port): place
        for place, each in enumerate(snapshot.listings)
    }


def _row(endpoint: Endpoint, sighting: Sighting) -> _Judged:
    told = endpoint.render()
    return _Judged(str(told["address"]), str(told["protocol"]), endpoint.port, sighting)
