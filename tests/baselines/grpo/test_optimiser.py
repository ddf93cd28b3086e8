"""The optimiser of a training: which weights it gives to whom, and its exact continuation."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from baselines.grpo.config import Config
from baselines.grpo.optimiser import MATRIX_RATE, Optimiser


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.ModuleDict({"embed": nn.Embedding(5, 4), "inner": nn.Linear(4, 4)})


def test_muon_takes_the_matrices_and_leaves_embeddings_and_vectors_to_adamw(model):
    _graded(model)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    Optimiser(model, Config()).step(0.01)
    moved = (model["inner"].weight - before["inner.weight"]).detach()
    # An orthogonalised step of a 4 x 4 matrix has singular values near 1 times the rate.
    sizes = torch.linalg.svdvals(moved) / (0.01 * MATRIX_RATE)
    assert bool(((sizes > 0.5) & (sizes < 1.5)).all())
    shift = (model["embed"].weight - before["embed.weight"]).abs()
    assert torch.allclose(shift, torch.full_like(shift, 0.01), atol=1e-4)


def test_adamw_alone_moves_every_weight_by_its_rate(model):
    _graded(model)
    before = model["inner"].weight.detach().clone()
    Optimiser(model, replace(Config(), optimiser="adamw")).step(0.01)
    shift = (model["inner"].weight - before).abs()
    assert torch.allclose(shift, torch.full_like(shift, 0.01), atol=1e-4)


def test_it_goes_on_from_a_saved_state_as_if_nothing_had_been(model):
    twin = copy.deepcopy(model)
    whole, first = Optimiser(model, Config()), Optimiser(twin, Config())
    for each, step in ((model, whole.step), (twin, first.step)):
        _graded(each)
        step(0.01)
    second = Optimiser(twin, Config())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for each, step in ((model, whole.step), (twin, second.step)):
        _graded(each)
        step(0.02)
    same = zip(model.parameters(), twin.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)


def _graded(model):
    """Give every weight a gradient of its own."""
    generator = torch.Generator().manual_seed(1)
    for one in model.parameters():
        one.grad = torch.randn(one.shape, generator=generator)
