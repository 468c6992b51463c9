"""Programs of people."""

import numpy as np
import pytest

from communes import met, seen
from hinomi.bench.communal.applications import use
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.scene import Scene


@pytest.mark.parametrize(
    "label", ["push", "stun", "mail-server", "vpn", "game", "mining-pool", "chat"]
)
def test_every_program_is_used(label: str, scene: Scene, devices: Devices) -> None:
    """By somebody, within the week."""
    first = len(scene.traffic.parts)
    use(scene, devices)

    assert met(scene, seen(scene, first), label).sum() > 3


def test_the_provider_delivers_most_mail(scene: Scene, devices: Devices) -> None:
    """Its mail server talks to hundreds of others; few offices do so themselves."""
    first = len(scene.traffic.parts)
    use(scene, devices)
    packets = seen(scene, first)
    mail = packets.other_port == 25
    provider = mail & (packets.line == scene.lines.count + 4)

    assert np.unique(packets.other[provider]).size > 100
    assert provider.sum() > 0.8 * mail.sum()
