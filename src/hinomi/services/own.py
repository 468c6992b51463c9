"""
The address of a C&C server inside the own network, which is a pseudonym everywhere else.

One of the two doors of the design: for a case that is listable, after a privacy officer approved
this very case, journalled. It opens for one pseudonym at a time.
"""

from typing import Final

import numpy as np

from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.errors import Conflict, NotPermitted
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import State
from hinomi.govern.matrix import Data, Power
from hinomi.govern.roles import Kind
from hinomi.model.address import Address, is_v4
from hinomi.model.case import Case
from hinomi.services import approvals
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook

_V4_BITS: Final = 32
_V6_BITS: Final = 128


def reveal_case(home: Home, case_id: int, reason: str) -> int:
    """
    Ask for leave to name the server of a case in the own network, and give the request's number.

    Raises:
        NotFound: If there is no such case.
        Conflict: If the case is about a server elsewhere.
        NotPermitted: If the acting person may not ask.
    """
    with home.casebook() as casebook:
        case = casebook.cases.get(case_id)
    if not case.service.own:
        raise Conflict(f"case {case.id} is about a server elsewhere: its address is no secret")
    return approvals.ask(home, Kind.REIDENTIFY, _what(case), reason).id


def plain_address(home: Home, casebook: CaseBook, case: Case) -> Address:
    """
    Turn the pseudonym of a case's server back, once, if a privacy officer gave leave.

    Raises:
        NotPermitted: If nobody did, or no mandate permits it.
        Conflict: If its line is no single address: which one the server has is not known.
    """
    requests = [
        each
        for each in approvals.all_requests(home)
        if rules.fits(each, Kind.REIDENTIFY, _what(case))
        and each.state_at(home.clock()) is State.APPROVED
    ]
    if not requests:
        raise NotPermitted(
            f"case {case.id} is about a server in the own network: ask with `hinomi case reveal "
            f"{case.id}`, and let a privacy officer approve that first"
        )
    mandate = home.mandate(Operation.REVEAL)
    home.guard().admit(mandate, Power.REIDENTIFY, Data.OWN_SERVICES)
    require_one_period(home, casebook)
    _, approval = approvals.take(home, requests[-1].id)
    facts = {"case": case.id, "request": approval.request, "four_eyes": approval.four_eyes}
    record(home.journal(), Operation.REVEAL, mandate, facts)
    pseudonym = case.service.address
    hi, lo = home.cipher().reveal_all(
        np.array([pseudonym.hi], np.int64), np.array([pseudonym.lo], np.int64)
    )
    address = Address(int(hi[0]), int(lo[0]))
    _require_single(home, casebook, case, address)
    return address


def _require_single(home: Home, casebook: CaseBook, case: Case, address: Address) -> None:
    """Refuse a line that is a prefix or shares its address: it does not tell the server's."""
    networks = casebook.own_networks()
    hi, lo = np.array([address.hi], np.int64), np.array([address.lo], np.int64)
    place = int(OwnTable(networks).find(hi, lo, np.array([home.clock()], np.int64))[0])
    whole = _V4_BITS if is_v4(address) else _V6_BITS
    if place == NOT_OWN or networks[place].line_bits != whole:
        raise Conflict(
            f"case {case.id}: its line is a prefix or shares its address, so that the server's "
            "own address is not known; find it by other means, and bring it as evidence"
        )


def _what(case: Case) -> dict[str, object]:
    return {"case": case.id, "episode": case.episode}
