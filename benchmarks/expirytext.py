"""The words between the tables of the expiry study."""

from typing import Final

HEAD: Final = """# When a listed server expires

Made by `benchmarks/expiry.py`; do not edit. Everything here is worked out by
`PYTHONPATH=src .venv/bin/python benchmarks/expiry.py`, with the real list histories beside the
project; nothing is timed, so that no machine is named. Shares are in per cent; in brackets is
the interval that 95 of 100 lie in, by log-log transform for curves and over 300 draws of whole
servers, with replacement, for everything else.

## The rule

Of servers that were seen over *d* days, half are held to be gone *h* + *d* days later, where *h*
is registered for their kind; and the more regularly one used to be seen, the more its silence
speaks against it. By Bayes' rule: a server seen from day 0 to day *d* is there *k* days later
with the chance (*h* + *d*) / (*h* + *d* + *k*); while there it is seen on a day with a chance that
its own history tells (days seen and days missed, beside a registered first guess); once gone it
is never seen. `hinomi.verify.expiry` does this sum and no other. The product multiplies what the
evidence came to by it, and an entry expires below `expiry.limit`.

With the numbers that ship (*h* = 10 days, seen on a tenth of the days, worth 10 days of watching,
limit 0.3, at most 90 days) an entry holds after its last sighting: 13 days if it was seen on one
day; 15 if on two days a week apart; 25 if on four days within a month, but 3 if on every day of
it; 64 if on four days within three months. A server of the first tier (*h* = 5 days) that was
seen on one day: 7.

## How long servers live

Three histories. *C2IntelFeeds*: 719 daily lists, 2024-07-14 to 2026-07-02, nearly all Cobalt
Strike. The feed names what was seen within seven days; the most frequent stay is eight days, of
servers seen once. Seven days are therefore taken off every end that was seen, and the last week
is not judged. Its supplier of scans changed on 2026-05-01; from December 2025 until then it had
shrunk to a third, so that both halves are shown. *Fox-it*: 9,586 Cobalt Strike servers of 2014 to
2019, first and last seen in scans a fortnight apart, gaps unknown. *Feodo Tracker*: 28 servers of
early 2024, too few to lean on. An entry that returns after a day off the list is a new episode:
it had not been seen for more than a week. Kaplan-Meier; an episode that was there on the first
day is left out, one that was there on the last is censored; those that stood there when the
supplier changed enter late.

![How long servers are there, three lists](benchmark/expiry/lives.png)
"""

BEFORE_RESIDUALS: Final = """
After the supplier changed half as many are gone after the first day: another scanner, another
habit of looking. The port tells little, and that a service was there before tells nothing once
its first day is over: neither is in the rule. Cobalt Strike servers of 2014 to 2019 lived several
times as long as those of 2024 to 2026, a part of which is that fox-it's list hides every gap:
**one number for all kinds is wrong by a factor of up to five**, and no list of IoT C&C servers
with dates is at hand.

What is left to servers that have been there for so long already, and what the rule says of it
from their lives alone (*h* = 10 days):
"""

BEFORE_RETURNS: Final = """
The rule tells too much of the first day, which many do not outlive, and too much again of those
that have been there for three months: hence the registered bound of 90 days. It fits best in
between, where it is used: whoever sees a part of the days only meets mostly the longer-lived.

## Those that return
"""

BEFORE_PORTS: Final = """
Most short absences are the scanner's and not the server's. Is a change of hands visible? Of the
addresses (all their ports together) that left the list and were followed for 180 days, so many
returned, and so many of these with none of the ports that they ever had there before:

| away from the list | returned | % of those that left | with another port | % of returned |
|---|--:|--:|--:|--:|"""

