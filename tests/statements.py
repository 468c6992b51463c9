"""Strategies for what members and the hub say: servers, judgements, whole documents."""

from hypothesis import strategies as st

from hinomi.model.address import Address, from_int
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.listing import Listing
from hinomi.model.protocol import WITH_PORTS
from hinomi.model.snapshot import NO_PREVIOUS, Snapshot
from hinomi.model.statement import Band, Endpoint, Sighting, SightingStatement, Statement

V4 = st.integers(0, 2**32 - 1).map(lambda low: from_int((0xFFFF << 32) | low))
V6 = st.integers(0x2001 << 112, (0x2002 << 112) - 1).map(from_int)
ADDRESSES: st.SearchStrategy[Address] = V4 | V6
PORTS = st.integers(1, 65_535)
ENDPOINTS = st.builds(Endpoint, ADDRESSES, st.sampled_from(sorted(WITH_PORTS)), PORTS)
LISTABLE = st.sampled_from([each for each in ServiceClass if each.is_listable])
EPOCHS = st.integers(0, 40_000)
DAYS = st.integers(1, 14)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


def statements(*fields: str) -> st.SearchStrategy[list[Statement]]:
    """Draw findings, each server once, with any of *fields* beside the endpoint."""
    given = {
        "class": st.none() | LISTABLE,
        "band": st.none() | st.sampled_from(Band),
        "methods": st.none()
        | st.sets(st.sampled_from(Method)).map(lambda found: tuple(sorted(found))),
        "register": st.none() | st.text("0123456789abcdef", min_size=8, max_size=64),
    }
    one = st.builds(
        Statement,
        endpoint=ENDPOINTS,
        service_class=given["class"] if "class" in fields else st.none(),
        band=given["band"] if "band" in fields else st.none(),
        methods=given["methods"] if "methods" in fields else st.none(),
        register=given["register"] if "register" in fields else st.none(),
    )
    return st.lists(one, unique_by=lambda each: each.endpoint, max_size=8)


SIGHTINGS = st.lists(
    st.builds(SightingStatement, endpoint=ENDPOINTS, sighting=st.sampled_from(Sighting)),
    unique_by=lambda each: each.endpoint,
    max_size=8,
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Draw a snapshot."""
    days = draw(DAYS)
    endpoints = sorted(draw(st.sets(ENDPOINTS, max_size=8)))
    number = draw(st.integers(1, 2**31 - 1))
    return Snapshot(
        hub=draw(st.sampled_from(["hub.example/list", "h/list"])),
        number=number,
        epoch=draw(EPOCHS),
        epoch_days=days,
        previous=NO_PREVIOUS if number == 1 else draw(DIGESTS),
        listings=tuple(
            Listing(each.address, each.proto, each.port, draw(LISTABLE), draw(EPOCHS))
            for each in endpoints
        ),
    )
