"""Everything that the lake and the lists say about one service."""

import numpy as np
import pyarrow as pa

from hinomi.detect import passes
from hinomi.detect.columns import ints
from hinomi.detect.reasons import measures_of
from hinomi.model.listed import ListEntry
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Service, parse_service_address
from hinomi.model.window import Window
from hinomi.services.detecting import candidate_of, judging, limits_in, ranked, row_of
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.services.models import model_in_use
from hinomi.services.modelwatch import model_used


def explain_service(home: Home, address: str, proto: int, port: int) -> dict[str, object]:
    """
    Tell everything that the lake and the lists say about one service.

    Raises:
        NotFound: If no record of the lake has it as a service.
        ValueError: If *address* is no address (the caller's bug).
    """
    base, own = parse_service_address(address)
    service = Service(base, proto, port, own=own)
    window = Window()
    asked = ListEntry(base=base, proto=proto, port=port, own=own)
    kept = model_in_use(home)
    with judging(home, window, Operation.EXPLAIN, lambda _: None, [asked], kept=kept) as (
        engine,
        judged,
        sources,
    ):
        row = row_of(judged, service)
        candidate = candidate_of(judged, row, window, sources)
        hours, sizes = passes.details(
            engine, judged.survey.parts, judged.survey.services.slice(row, 1)
        )
        rank = np.flatnonzero(ranked(judged) == row)
        return {
            "service": str(service),
            "address": service.render_address(),
            "protocol": render_protocol(proto),
            "port": port,
            "rank": int(rank[0]) + 1 if rank.size else None,
            "probability": candidate.probability,
            "known": candidate.known,
            "tier": candidate.tier,
            "clients": candidate.clients,
            "suspects": candidate.suspects,
            "reasons": [
                {
                    "code": reason.code,
                    "text": reason.text,
                    "text_ja": reason.text_ja,
                    "weight": reason.weight,
                    "values": reason.values,
                }
                for reason in candidate.reasons
            ],
            "measures": measures_of(judged.survey.services, row),
            "packet_bytes": _quartiles(sizes),
            "hours_of_day": _hours_of_day(hours),
            "limits": limits_in(home, judged),
            "register": home.register.version,
            "model": model_used(kept, judged),
        }


def _quartiles(sizes: pa.Table) -> dict[str, list[float]]:
    names = ("to the service", "from the service")
    return {
        names[row["direction"]]: [round(row[name], 1) for name in ("low", "middle", "high")]
        for row in sizes.to_pylist()
    }


def _hours_of_day(hours: pa.Table) -> list[int]:
    """Sum the records by hour of the day, UTC, 24 numbers."""
    of_day = np.bincount(ints(hours, "hour") % 24, weights=ints(hours, "records"), minlength=24)
    return [int(count) for count in of_day]