BEFORE_RULES: Final = """
The longer an address was away, the more often it returns with another port: a tenth within a
week, nearly a third after three months. A list of addresses alone would call that one server. A
listing names the port, so that the other port is a case of its own with its own first day.

## The rules, on days that they were not fitted to

The list's history is the truth. An observer sees each live day with a chance of 1, 0.3 or 0.1, or
(*mixed*) with a chance of its own for each service, drawn from a beta distribution of mean 0.2
(0.6, 2.4), as a network has many bots of one botnet and few of another. A rule decides on these
sightings alone. A sighting after the entry expired lists it anew.

*Stale*: listed entry-days on which the server was not there, of all listed entry-days. *Lost*: days
on which a server was there, had been seen at least once, and was not listed, of all days on which
it was there since it had first been seen. Each cell: stale, lost. Half-lives are fitted to what
sightings on a tenth of the days before the cut were followed by until then.

*As shipped*: first guess of visibility 0.1 worth 10 days, for every observer. *Visibility of
home*: both numbers fitted by `fit_visibility` to what this observer itself saw before the cut,
which needs no truth. Both with limit 0.3 and at most 90 days.

MISP's default for network indicators (base 80, lifetime 120 days, decay speed 2, threshold 30;
80 * (1 - (t/120)^(1/2)); a sighting sets t to 0) is another way to write 46 days from the last
sighting.

The second table of each cut turns the limit until ours loses exactly as many live days as the
other rule and tells how many fewer stale days it then has, in per cent of the other's: first with
the visibility of home, then as shipped. Below 0 the other rule is better; - stands where no limit
loses as few (or, where nothing is lost by a rule at all, where there is nothing to compare).

What it says:

- Against a fixed time from the **first listing**, ours leaves 38 to 89 % fewer stale days at the
  same loss, everywhere, as shipped too.
- Against a fixed time from the **last sighting**, MISP's included, ours with the visibility of
  home leaves 1 to 53 % fewer where visibility differs between servers, and between 7 % more and
  15 % fewer where all servers are equally visible. In the two months after the supplier changed,
  with few servers, most of these intervals reach over 0.
- **As shipped it does not win where all servers are equally visible**: against a number of days
  from the last sighting that happens to suit that visibility it leaves as many stale days or
  more: at 0.3 and losses below 3 % mostly a fifth to one and a half times more. It does win where
  servers differ in visibility. That is why the first guess should be replaced by the home's own.
- A fixed number of days suits one visibility only: 14 days from the last sighting lose 1.3 to
  2.3 % at 0.3 but 17 to 21 % at 0.1.
- Seen every day (1) nothing is lost by any rule that counts from the last sighting, and the one
  that holds shortest is best. No limit tells them apart there.

![Trade-off of every rule, C2IntelFeeds](benchmark/expiry/c2intelfeeds.png)
"""

BEFORE_FOX: Final = """
## Another kind of server: fox-it's

Lives of a fortnight and more, and no gaps in the data. *10 days* judges these servers with the
half-life of the others: it leaves fewer stale days and loses several times as many live ones, as
a shorter number of days would. A class with the wrong half-life is on the wrong point of the
curve, not on a worse curve.

![Trade-off of every rule, fox-it](benchmark/expiry/fox-it.png)
"""

BEFORE_LIMITS: Final = """
## What follows for the classes

- *Dedicated, behind the first tier or of unknown tier*: 10 days, from C2IntelFeeds (9.6 to 11.2
  at three cuts). Fox-it's would say {fox}. The newer and the shorter one is taken: an
  entry that is still there is seen again and lives longer for it; one that is stale hurts whoever
  has the address now.
- *Compromised*: 10 days, by analogy; Feodo Tracker's 28 servers, rented and compromised together,
  give {feodo:.0f} days.
- *First tier (IoT)*: 5 days, not fitted. No dated list is at hand. Published: 91 % of such
  servers no longer answered four hours after they had (MalNet); lives of 11 and 18 days on
  average for Gafgyt and Mirai (Lumen, 2021); most binaries spread for less than three days.

## Where to set the limit

*From 2025-05-01*, C2IntelFeeds, without the bound of 90 days: stale, lost.
"""

BEFORE_VARIED: Final = """
## What was taken for granted

One thing turned at a time, C2IntelFeeds from 2025-05-01, half-life 10 days where none is named.
Fewer stale days at equal loss, in per cent: with the visibility of home; as shipped (where the
first guess is turned, with that).
"""

AFTER_ALL: Final = """
The half-life moves along the curve and hardly changes it; so does the first guess. Gaps of the
list that are bridged change nothing of the order.

## Limits of this study

The truth is what a scanner saw: a server that hides from it is gone here. Live days within an
episode are taken as a whole, though the scanner looked less often. Sightings are independent
from day to day; a real network has weekends and outages, and the rule counts only days on which
something could have been seen. All three lists are of servers that scanners recognise, none of
IoT botnets; none says who holds an address. Returns are not in the rule: a fifth of the servers
come back, and what is said after long silences is a little too low for that.
"""
