"""Vectors from a sentence-transformers model: a tiny one, made here of a config and our words."""

import shutil

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
from webenvs.testing.retrievers import check_retriever

pytest.importorskip("sentence_transformers")

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from webenvs.search.embedders.sentence import SentenceEmbedder

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def make_model(place, texts, seed=0):
    """A model of two layers with random weights, and a tokenizer trained on `texts`."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=600, special_tokens=special)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    torch.manual_seed(seed)
    BertModel(config).save_pretrained(place / "bert")
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        **{f"{name}_token": spelled for name, spelled in names.items()},
    ).save_pretrained(place / "bert")
    word = modules.Transformer(str(place / "bert"))
    whole = SentenceTransformer(modules=[word, modules.Pooling(32)], device="cpu")
    whole.save(str(place / "model"))
    return str(place / "model")


@pytest.fixture(scope="module", autouse=True)
def offline():
    """No model is looked for anywhere else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="module")
def texts(hotpot):
    """Forty real paragraphs."""
    return [hotpot.page(number).text for number in range(40)]


@pytest.fixture(scope="module")
def model(texts, tmp_path_factory):
    """The directory of a model."""
    return make_model(tmp_path_factory.mktemp("tiny"), texts)


@pytest.fixture(scope="module")
def small(hotpot):
    """Eight real pages."""
    return MemoryCorpus(hotpot.page(number) for number in range(8))


def test_a_query_has_the_same_vector_whatever_it_is_asked_with(model, texts):
    embedder = SentenceEmbedder(model)
    together = embedder.encode(texts[:6], "query")
    alone = [embedder.encode([text], "query")[0] for text in texts[:6]]
    assert all((one == other).all() for one, other in zip(together, alone, strict=True))


def test_a_query_does_not_depend_on_the_number_of_threads(model, texts):
    embedder = SentenceEmbedder(model)
    before = torch.get_num_threads()
    rows = []
    for threads in (1, 4):
        torch.set_num_threads(threads)
        rows.append(embedder.encode(texts[:3], "query").tobytes())
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert rows[0] == rows[1]


def test_the_fingerprint_follows_the_weights_and_the_dimensions(model, texts, tmp_path):
    other = make_model(tmp_path, texts, seed=1)
    found = {
        SentenceEmbedder(model).fingerprint,
        SentenceEmbedder(other).fingerprint,
        SentenceEmbedder(model, dims=8).fingerprint,
    }
    assert len(found) == 3
    assert SentenceEmbedder(model).fingerprint in found


def test_fewer_dimensions_are_the_first_ones_at_unit_length(model, texts):
    whole = SentenceEmbedder(model).encode(texts[:4], "passage")
    cut = SentenceEmbedder(model, dims=8).encode(texts[:4], "passage")
    assert cut.shape == (4, 8)
    assert ((cut * whole[:, :8]).sum(axis=1) > 0).all()
    assert abs((cut * cut).sum(axis=1) - 1).max() < 1e-5


def test_a_model_keeps_the_contract(model, small):
    settings = DenseSettings(embedder=f"sentence-transformers:{model}", chunk_words=30)
    check_retriever(retriever_for(small, settings), small)


def test_an_index_of_other_weights_is_refused(model, small, texts, tmp_path):
    retriever_for(small, DenseSettings(embedder=f"sentence-transformers:{model}"), tmp_path / "in")
    other = make_model(tmp_path, texts, seed=1)
    changed = DenseSettings(embedder=f"sentence-transformers:{other}")
    with pytest.raises(CorpusError, match=r"its fingerprints is {'embedder': '[0-9a-f]{64}'}"):
        retriever_for(small, changed, tmp_path / "in")


def test_a_model_that_was_moved_is_the_same(model, small, tmp_path):
    moved = shutil.copytree(model, tmp_path / "elsewhere" / "model")
    for place in (model, moved):
        settings = DenseSettings(embedder=f"sentence-transformers:{place}")
        retriever_for(small, settings, tmp_path / "index")
    assert len(list((tmp_path / "index").iterdir())) == 1


def test_recorded_queries_are_replayed_without_the_model(model, small, tmp_path):
    embedder = f"sentence-transformers:{model}"
    kept = str(tmp_path / "kept")
    live = DenseSettings(embedder=embedder, recording=kept)
    hits = retriever_for(small, live, tmp_path / "index").search("a magazine for women", 5)
    gone = "sentence-transformers:/no/such/model"
    replay = DenseSettings(embedder=gone, recording=kept, mode="replay")
    assert (
        retriever_for(small, replay, tmp_path / "index").search("a magazine for women", 5) == hits
    )


def test_more_dimensions_than_a_model_has_are_refused(model):
    with pytest.raises(SettingError, match="dims = 99 is not allowed: dims must be at most 32"):
        SentenceEmbedder(model, dims=99)


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(CorpusError, match=r"The model '/no/such/model' cannot be loaded"):
        SentenceEmbedder("/no/such/model")
