"""What is Ray's own about the store in an actor: drivers come and go, and the actor may die."""

import subprocess
import sys
import time

import pytest

from baselines.grpo.decoupled.ray_store import NAMESPACE, RayStore, connected
from baselines.grpo.decoupled.store import StoreLostError

pytestmark = pytest.mark.slow

DRIVER = """
import sys
from baselines.grpo.decoupled.ray_store import RayStore, connected
from baselines.grpo.decoupled.store import Outcome
connected(sys.argv[1])
RayStore("drivers").commit([Outcome(query="q", rollout=0)])
"""


@pytest.fixture
def address(ray_cluster):
    return ray_cluster.get_runtime_context().gcs_address


def test_what_a_driver_committed_is_there_after_it_left(address):
    subprocess.run([sys.executable, "-W", "ignore", "-c", DRIVER, address], check=True, timeout=120)
    store = RayStore("drivers")
    assert store.counts()["outcomes"] == 1
    store.remove()


def test_an_actor_that_dies_comes_back_with_what_lay_on_disk(ray_cluster, tmp_path, make):
    store = RayStore("restarts", path=str(tmp_path / "store.db"))
    store.commit([make.outcome()])
    actor = ray_cluster.get_actor("store/restarts", namespace=NAMESPACE)
    ray_cluster.kill(actor, no_restart=False)
    found = None
    while found is None:
        try:
            found = store.counts()
        except StoreLostError:
            continue  # it is being started
    assert found["outcomes"] == 1
    store.remove()


def test_a_store_that_was_removed_is_told_as_lost(ray_cluster, make):
    store = RayStore("removed")
    store.commit([make.outcome()])
    store.remove()
    with pytest.raises(StoreLostError, match="does not answer"):
        for _ in range(100):  # Ray ends an actor a little later than it is told to
            store.counts()
            time.sleep(0.1)


def test_connecting_twice_is_one_connection(address):
    assert connected(None) == address
