"""Datagrams of sFlow version 5: samples of packets."""
