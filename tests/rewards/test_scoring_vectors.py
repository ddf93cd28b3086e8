"""Every line of the reference vectors: the published scorers' verdicts on inputs of our own."""

import json
from pathlib import Path

import pytest

from webenvs.rewards import calibration, search_r1, squad
from webenvs.rewards.answer import metric
from webenvs.tasks.benchmarks import cipher

VECTORS = [
    json.loads(line)
    for line in Path(__file__).with_name("vectors.jsonl").read_text("utf-8").splitlines()
]


def _named(vector):
    kind = vector.get("scorer") or vector.get("calibration") or vector["cipher"].split(" ")[0]
    detail = vector.get("case") or f"{vector.get('gold', '')}|{vector.get('answer', '')}"
    return f"{kind}-{detail}"


def _of(scorer):
    chosen = [vector for vector in VECTORS if vector.get("scorer") == scorer]
    return pytest.mark.parametrize("vector", chosen, ids=_named)


def test_there_are_113_vectors_and_each_kind_is_tested_here():
    kinds = [vector.get("scorer") or next(iter(vector)) for vector in VECTORS]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    assert counts == {
        "calibration": 1,
        "cipher": 16,
        "gaia": 56,
        "hotpot": 15,
        "musique": 17,
        "search_r1": 8,
    }


@_of("gaia")
def test_the_gaia_metric_agrees(vector):
    assert metric("gaia")(vector["answer"], [vector["gold"]]) == float(vector["correct"])


@_of("hotpot")
def test_exact_match_and_token_f1_agree_with_hotpotqa(vector):
    found = squad.overlap(vector["answer"], vector["gold"])
    assert metric("exact")(vector["answer"], [vector["gold"]]) == float(vector["em"])
    assert metric("f1")(vector["answer"], [vector["gold"]]) == pytest.approx(vector["f1"], abs=1e-6)
    assert found.precision == pytest.approx(vector["precision"], abs=1e-6)
    assert found.recall == pytest.approx(vector["recall"], abs=1e-6)


@_of("musique")
def test_exact_match_and_token_f1_agree_with_musique(vector):
    answer, golds = vector["answer"], [vector["gold"]]
    assert metric("exact")(answer, golds) == float(vector["em"])
    assert metric("musique_f1")(answer, golds) == pytest.approx(vector["f1"], abs=1e-6)


@_of("search_r1")
def test_the_rollout_scorers_agree_with_search_r1(vector):
    text, target = vector["text"], vector["target"]
    assert search_r1.extracted(text) == vector["extracted"]
    assert search_r1.em(text, target) == vector["em"]
    assert search_r1.subem(text, target) == vector["subem"]
    assert search_r1.valid_format(text) is vector["valid_format"]
    assert search_r1.format_em(text, target, 0.2, 0.1, 0.1) == pytest.approx(
        vector["format_em_02_01_01"]
    )


@pytest.mark.parametrize(
    "vector", [vector for vector in VECTORS if "cipher" in vector], ids=lambda v: repr(v["plain"])
)
def test_the_ciphers_agree(vector):
    ciphers = {"sha256_xor_base64": cipher.browsecomp, "repeat_key_xor_base64": cipher.xbench}
    decipher = ciphers[vector["cipher"].split(" ")[0]]
    assert decipher(vector["cipher_text"], vector["password"]) == vector["plain"]


def test_the_three_calibration_errors_agree():
    (vector,) = [vector for vector in VECTORS if "calibration" in vector]
    pairs = vector["confidence"], vector["correct"]
    assert calibration.hle(*pairs) == pytest.approx(vector["hle_all_bins_fraction"], abs=1e-6)
    assert calibration.browsecomp_plus(*pairs) == pytest.approx(
        vector["browsecomp_plus_percent"], abs=1e-6
    )
    assert calibration.browsecomp_zh(*pairs) == pytest.approx(
        vector["browsecomp_zh_ece_percent"], abs=1e-6
    )
