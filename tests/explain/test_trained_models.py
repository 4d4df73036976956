"""The models of a run, from the one that it began with."""

import pytest
import torch

import tests.training.toy_pretraining as toy
from tests.training.joined import go_on
from workbench.explain.trained_models import life_of, untrained
from workbench.training import record
from workbench.training.errors import RunError
from workbench.training.optimisation import Optimisation
from workbench.training.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A run of two steps that moves no weight: what it keeps is what it began with."""
    still = Optimisation(learning_rate=0.0, weight_decay=0.0)
    recipe = toy.recipe(2, seed=3, checkpoint_every=1, optimisation=still)
    folder = record.begin(recipe, tmp_path_factory.mktemp("run") / "still", "local")
    go_on(str(folder.path))
    return Run(folder)


def test_the_untrained_model_is_the_one_that_training_began_with(run) -> None:
    before = torch.random.get_rng_state()
    began = untrained(run)
    assert torch.equal(torch.random.get_rng_state(), before), "the caller's chance was touched"
    assert not began.training
    kept = run.load().state_dict()
    assert kept.keys() == began.state_dict().keys()
    assert all(torch.equal(kept[name], value) for name, value in began.state_dict().items())


def test_a_life_is_told_from_the_beginning(run, tmp_path) -> None:
    life = life_of(run)
    assert [name for name, _ in life] == ["untrained", "step 1", "step 2"]
    assert len({id(model) for _, model in life}) == 3
    new = record.begin(toy.recipe(2), tmp_path / "new", "local")
    with pytest.raises(RunError, match="no whole checkpoint yet"):
        life_of(Run(new))
