"""
A second school of worlds: communities of lines, device vendors and a heavy niche tail.

Written apart from the first (`hinomi.bench.world`) and sharing no traffic with it, so that a
method can be judged on worlds whose generator it never saw.
"""
