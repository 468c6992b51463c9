"""
A school of worlds made of behaviour profiles: each relation of two ends is drawn whole.

Where `bench.world` composes flows of applications and samples their packets, here a relation
is drawn by how many of its packets are sampled, when, and in what mixture. Numbers without a
named source are our own assumptions, chosen to be plausible and to be varied by seed.
"""
