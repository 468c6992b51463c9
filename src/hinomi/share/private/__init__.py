"""
Private corroboration: which services do at least t members name, and nothing about the others.

Over-threshold multi-party private set intersection with one collector, the hub. Members share
a key that the hub does not have. Under it each member turns its services into tables of the
same size, whatever it holds: bins of Shamir shares of zero, and random numbers in between. Shares
of one service from t members lie on one polynomial; shares from fewer look like random numbers.
Each member draws the point that its shares are evaluated at: no two have the same one.
The hub tries all sets of t members at each bin and tells each member its bins that fit. A
member finds its own services behind them, checks that t members indeed named each, and only then
submits these in clear.

Who learns what, if hub and members keep to the protocol:

* The hub learns for each bin that fits which members share it: so how many services are named
  by at least t members, and by whom; not which ones, until members submit them. About all
  others it holds t - 1 shares at most, which are uniformly random without the key. It does not
  learn how many services a member holds, up to the capacity: tables are filled with made-up
  elements, which push real ones aside as real ones would. One thing it can work out: how much
  two members have in common below the threshold, not what. Services of both push the same
  others aside, so what both name above the threshold is missing together in the same bins. 300
  services that five members named gave the common part of two of them to about 2 % of the
  capacity.
* A member learns of its own services which t members named, and under which numbers. Numbers
  mean nothing outside of a round if the hub deals them anew in each, as it should.

Who does not keep to it:

* A hub that lies can keep back what fits, but cannot make a member open what fewer than t
  members named: each bin carries a token of 32 bits for its member's point that only holders
  of the key can make, and two bins have to be proven, by points that all differ. What it deals
  enters no share: with one number for two members their tables look like any others.
* A member that sends junk changes nothing for others: its numbers fit by chance once in 2^61
  tries, and sets of t honest members are tried without it. One that names services it has not
  seen counts as one voice for each, as with submissions in clear, and learns whether t - 1
  others named them. One that bends its shares so that they fit two others' different services
  wins no voice by it: tokens do not fit. It can make the hub see a group that is none.
* Several members that work together count as many voices: k of them learn of a service that
  they guess whether t - k others named it.
* **A member that works together with the hub, or a stolen key, ends the secrecy.** With the
  key, all services that can be named (2^32 IPv4 addresses times ports: three hours a port on
  one core with this code, minutes with a better one) can be tried on the hub's tables. The
  collusion-safe deployment of the paper, which replaces the key by oblivious pseudorandom
  functions of several key holders, is not built. Old tables stay readable to whoever gets the
  key of their round: the hub deletes them after the round, members keep no round keys, and when
  one leaves the others change the key.

Source:
    Arpaci, Boutaba and Kerschbaum, "Over-Threshold Multiparty Private Set Intersection for
    Collaborative Network Intrusion Detection" (NSDI 2026, arXiv 2510.12045), the
    non-interactive deployment. Ours: divided differences instead of an interpolation for each set
    of members, a third insertion, two bins, made-up elements, tokens.
"""
