"""The two column tables of flow."""

import pyarrow as pa

from hinomi.model.flow import CONVERSATIONS, RECORDS, SCHEMA_VERSION, Direction, Ingress


def test_conversations_are_signed_integers_alone() -> None:
    """This is what every engine reads alike: no timestamps, no text, nothing unsigned."""
    assert {str(field.type) for field in CONVERSATIONS} == {"int16", "int32", "int64"}


def test_neither_table_has_room_for_content() -> None:
    """Header information only (R2): a new column is a decision, made here as well."""
    assert set(CONVERSATIONS.names) == {
        "ts_ms", "exporter", "sampling_interval", "counts_scaled", "proto", "direction",
        "line_hi", "line_lo", "line_net", "ingress", "line_port", "remote_port", "remote_hi",
        "remote_lo", "remote_own", "tcp_flags", "packets", "bytes", "duration_ms",
    }  # fmt: skip
    assert set(RECORDS.names) - set(CONVERSATIONS.names) == {
        "src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port",
    }  # fmt: skip


def test_shared_columns_have_one_type() -> None:
    """What passes from a record to a conversation passes unchanged, except the exporter."""
    shared = set(RECORDS.names) & set(CONVERSATIONS.names) - {"exporter"}

    assert all(RECORDS.field(name).type == CONVERSATIONS.field(name).type for name in shared)
    assert RECORDS.field("exporter").type == pa.dictionary(pa.int32(), pa.string())


def test_the_schema_carries_its_version() -> None:
    """A file of another version is recognised by it."""
    assert CONVERSATIONS.metadata[b"hinomi.schema_version"].decode() == SCHEMA_VERSION


def test_codes_keep_their_numbers() -> None:
    """They stand in files: a new order would change what old rows mean."""
    assert [int(code) for code in (Direction.OUT, Direction.IN)] == [0, 1]
    assert {code.name: int(code) for code in Ingress} == {
        "UNKNOWN": 0, "SUBSCRIBER": 1, "PEERING": 2, "TRANSIT": 3, "CUSTOMER": 4,
    }  # fmt: skip
