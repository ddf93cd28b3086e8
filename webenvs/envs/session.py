"""A session: one synchronous, deterministic episode, on which every face of the suite stands.

Its state is a pure function of (scenario, task, seed, messages). It can be saved, restored and
forked at any point.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from webenvs.actions.mapping import written
from webenvs.envs import clock, hints, mail, native, prompts, rules
from webenvs.envs.kits import RoleKit, read_schemas
from webenvs.envs.opening import essential, start
from webenvs.envs.saving import copied, opened, saved
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, State
from webenvs.envs.toolsets import announced, kit_for, kit_of
from webenvs.errors import NoiseError, PlayerError, SettingError, bad_setting
from webenvs.records import Episode, FrameRecord, Message, Result, Task, Turn
from webenvs.seeding import digest
from webenvs.text import clip, printable


class Session:
    """Who acts next, what it sees, and what its message does."""

    __slots__ = ("_schemas", "scenario", "state", "task")

    def __init__(self, scenario: Scenario, task: Task, seed: int, number: int = 0) -> None:
        """Open the root's frame on `task`; `seed` keys every draw of the episode.

        `number` counts the episodes of a training run before it, which schedules of noise go by.

        Raises SettingError for a task without a start page in a game that needs one.
        """
        self.scenario = scenario
        self.task = task
        self._schemas: dict[bytes, tuple[dict[str, Any], ...]] = {}
        state = State(
            task=task.id,
            question=task.question,
            seed=seed,
            number=number,
            essential=essential(task),
            start=start(scenario, task, seed, number),
        )
        self.state = rules.begin(scenario, state)

    @classmethod
    def blank(cls, scenario: Scenario) -> "Session":
        """A session without an episode, for `take` alone to fill."""
        made = object.__new__(cls)
        made.scenario, made._schemas = scenario, {}
        return made

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.state.end is not None

    @property
    def to_act(self) -> tuple[str, ...]:
        """The players that have yet to act in this round, in order; empty when over."""
        return tuple(self.state.round) if self.state.end is None else ()

    def act(self, message: str | Mapping[str, Any]) -> Turn:
        """Play the message of the first player of `to_act`; returns the turn.

        Raises PlayerError if `message` is neither text nor a mapping, SettingError when the
        episode is over. No text raises; NoiseError where a noise model of the user's own is wrong,
        which aborts the episode.
        """
        _check_message(message)
        if not self.to_act:
            raise SettingError("The episode is over: reset before acting again.")
        try:
            turn = self._played(message)
        except NoiseError as fault:
            self.abort(fault)
            raise
        return self._scored(turn)

    def abort(self, fault: Exception) -> None:
        """End the episode by a fault from outside: it does not count."""
        self.state.end, self.state.fault = "aborted", f"{type(fault).__name__}: {fault}"

    def observe(self, player: str) -> dict[str, Any]:
        """What `player` sees now: text, its turn in this frame, turns and searches left.

        turn counts the player's messages in its frame from 0; turns_left is 0 at the closing
        message; live says whether the player has something to do.
        """
        frame = self._frame(player)
        if frame is None or self.state.end is not None:
            return {"text": self._idle_text(), "turn": 0, "turns_left": 0, "live": 0}
        left = 0
        if frame.closing is None:
            left = self.scenario.kits[frame.role].role.budget.turns - frame.turns
        text = prompts.WAITING if frame.waiting else frame.observation
        return {"text": text, "turn": frame.turns, "turns_left": left, "live": 1 - frame.waiting}

    def info(self, player: str) -> dict[str, Any]:
        """What a trainer may know of `player` now; nothing in it tells the answer.

        messages: its chat transcript; tools: function schemas of what it can call now; budget: what
        is left; statuses, errors, attempts, latency (virtual seconds): of the results it is looking
        at, late reports last; clock: the virtual time it is for it; reward_terms: gained by the
        last message; env_errors, termination, loss_mask_hint: see `envs.hints`. What callers change
        in it changes no transcript and no other episode.
        """
        state, scenario = self.state, self.scenario
        frame = self._frame(player) or self._last_frame(player)
        kit = kit_of(scenario, frame) if frame else kit_for(scenario, state, player)
        slots = _in_sight(frame)
        clocked = scenario.broker is not None
        return {
            "player": player,
            "role": kit.role.name,
            "task_id": state.task,
            "codec": scenario.codec.name,
            "messages": tuple([entry.copy() for entry in frame.messages]) if frame else (),
            "tools": self._tools(kit, frame.turns if frame else 0),
            "budget": self._left(kit, frame) if frame else {},
            "closing": frame is not None and frame.closing is not None,
            "statuses": tuple([slot.status for slot in slots]),
            "errors": tuple([slot.error for slot in slots]),
            "attempts": tuple([slot.attempts for slot in slots]) if clocked else (1,) * len(slots),
            "latency": tuple([slot.seconds for slot in slots]) if clocked else (0,) * len(slots),
            "clock": frame.clock if frame else 0,
            "env_errors": self._env_errors(player) if state.env_errors else 0,
            "reward_terms": dict(state.gained[player]) if player in state.gained else {},
            "end": state.end,
            "termination": state.end and hints.termination(state.end),
            "loss_mask_hint": state.end is not None and hints.loss_mask(state, player),
            "valid": state.end != "aborted",
            "fault": state.fault,
        }

    def native(self, player: str) -> list[dict[str, Any]]:
        """The transcript of `player` as native chat; see `chat.native_messages`."""
        frame = self._frame(player) or self._last_frame(player)
        return native.transcript(self.scenario, self.state, frame) if frame else []

    def spelled(self, message: str | Mapping[str, Any]) -> str:
        """A message as the transcript would hold it, were it played now: a mapping in the codec.

        Raises as `act` does.
        """
        _check_message(message)
        if not self.to_act:
            raise SettingError("The episode is over: reset before acting again.")
        return self._read(message, kit_of(self.scenario, self._seated(self.to_act[0])))[0]

    def noise(self, player: str) -> list[dict[str, Any]]:
        """What was done to the results that `player` is looking at; not for players.

        One entry a result and model: call (its id), tool, name, and the model's own detail. What
        was done to the tools of a frame stands beside its first observation, without call and tool.
        """
        if not self.scenario.web.mixture:
            return []
        frame = self._frame(player)
        told = announced(frame) if frame else []
        return told + [
            {
                "call": slot.call,
                "tool": slot.tool,
                "name": name,
                "detail": msgspec.to_builtins(_as_met(slot, frame).details.get(name, {})),  # a copy
            }
            for slot in _in_sight(frame)
            for name in _as_met(slot, frame).noise
        ]

    def gained(self) -> dict[str, float]:
        """The reward every player got for the last message; terms in `state.gained`."""
        return dict.fromkeys(self.scenario.players, 0.0) | self.state.paid

    def worth(self, player: str) -> tuple[float, dict[str, float]]:
        """The reward and the terms that `player` would have, were the episode scored as it is now.

        At the end they are what it was paid. A player that has never had anything to do has none.
        """
        if self.state.end is not None or self.scenario.dense:
            terms, rewards = self.state.terms, self.state.rewards
        else:
            terms, rewards = self._worths()
        return rewards.get(player, 0.0), dict(terms.get(player, {}))

    def episode(self) -> Episode:
        """The episode so far as a record; it has its fingerprint once it is over."""
        state = self.state
        episode = msgspec.structs.replace(
            self._to_score(),
            settings=self.scenario.settings,
            corpus=self.scenario.web.corpus.digest,
            valid=state.end != "aborted",
            terms=state.terms,
            rewards=state.rewards,
        )
        if state.end is None:
            return episode
        return msgspec.structs.replace(episode, fingerprint=digest(episode))

    def snapshot(self) -> dict[str, Any]:
        """The whole state as JSON-able data, each text written once."""
        return saved(self.scenario, self.state)

    def restore(self, data: Mapping[str, Any]) -> None:
        """Return to a snapshot; raises SettingError, with nothing changed, for any that is refused.

        That is one of another format, id, version, corpus or settings, and one that is damaged;
        UnknownNameError for a task that there is no longer.
        """
        self.take(*self.opened(data))

    def opened(self, data: object) -> tuple[State, Task]:
        """The state and the task in a snapshot; raises as `restore` does."""
        state = opened(self.scenario, data)
        task = getattr(self, "task", None)
        if task is not None and state.task == task.id:
            return state, task
        return state, self.scenario.tasks.get(state.task)

    def take(self, state: State, task: Task) -> None:
        """Go on from what `opened` returned."""
        self.state, self.task = state, task

    def fork(self) -> "Session":
        """An independent copy that goes on from here."""
        copy = Session.blank(self.scenario)
        copy.take(copied(self.state), self.task)
        return copy

    def substitute(self, frame: int, report: str) -> None:
        """Have `report` stand for whatever the player of an open frame reports; "": nothing.

        For counterfactuals. Raises SettingError for a frame that is the root's, over, or unknown.
        """
        frames = self.state.frames
        known = 0 < frame < len(frames) and frames[frame].end is None
        if not known or frames[frame].parent is None:
            raise bad_setting("frame", frame, "the index of an open frame that reports to another")
        room = self.scenario.kits[frames[frame].role].role.report_characters
        frames[frame].instead = clip(printable(report).strip(), room)

    def _frame(self, player: str) -> FrameState | None:
        """The open frame that `player` sits in, or None."""
        for frame in reversed(self.state.frames):
            if frame.player == player and frame.end is None:
                return frame
        return None

    def _seated(self, player: str) -> FrameState:
        return next(f for f in self.state.frames if f.player == player and f.end is None)

    def _last_frame(self, player: str) -> FrameState | None:
        return next((f for f in reversed(self.state.frames) if f.player == player), None)

    def _idle_text(self) -> str:
        end = self.state.end
        return prompts.WAITING if end is None else prompts.over_text(end)

    def _env_errors(self, player: str) -> int:
        """The environment's failures so far: those that met the player, the root everyone's."""
        counts = self.state.env_errors
        return sum(counts.values()) if player == self.scenario.players[0] else counts.get(player, 0)

    def _tools(self, kit: RoleKit, turn: int) -> list[dict[str, Any]]:
        """The function schemas at a turn; check_env wants no shared tuple of them."""
        written = kit.stage(turn).schemas
        if written not in self._schemas:
            self._schemas[written] = read_schemas(written)
        return list(self._schemas[written])

    def _left(self, kit: RoleKit, frame: FrameState) -> dict[str, float]:
        budget = kit.role.budget
        left: dict[str, float] = {"turns": max(0, budget.turns - frame.turns)}
        for tool, limit in kit.stage(frame.turns).limits.items():
            left[tool] = limit - frame.counts.get(kit.true(tool), 0)
        if budget.characters is not None:
            left["characters"] = max(0, budget.characters - frame.characters)
        if budget.workers is not None:
            left["delegations"] = budget.workers - mail.delegations(self.state, frame)
        if budget.seconds is not None:
            left["seconds"] = clock.left(frame, budget.seconds)
        left["invalid"] = max(0, budget.invalid - frame.invalid)
        return left

    def _played(self, message: str | Mapping[str, Any]) -> Turn:
        """The turn of a message, before it is scored."""
        state, scenario = self.state, self.scenario
        frame = self._seated(state.round[0])
        text, said, mapped = self._read(message, kit_of(scenario, frame))
        player = state.round.pop(0)
        seen, closing = frame.observation, frame.closing is not None
        calls, results = rules.play(scenario, state, frame, text, said)
        turn = Turn(
            index=len(state.turns),
            player=player,
            frame=frame.index,
            observation=seen,
            message=text,
            mapping=mapped,
            thought=said.thought,
            calls=calls,
            errors=said.errors,
            results=results,
            closing=closing,
        )
        state.turns.append(turn)
        rules.settle(scenario, state)
        return turn

    def _read(self, message: str | Mapping[str, Any], kit: RoleKit) -> tuple[str, Message, bool]:
        """The message as text and as read, and whether the text is the JSON of a mapping.

        A mapping is written in the codec if that can carry it, without its thought if need be, so
        that transcripts hold one format; else its JSON stands for it.
        """
        codec, tools = self.scenario.codec, kit.tools
        if isinstance(message, str):
            text = printable(str(message))  # numpy.str_ is a str that JSON does not know
            return text, codec.parse(text, tools), False
        said = codec.parse(message, tools)
        if not said.errors:
            for form in (said, msgspec.structs.replace(said, thought="")):
                try:
                    return codec.format(form, tools), form, False
                except ValueError:
                    continue
        try:
            return printable(written(message)), said, True
        except (TypeError, ValueError, RecursionError):
            text = f"(a message that is not text: {'; '.join(said.errors)})"
            return text, codec.parse(text, tools), False

    def _scored(self, turn: Turn) -> Turn:
        """Score the episode so far, if it is time, and write what was gained into the turn."""
        state = self.state
        state.gained, state.paid = {}, {}
        due = self.scenario.dense or state.end is not None
        if not due or state.end == "aborted":
            return turn
        terms, rewards = self._worths()
        state.gained = {
            player: _difference(row, state.terms.get(player, {})) for player, row in terms.items()
        }
        state.paid = _difference(rewards, state.rewards)
        state.terms, state.rewards = terms, rewards
        state.turns[-1] = msgspec.structs.replace(turn, terms=state.gained)
        return state.turns[-1]

    def _worths(self) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
        """The terms and the reward of everyone who has had something to do, scored now."""
        reward = self.scenario.reward
        sat = {frame.player for frame in self.state.frames}
        players = [player for player in self.scenario.players if player in sat]
        terms = reward.terms(self.task, self._to_score(), players)
        roles = {player: self.scenario.role_of(player) for player in terms}
        return terms, {player: reward.scalar(player, roles[player], terms) for player in terms}

    def _to_score(self) -> Episode:
        """The episode as rewards read it: turns, frames, answer and end."""
        state = self.state
        return Episode(
            env=self.scenario.env,
            settings={},
            corpus="",
            task=state.task,
            seed=state.seed,
            number=state.number,
            turns=tuple(state.turns),
            frames=tuple([_frame_record(frame) for frame in state.frames]),
            answer=state.answer,
            end=state.end,
        )


def message_of(turn: Turn) -> str | dict[str, Any]:
    """The message of a turn as `act` takes it to play the turn again."""
    if not turn.mapping:
        return turn.message
    return msgspec.json.decode(turn.message, type=dict[str, Any])


def _frame_record(frame: FrameState) -> FrameRecord:
    return FrameRecord(
        index=frame.index,
        role=frame.role,
        player=frame.player,
        parent=frame.parent,
        call=frame.call,
        request=frame.request,
        report=frame.report,
        end=frame.end,
        noise=tuple(frame.noise),
        details=dict(frame.details),
        error=frame.error,
    )


def _in_sight(frame: FrameState | None) -> list[Result]:
    """The results that a player is looking at, late reports last."""
    if frame is None:
        return []
    seen = [slot for slot in frame.slots if slot is not None]
    return seen + frame.late if frame.late else seen


def _as_met(result: Result, frame: FrameState | None) -> Result:
    """The result that a duplicate repeats; any other as it is."""
    if result.status != "duplicate" or frame is None:
        return result
    for seen in frame.seen.values():
        if (seen.result.tool, seen.result.content) == (result.tool, result.content):
            return seen.result
    return result


def _check_message(message: object) -> None:
    if not isinstance(message, str | Mapping):
        kind = type(message).__name__
        raise PlayerError(f"A message is text or a mapping with 'calls', not {kind}.")


def _difference(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}
