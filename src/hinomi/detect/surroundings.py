"""Reasons that rest on context, in English and Japanese; each names its source and day."""

from collections.abc import Callable, Mapping
from typing import Final

from hinomi.detect.catalogue import Words
from hinomi.detect.context import NEAR_BITS, WIDE_BITS, ContextColumns
from hinomi.model.address import Address, is_v4
from hinomi.model.context import UNKNOWN, NetworkKind, TableStatement
from hinomi.model.service import Reason

CONTEXT_REASONS: Final[dict[str, Words]] = {
    "listed-neighbours": Words(
        "Before this window {near} other address(es) of its /{near_bits} and {wide} of its "
        "/{wide_bits} were listed as C&C ({source}); a neighbour is not guilty for that.",
        "この期間より前に、同じ /{near_bits} の他の {near} アドレス、/{wide_bits} の {wide} "
        "アドレスが C&C として掲載されていた({source})。近隣であること自体は罪ではない。",
    ),
    "young-allocation": Words(
        "Its block of addresses had been registered for {age:.0f} days when this window began "
        "({source}).",
        "アドレスブロックの登録は、この期間の開始時点で {age:.0f} 日前({source})。",
    ),
    "hosting-network": Words(
        "It lies in AS{asn}, a hosting network, where anybody can rent a server ({source}).",
        "AS{asn} のホスティング網にあり、誰でもサーバを借りられる({source})。",
    ),
}
"""Words by code, as in `catalogue.REASONS`; the weights are not decided here."""

Values = dict[str, float | int | str]

_WORTH_SAYING: Final = 0.05


def context_reasons(
    columns: ContextColumns, row: int, address: Address, weights: Mapping[str, float]
) -> list[Reason]:
    """
    Give the reasons of one service that rest on context, in the order of the catalogue.

    Args:
        columns: The context of all services.
        row: Which service.
        address: Its address: it says how long its neighbourhood's prefixes are.
        weights: Log-odds by code; what is absent, tiny or without a fact is not said.
    """
    said = []
    for code, words in CONTEXT_REASONS.items():
        weight = weights.get(code, 0.0)
        values = _FACTS[code](columns, row, address)
        if values is None or abs(weight) < _WORTH_SAYING:
            continue
        said.append(
            Reason(
                code=code,
                text=words.en.format_map(values),
                text_ja=words.ja.format_map(values),
                weight=round(weight, 3),
                values=values,
            )
        )
    return said


def _neighbours(columns: ContextColumns, row: int, address: Address) -> Values | None:
    near, wide = int(columns.listed_near[row]), int(columns.listed_wide[row])
    if wide in {0, UNKNOWN}:
        return None
    family = 0 if is_v4(address) else 1
    newest = {each.source: each.label for each in columns.history}
    return {
        "near": near,
        "wide": wide,
        "in_as": int(columns.listed_as[row]),
        "near_bits": NEAR_BITS[family],
        "wide_bits": WIDE_BITS[family],
        "source": "; ".join(newest.values()),
    }


def _allocation(columns: ContextColumns, row: int, _address: Address) -> Values | None:
    place = int(columns.allocation_from[row])
    if place < 0:
        return None
    return {
        "age": float(f"{columns.allocation_age[row]:.6g}"),
        "source": _label(columns.tables, place),
    }


def _hosting(columns: ContextColumns, row: int, _address: Address) -> Values | None:
    if columns.as_kind[row] != NetworkKind.HOSTING:
        return None
    places = [int(columns.origin_from[row]), int(columns.as_kind_from[row])]
    return {
        "asn": int(columns.origin_as[row]),
        "addresses": int(columns.as_addresses[row]),
        "source": "; ".join(_label(columns.tables, place) for place in places),
    }


def _label(tables: tuple[TableStatement, ...], place: int) -> str:
    return tables[place].label


_FACTS: Final[dict[str, Callable[[ContextColumns, int, Address], Values | None]]] = {
    "listed-neighbours": _neighbours,
    "young-allocation": _allocation,
    "hosting-network": _hosting,
}
"""The numbers behind each reason, None where there is no fact to tell."""
