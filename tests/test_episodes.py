"""Episode files: played, written whole or not at all, read back, and replayed byte for byte."""

import hashlib
import os
import stat

import msgspec
import pytest

import webenvs
from webenvs import episodes, seeding
from webenvs.errors import EpisodeFileError, SettingError
from webenvs.players.message import close, say
from webenvs.records import Episode

SITE = "https://small.example/"
GAMES = {"solo": {"noise": "mild"}, "team": {"game": "team", "noise": "mild", "dense": True}}


@pytest.fixture(params=GAMES)
def made(request, scenario):
    return scenario(**GAMES[request.param])


@pytest.fixture
def played(made):
    lineup = webenvs.lineup("random")
    return [episodes.play(made, lineup, seed) for seed in range(4)]


def read_back(path, played):
    episodes.write_episodes(path, played)
    return episodes.read_episodes(path)


def rewritten(path, change):
    """The file with its text changed."""
    path.write_bytes(change(path.read_bytes()))
    return path


def test_playing_calls_back_after_every_message(made):
    seen = []
    episode = episodes.play(
        made,
        webenvs.lineup("random"),
        3,
        on_turn=lambda turn, session: seen.append((turn, session.over)),
    )
    assert [turn for turn, _ in seen] == list(episode.turns)
    assert [over for _, over in seen] == [False] * (len(seen) - 1) + [True]


def test_playing_takes_the_named_task(made):
    task = made.tasks.tasks[3].id
    assert episodes.play(made, webenvs.lineup("random"), 0, task).task == task


def test_an_episode_tells_all_that_identifies_it(made, played):
    first = played[0]
    assert first.env == "webenvs/Tasks-v0"
    assert first.settings["noise"] == "mild"
    assert first.settings["corpus"] == f"small@{made.web.corpus.digest[:16]}"
    assert first.settings["tasks"] == f"small@{made.tasks.digest[:16]}"
    assert first.corpus == made.web.corpus.digest
    content = msgspec.structs.replace(first, fingerprint="")
    assert first.fingerprint == seeding.digest(content)
    msgspec.json.encode(first.settings)


def test_episodes_come_back_from_a_file_equal(tmp_path, played):
    assert read_back(tmp_path / "deep" / "down" / "e.jsonl", played) == played


def test_a_file_is_canonical_json_a_line_a_turn(tmp_path, played):
    path = tmp_path / "e.jsonl"
    assert episodes.write_episodes(path, played) == 4
    lines = path.read_bytes().splitlines()
    assert len(lines) == sum(len(episode.turns) + 2 for episode in played)
    for line in lines:
        assert line == seeding.canonical_json(msgspec.json.decode(line))
    kinds = [msgspec.json.decode(line)["kind"] for line in lines]
    assert kinds[0] == "episode"
    assert kinds[1 + len(played[0].turns)] == "end"


def test_blank_lines_and_crlf_are_accepted(tmp_path, played):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, played)
    rewritten(path, lambda data: b"\n" + data.replace(b"\n", b"\r\n\r\n"))
    assert episodes.read_episodes(path) == played


def test_every_recording_replays(tmp_path, made, played):
    for episode in read_back(tmp_path / "e.jsonl", played):
        assert episodes.replay(episode, made) is None


def test_an_unfinished_episode_replays_too(begin):
    session = begin()
    session.act(say("search", query="river"))
    assert session.episode().fingerprint == ""
    assert episodes.replay(session.episode(), session.scenario) is None


