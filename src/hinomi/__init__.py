"""Hinomi finds botnet C&C servers in the sampled flow records that internet providers hold."""
