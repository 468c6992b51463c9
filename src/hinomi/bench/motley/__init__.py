"""
A school of worlds that have nothing in common but what holds in any network.

Domain randomisation: every law of a world (how services talk, who is infected, what lists
know, how loud bots are) is drawn anew by seed from a wide range, wider than any real network
would fill. What is learned on such worlds cannot be the habit of one generator. Good and bad
take their manners of talking from one pool; how much the two choices overlap is drawn, too.

No range states a fact of the world: each is our own, chosen to hold what may be met.

Source:
    Domain randomisation: Tobin et al. (2017), IROS, "Domain randomization for transferring
    deep neural networks from simulation to the real world".
"""
