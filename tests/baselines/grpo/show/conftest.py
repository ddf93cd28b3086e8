"""A made-up study for the tests of what is shown."""

import pytest

from baselines.grpo.presets import as_data
from baselines.grpo.show import matrix, results
from baselines.grpo.show.metrics import Recorder
from baselines.grpo.show.results import Result
from baselines.show.evaluation import Evaluation
from webenvs.seeding import uniform

STUDIED = {
    "solo": (0.30, 0.50),
    "matpo": (0.35, 0.70),
    "mgrpo": (0.35, 0.60),
    "solo-128": (0.20, 0.30),
    "matpo-128": (0.35, 0.65),
    "matpo-noisy": (0.35, 0.65),
}


def evaluation(rate, seed, noise="none", context=512, count=80):
    """The same questions for every arm of a seed; harder ones are never answered first."""
    return Evaluation(
        tasks=tuple(f"world{seed}/{place:04}/0" for place in range(count)),
        success=tuple(float(uniform("made up", seed, place) < rate) for place in range(count)),
        hops=tuple(2 + place % 2 for place in range(count)),
        noise=noise,
        context=context,
        metrics={"planner/calls": 3.0, "hops/2": rate},
    )


def made_up(out, arms=STUDIED, seeds=(0, 1, 2)):
    """Write the runs of a study into `out`."""
    for name in arms:
        before, after = STUDIED[name]
        arm = matrix.arm(name)
        for seed in seeds:
            cold = out / "cold" / f"seed-{seed}"
            config = as_data(arm.config({"seed": seed, "init": str(cold)}))
            one = evaluation(before, seed, count=1)
            results.save(Result(config=config, before=one, after=one, minutes=2.5), cold)
            context = config["context"]
            reached = after + 0.02 * (seed - 1)
            folder = out / name / f"seed-{seed}"
            noises = matrix.NOISES if arm.robustness else ()
            result = Result(
                config=config,
                before=evaluation(before, seed, context=context),
                after=evaluation(reached, seed, context=context),
                further=tuple(
                    evaluation(reached - 0.1 * place, seed, noise, context)
                    for place, noise in enumerate(noises, 1)
                ),
                updates=40,
                tokens=100_000 + seed,
                minutes=10.0 + seed,
                commit="abc1234",
                command=f"python -m baselines.grpo.train --preset {arm.preset} --seed {seed}",
                hardware="a machine, 2 cores",
            )
            results.save(result, folder)
            folder.with_name(f"seed-{seed}-log.txt").write_text("what the process printed\n")
            with Recorder(folder, tensorboard=False) as recorder:
                for update in (0, 20, 40):
                    grown = before + (reached - before) * update / 40
                    recorder.evaluation(update, {"acc": grown})


@pytest.fixture
def study_folder(tmp_path):
    """The folder of a finished study."""
    made_up(tmp_path / "study")
    return tmp_path / "study"
