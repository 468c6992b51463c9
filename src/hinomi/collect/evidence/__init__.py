"""Evidence in: logs, tables and reports of others, read into `model.evidence.Evidence`."""
