"""The re-ranker with a model, on a tiny one that is made here and read from a directory."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.records import Page
from webenvs.search import engines
from webenvs.search.fusion.reranked import Candidate
from webenvs.testing.retrievers import check_retriever

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

WORDS = ["red", "green", "blue", "bridge", "river", "town", "mayor", "chess", "the", "of", "a"]


def tiny(place, seed=0, labels=1):
    """A cross-encoder of one layer with random weights and a word for a token."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("sentence_transformers")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    place.mkdir(exist_ok=True)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (place / "vocab.txt").write_text("\n".join([*special, *WORDS]))
    tokenizer = BertTokenizer(str(place / "vocab.txt"), model_max_length=64)
    config = BertConfig(
        vocab_size=len(special) + len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=0.5,
    )
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = BertForSequenceClassification(config)
    torch.set_rng_state(state)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return str(place)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def corpus():
    return MemoryCorpus(
        Page(
            url=f"u{number:02d}",
            title=WORDS[number % 8],
            text=" ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 12)),
        )
        for number in range(8)
    )


@pytest.fixture(scope="module")
def engine(corpus, model):
    search = {"reranker": "cross-encoder", "options": {"model": model}, "depth": 5}
    return engines.retriever(corpus, "reranked", search)


def candidates(*texts):
    return [
        Candidate(Page(url=f"u{rank}", title="", text=text), 1.0, rank)
        for rank, text in enumerate(texts, start=1)
    ]


def test_a_cross_encoder_keeps_the_contract(engine, corpus):
    check_retriever(engine, corpus)


def test_the_order_is_that_of_the_model(engine, corpus, model):
    from sentence_transformers import CrossEncoder

    hits = engine.search("red bridge of the town", 5)
    pages = [corpus.page(corpus.index(hit.url)) for hit in hits]
    pairs = [("red bridge of the town", f"{page.title}\n{page.text}") for page in pages]
    raw = CrossEncoder(model, device="cpu").predict(pairs, activation_fn=lambda scores: scores)
    assert [hit.score for hit in hits] == pytest.approx(raw.tolist(), abs=1e-3)
    assert len({hit.score for hit in hits}) >= 4, "the model tells pages apart"


def test_a_score_does_not_depend_on_the_other_candidates(model):
    from webenvs.search.fusion.cross_encoder import CrossEncoderReranker

    reranker = CrossEncoderReranker(model=model)
    texts = ["red bridge", "a long text of the blue river " * 6, "chess"]
    together = reranker.scores("the red river", candidates(*texts))
    assert [reranker.scores("the red river", candidates(text))[0] for text in texts] == together


def test_threads_get_the_scores_that_one_gets(engine):
    queries = ["red", "green bridge", "mayor of the town", "chess"] * 4
    alone = [engine.search(query, 5) for query in queries]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda query: engine.search(query, 5), queries)) == alone


def test_the_fingerprint_is_of_the_weights_and_not_of_the_place(engine, tmp_path):
    from webenvs.search.fusion.cross_encoder import CrossEncoderReranker

    told = engine.settings["reranker"]
    same = CrossEncoderReranker(model=tiny(tmp_path / "same")).fingerprint
    other = CrossEncoderReranker(model=tiny(tmp_path / "other", seed=1)).fingerprint
    assert same == told
    assert other["weights"] != told["weights"]


def test_a_pickled_reranker_scores_the_same(model):
    from webenvs.search.fusion.cross_encoder import CrossEncoderReranker

    reranker = CrossEncoderReranker(model=model)
    again = pickle.loads(pickle.dumps(reranker))
    given = candidates("red bridge", "chess")
    assert again.scores("red", given) == reranker.scores("red", given)


def test_of_a_long_page_the_passage_is_read_that_shows_the_query(model):
    from webenvs.search.fusion.cross_encoder import CrossEncoderReranker

    reranker = CrossEncoderReranker(model=model, characters=40)
    far = "green " * 200 + "the mayor is red " + "green " * 200
    one, other = reranker.scores("mayor", candidates(far, "green " * 400))
    assert one != other


def test_a_model_that_is_not_there_is_named(corpus, tmp_path):
    options = {"model": str(tmp_path / "nothing")}
    search = {"reranker": "cross-encoder", "options": options}
    with pytest.raises(SettingError, match=r"nothing' cannot be loaded"):
        engines.retriever(corpus, "reranked", search)


def test_a_model_of_several_labels_is_no_reranker(corpus, tmp_path):
    options = {"model": tiny(tmp_path / "three", labels=3)}
    search = {"reranker": "cross-encoder", "options": options}
    with pytest.raises(SettingError, match="gives 3 scores a pair"):
        engines.retriever(corpus, "reranked", search)


def test_without_the_package_the_extra_is_named(corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    search = {"reranker": "cross-encoder", "options": {"model": "x"}}
    with pytest.raises(SettingError, match=r"pip install 'webenvs\[transformers\]'"):
        engines.retriever(corpus, "reranked", search)


def test_a_model_is_needed(corpus):
    with pytest.raises(SettingError, match="cross-encoder needs the setting 'model'"):
        engines.retriever(corpus, "reranked", {"reranker": "cross-encoder"})
