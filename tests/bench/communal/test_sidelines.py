"""What else bots meet."""

import numpy as np

from communes import Stage, labelled, met, open_stage, seen
from hinomi.bench.communal.control import command
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.sidelines import go_astray

DESIGNS = (Design.SCANNING, Design.WEB, Design.MOBILE, Design.SPAM)


def test_bots_meet_the_usual_suspects() -> None:
    """Loaders, sinkholes, dead servers and their users' vices, in one family or another."""
    labels = set()
    for seed in range(5):
        stage = open_stage(seed)
        for design in DESIGNS:
            family = stage.family(design, size=30)
            command(stage.scene, family, stage.chance)
            first = len(stage.scene.traffic.parts)
            go_astray(stage.scene, family, stage.chance)
            packets = seen(stage.scene, first)
            assert np.isin(family.line, packets.line).any()
        labels |= set(stage.scene.register.labels)

    assert {"loader", "dead-cc", "sinkhole", "iptv", "warez", "ip-check", "ad-network"} <= labels


def test_spam_goes_to_very_many_mail_servers(stage: Stage) -> None:
    """Each bot sends more packets there than an office does."""
    family = stage.family(Design.SPAM)
    first = len(stage.scene.traffic.parts)
    go_astray(stage.scene, family, stage.chance)
    packets = seen(stage.scene, first)
    mail = packets.other_port == 25

    assert np.isin(packets.line[mail], family.line).all()
    assert np.unique(packets.other[mail]).size > 100


def test_nobody_answers_from_the_dead() -> None:
    """Of the packets of dead servers only refusals come down."""
    for seed in range(4):
        stage = open_stage(seed)
        first = len(stage.scene.traffic.parts)
        for _ in range(3):
            go_astray(stage.scene, stage.family(Design.WEB, size=30), stage.chance)
        if not labelled(stage.scene, "dead-cc").size:
            continue
        packets = seen(stage.scene, first)
        dead = met(stage.scene, packets, "dead-cc")
        assert set(packets.flags[dead].tolist()) <= {2, 4, 20}
