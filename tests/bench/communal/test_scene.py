"""The scene in which a world acts."""

import numpy as np

from communes import small_scene
from hinomi.bench.communal.browsing import browse
from hinomi.bench.communal.scene import Scene


def test_each_part_has_a_stream_of_its_own(scene: Scene) -> None:
    """The same in the same world, another in one of another kind."""
    draws = scene.chance("a").unit(5).tolist()

    assert draws == small_scene().chance("a").unit(5).tolist()
    assert draws != scene.chance("b").unit(5).tolist()
    assert draws != small_scene("sparse").chance("a").unit(5).tolist()


def test_active_lines_are_taken_more_often(scene: Scene) -> None:
    """In proportion; `any_line` takes all alike."""
    chance = scene.chance("test")
    quiet = scene.lines.activity[: scene.lines.count] < np.median(scene.lines.activity)

    assert quiet[scene.anyone(chance, 20_000)].mean() < 0.3
    assert 0.47 < quiet[scene.any_line(chance, 20_000)].mean() < 0.53


def test_popular_services_come_first(scene: Scene) -> None:
    """The first tenth of the sites gets more than a tenth of the visits."""
    browse(scene)
    web = scene.shared["web"]
    taken = scene.popular("web", scene.chance("test"), 5_000)

    assert (taken < web[web.size // 10]).mean() > 0.2
