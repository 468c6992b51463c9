"""Datagrams of exporters to flow records: NetFlow v5 and v9, IPFIX, sFlow v5."""
