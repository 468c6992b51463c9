"""
Telling the hub which list is in use here: it knows then that what it removed is gone here too.

What is signed names the snapshot, and nothing of what was done with it.
"""

from dataclasses import replace

import msgspec

from hinomi.errors import MalformedDocument
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.asking import HubClient
from hinomi.services.membership.holding import Held, put_held, require_held
from hinomi.services.membership.joined import JoinedHub, read_joined
from hinomi.services.membership.joining import statements_signer


class _Answer(msgspec.Struct):
    number: int


def acknowledge(home: Home, client: HubClient | None = None) -> int:
    """
    Tell the hub which list is in use here, and give its number; what it knows is not told again.

    Args:
        home: Where.
        client: Asks the hub; None: one of its own.

    Raises:
        NotFound: If no list is here yet.
        Unavailable: If the hub is away.
        NotPermitted: If it does not let this node.
    """
    home.mandate(Operation.PULL)
    membership = read_joined(home)
    held = require_held(home, membership)
    if held.acknowledged == held.number:
        return held.number
    if client is not None:
        return tell(home, membership, held, client)
    with HubClient(home, membership) as own:
        return tell(home, membership, held, own)


def tell(home: Home, membership: JoinedHub, held: Held, client: HubClient) -> int:
    """Do as `acknowledge`, where it is known what is held."""
    signed = membership.signed(Deed.ACKNOWLEDGEMENT, held.head.epoch, held.head.json_digest)
    path = f"/v1/snapshots/{held.number}/acknowledgement"
    note = signed.sign(statements_signer(home)).encode()
    answer = client.put_json(path, note, _Answer, {"Content-Type": "text/plain; charset=utf-8"})
    if answer.number != held.number:
        raise MalformedDocument(f"acknowledges snapshot {answer.number}, not {held.number}", path)
    facts = {"act": "acknowledge", "number": held.number, "digest": held.head.json_digest}
    record(home.journal(), Operation.PULL, home.mandate(Operation.PULL), facts)
    put_held(home, membership, replace(held, acknowledged=held.number))
    return held.number