def test_a_changed_byte_is_named_by_line_and_place(tmp_path, scenario):
    made, path = scenario(), tmp_path / "e.jsonl"
    lineup = webenvs.lineup(
        lambda o, i: close(i, "x") if o["turn"] > 1 else say("fetch", url=f"{SITE}alba")
    )
    played = [episodes.play(made, lineup, seed) for seed in range(2)]
    episodes.write_episodes(path, played)
    lines = path.read_bytes().splitlines()
    number = next(n for n, line in enumerate(lines) if b"Alba is a river" in line)
    lines[number] = lines[number].replace(b"Alba is a river", b"Alba is a liver", 1)
    path.write_bytes(b"\n".join(lines))
    broken = []
    numbered = list(enumerate(lines, start=1))
    found = [(e, episodes.replay(e, made)) for e in episodes.episodes_of(path, numbered, broken)]
    ((episode, difference),) = [(e, d) for e, d in found if d is not None]
    start = lines.index(next(episodes.lines(episode)))
    assert difference.line == number - start + 1
    assert difference.turn == number - start - 1
    turn = episode.turns[difference.turn]
    content = turn.results[0].content if "results" in difference.field else turn.observation
    assert difference.byte == content.encode().index(b"Alba is a liver") + len("Alba is a ")
    assert difference.field in ("observation", "results[0].content")
    assert "liver" in difference.recorded
    assert "river" in difference.replayed
    told = f"line {difference.line} (turn {difference.turn}), {difference.field}, byte "
    assert str(difference).startswith(told)
    assert len(broken) == 1
    assert f"line {number + 1}: turn {difference.turn} does not fit its hash" in broken[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 10**6}, ""),
        ({"answer": "something else"}, "something else"),
        ({"fingerprint": "0" * 64}, "0000"),
        ({"settings": {"noise": "none"}}, "fingerprint"),
        ({"env": "webenvs/Other-v0"}, "fingerprint"),
        ({"end": "aborted", "valid": False}, "aborted"),
        ({"rewards": {"researcher_0": 1.5}}, "1.5"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_any_changed_field_is_a_difference(scenario, change, words):
    made = scenario(noise="mild")
    lineup = webenvs.lineup(
        lambda o, i: close(i, "x") if o["turn"] else say("search", query="a town")
    )
    episode = episodes.play(made, lineup, 1)
    tampered = msgspec.structs.replace(episode, **change)
    difference = episodes.replay(tampered, made)
    assert difference is not None
    if words == "fingerprint":
        assert difference.line == len(episode.turns) + 2
        assert difference.field == "fingerprint"
    else:
        assert words in difference.recorded
    if "rewards" in change:
        assert difference.field == "rewards.researcher_0"


def test_a_missing_or_an_extra_turn_is_a_difference(scenario):
    made = scenario()
    lineup = webenvs.lineup(lambda o, i: close(i, "x") if o["turn"] > 2 else "hm")
    episode = episodes.play(made, lineup, 1)
    shorter = msgspec.structs.replace(episode, turns=episode.turns[:-1])
    assert episodes.replay(shorter, made).line == len(episode.turns) + 1
    longer = msgspec.structs.replace(episode, turns=(*episode.turns, episode.turns[-1]))
    difference = episodes.replay(longer, made)
    assert (difference.line, difference.field) == (len(episode.turns) + 2, "the turn")
    assert difference.replayed == ""


def test_no_difference_between_equals_and_the_length_counts():
    episode = Episode(env="e", settings={}, corpus="c", task="t", seed=1)
    assert episodes.difference(episode, episode) is None
    longer = msgspec.structs.replace(episode, task="tt")
    found = episodes.difference(episode, longer)
    assert (found.line, found.turn, found.field, found.byte) == (1, None, "task", 1)
    assert (found.recorded, found.replayed) == ("t", "tt")


def test_a_replay_needs_the_corpus_and_the_task_of_the_recording(made, played):
    other = msgspec.structs.replace(played[0], corpus="f" * 64)
    with pytest.raises(EpisodeFileError, match=r"recorded on corpus f{16}\.\.\., not"):
        episodes.replay(other, made)
    lost = msgspec.structs.replace(played[0], task="0" * 16)
    with pytest.raises(EpisodeFileError, match=r"There is no task '0{16}' in 'small'"):
        episodes.replay(lost, made)


GOOD_HEADER = b'{"corpus":"c","env":"e","kind":"episode","seed":1,"settings":{},"task":"t"}\n'
GOOD_END = b'{"kind":"end","valid":true}\n'
GOOD_TURN = b'{"frame":0,"index":0,"kind":"turn","message":"m","observation":"o","player":"p_0"}\n'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "e.jsonl holds no episode"),
        (b"\n \n", "e.jsonl holds no episode"),
        (b"not json\n", "e.jsonl, line 1: not a JSON object"),
        (b'["episode"]\n', "line 1: not a JSON object"),
        (b'{"kind":' * 100_000, "line 1: not a JSON object"),
        (b'{"kind":"episode"\xff}\n', "line 1: not a JSON object"),
        (b'{"kind":"step"}\n', "line 1: kind = 'step' must be 'episode', 'turn' or 'end'"),
        (b"{}\n", "line 1: kind = None must be"),
        (GOOD_TURN, "line 1: an 'episode' line must stand here, not 'turn'"),
        (GOOD_END, "line 1: an 'episode' line must stand here, not 'end'"),
        (
            GOOD_HEADER + GOOD_HEADER,
            "line 2: a 'turn' or 'end' line must stand here, not 'episode'",
        ),
        (GOOD_HEADER + GOOD_TURN, "the last episode has no 'end' line; the file was cut off"),
        (
            GOOD_HEADER.replace(b'"seed":1', b'"seed":"one"') + GOOD_END,
            r"episode ending at line 2: Expected `int`, got `str` - at `\$.seed`",
        ),
        (GOOD_HEADER.replace(b'"seed":1,', b"") + GOOD_END, "missing required field `seed`"),
        (
            GOOD_HEADER + GOOD_TURN.replace(b'"index":0,', b"") + GOOD_END,
            r"missing required field `index` - at `\$.turns\[0\]`",
        ),
        (
            GOOD_HEADER + GOOD_TURN + GOOD_END.replace(b"true", b'"yes"'),
            r"ending at line 3: Expected `bool`, got `str` - at `\$.valid`",
        ),
    ],
    ids=range(16),
)
def test_a_malformed_file_is_told_by_file_line_and_field(tmp_path, data, words):
    path = tmp_path / "e.jsonl"
    path.write_bytes(data)
    with pytest.raises(EpisodeFileError, match=words):
        episodes.read_episodes(path)


