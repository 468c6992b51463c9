"""Templates, and the sets of records that they describe: NetFlow v9 and IPFIX."""
