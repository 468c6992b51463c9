"""The open benchmark: worlds with known truth, drawn as an exporter would sample them."""