def test_the_good_lines_of_the_test_above_are_good(tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_bytes(GOOD_HEADER + GOOD_TURN + GOOD_END)
    (episode,) = episodes.read_episodes(path)
    assert (episode.seed, episode.turns[0].message) == (1, "m")


def rows_of(path):
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def test_every_turn_has_the_rolling_hash_of_all_before_it(tmp_path, played):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, played[:1])
    header, *turns, _ = rows_of(path)
    rolling = hashlib.sha256(seeding.canonical_json(header)).digest()
    assert turns
    for row in turns:
        told = row.pop("hash")
        rolling = hashlib.sha256(rolling + seeding.canonical_json(row)).digest()
        assert told == rolling.hex()[:16]


def test_files_without_hashes_are_read_as_before(tmp_path, played):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, played)
    rows = rows_of(path)
    for row in rows:
        row.pop("hash", None)
    path.write_bytes(b"".join(seeding.canonical_json(row) + b"\n" for row in rows))
    assert episodes.read_episodes(path) == played


CHANGES = {
    "an observation": (2, lambda rows: rows[2].update(observation="x")),
    "the header": (1, lambda rows: rows[0].update(seed=7)),
    "a hash": (2, lambda rows: rows[2].update(hash="0" * 16)),
    "a turn taken out": (1, lambda rows: rows.pop(1)),
    "two turns exchanged": (1, lambda rows: rows.insert(1, rows.pop(2))),
    "a turn put in": (2, lambda rows: rows.insert(1, dict(rows[1]))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_line_that_was_changed_is_refused_with_file_line_and_turn(tmp_path, scenario, change):
    made, path = scenario(), tmp_path / "e.jsonl"
    lineup = webenvs.lineup(
        lambda o, i: close(i, "x") if o["turn"] > 1 else say("fetch", url=f"{SITE}alba")
    )
    episodes.write_episodes(path, [episodes.play(made, lineup, 0)])
    rows = rows_of(path)
    first, tamper = CHANGES[change]
    tamper(rows)
    path.write_bytes(b"".join(seeding.canonical_json(row) + b"\n" for row in rows))
    words = rf"e\.jsonl, line {first + 1}: turn \d does not fit its hash: it was changed"
    with pytest.raises(EpisodeFileError, match=words):
        episodes.read_episodes(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EpisodeFileError, match=r"Cannot read .*none\.jsonl: No such file"):
        episodes.read_episodes(tmp_path / "none.jsonl")
    with pytest.raises(EpisodeFileError, match=r"Cannot read .*: Is a directory"):
        episodes.read_episodes(tmp_path)


def test_a_failing_writer_leaves_the_old_file_and_nothing_half_written(tmp_path, played):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, played[:1])
    kept = path.read_bytes()

    def failing():
        yield played[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        episodes.write_episodes(path, failing())
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_regular_file_is_not_replaced(tmp_path, played):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SettingError, match="pipe is no regular file"):
        episodes.write_episodes(pipe, played)
    assert pipe.is_fifo()


def test_what_a_link_leads_to_is_written(tmp_path, played):
    link, file = tmp_path / "link", tmp_path / "file.jsonl"
    link.symlink_to(file)
    episodes.write_episodes(link, played)
    assert link.is_symlink()
    assert episodes.read_episodes(file) == list(played)


def test_a_written_file_can_be_read_by_others(tmp_path, played):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, played)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
