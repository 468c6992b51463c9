"""Groups have something in common, or nothing; some are infected by chance."""

import numpy as np

from hinomi.bench.motley.groups import Model, equip, gather, taint
from hinomi.bench.motley.scene import Scene


def test_models_have_owners_and_some_are_weak(bare: Scene) -> None:
    """A few are popular; at least one can be infected."""
    models = equip(bare)
    sizes = sorted(model.owners.size for model in models)

    assert len(models) == round(bare.laws.models)
    assert any(model.weak for model in models)
    assert sizes[-1] > 4 * sizes[len(sizes) // 2]


def test_groups_are_of_every_sort(bare: Scene) -> None:
    """Some are owners of one model, some neighbours, some neither; each line is there once."""
    draws, owners = bare.draws("x"), np.arange(100)
    models = [Model(name="m", owners=owners, weak=True)]
    groups = [gather(bare, draws, models, 30) for _ in range(60)]

    assert all(np.unique(group).size == group.size <= 30 for group in groups)
    of_owners = [np.isin(group, owners).all() for group in groups]
    near = [np.unique(bare.lines.block[group]).size == 1 for group in groups]
    assert 5 < sum(of_owners) < 50
    assert any(is_near and not owned for is_near, owned in zip(near, of_owners, strict=True))


def test_a_tainted_group_is_largely_infected(bare: Scene) -> None:
    """As no group is that was drawn for its own sake; without infected lines it stays."""
    draws, infected = bare.draws("x"), np.arange(900, 1_000)
    group = np.arange(200)
    shares = [np.isin(taint(draws, group, infected), infected).mean() for _ in range(30)]

    assert min(shares) > 0.05
    assert max(shares) > 0.4
    assert taint(draws, group, infected[:0]) is group
