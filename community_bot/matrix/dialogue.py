"""Filling in a form by talking: one question at a time, numbers to choose, ``back``, ``stop``.

What was answered is kept sealed, so a restart in the middle changes nothing. It is kept before the next question
is asked, and everything said has a transaction id from the answer it follows, so a crash in between says nothing
twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from community_bot.commands.desk import Desk
from community_bot.commands.forms import Answers, Field, Form
from community_bot.commands.request import Incoming, Reply
from community_bot.domain.account import Account
from community_bot.locales import Catalogues, Language, Markup, Translator, escape
from community_bot.matrix.questions import NotAnAnswerError, SmallWords, read_answer, spell, write_question
from community_bot.platforms.matrix_cards import ACTIONS, ANSWERS, SIGNS, message
from community_bot.platforms.matrix_homeserver import Homeserver, transaction

ANSWER = "form.answer"
"""The action of a number under a question; its argument is the field's name and the number."""
AGAIN = "form.again"


class Notes(Protocol):
    """Where unfinished forms are kept."""

    async def get(self, platform: str, user_id: str) -> bytes | None: ...

    async def put(self, platform: str, user_id: str, form: str, plain: bytes) -> None: ...

    async def remove(self, platform: str, user_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class State:
    """How far somebody is. ``earlier`` are answers of a form that is filled in again, as a start for each question.

    ``asked`` is the field that waits for an answer, empty when the form was sent and can be opened again. ``last``
    is the message acted on last. ``root`` begins the thread; ``threaded``: the person answers in it.
    """

    form: str
    argument: str
    room: str
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: str = ""
    last: str = ""
    root: str = ""
    threaded: bool = False

    @property
    def known(self) -> Answers:
        return {**self.earlier, **self.answers}

    def dump(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def load(cls, plain: bytes) -> State:
        told: dict[str, Any] = json.loads(plain)
        for name in ("answers", "earlier"):
            told[name] = {key: tuple(values) for key, values in told[name].items()}
        return cls(**told)


class Dialogues:
    """All forms that are being filled in."""

    def __init__(self, homeserver: Homeserver, desk: Desk, notes: Notes, catalogues: Catalogues) -> None:
        self._homeserver = homeserver
        self._desk = desk
        self._notes = notes
        self._words = SmallWords(catalogues)

    async def open(self, account: Account, room: str) -> State | None:
        """Return the form that waits for an answer in this room."""
        state = await self._kept(account)
        return state if state is not None and state.asked and state.room == room else None

    async def drop(self, account: Account, room: str) -> None:
        """Forget an unfinished form: its person left the room."""
        state = await self._kept(account)
        if state is not None and state.room == room:
            await self._forget(account)

    async def start(
        self, incoming: Incoming, room: str, name: str, argument: str, key: str, *, again: bool = False
    ) -> Reply | None:
        """Ask a form's first question, instead of any form begun before; returns why not, when it cannot be.

        With ``again`` the answers given to it before are offered.
        """
        kept = await self._kept(incoming.account)
        if kept is not None and kept.last == key and kept.form == name:
            # begun before a crash, and perhaps not said: the homeserver drops what it has already
            return await self._go_on(incoming, kept, key)
        same = again and kept is not None and (kept.form, kept.argument) == (name, argument)
        earlier = dict(kept.known) if same and kept is not None else {}
        return await self._go_on(incoming, State(name, argument, room, earlier=earlier, last=key), key)

    async def answer(
        self, incoming: Incoming, state: State, said: str, event: str, thread: str | None
    ) -> Reply | None:
        """Take an answer and ask on; returns what is to be shown when the form is over."""
        if state.last == event:
            # heard again after a crash: what follows is said again, and dropped where it was said
            return await self._go_on(incoming, state, event)
        state = replace(state, last=event, threaded=thread is not None and thread == state.root)
        meaning = self._words.meaning(said)
        if meaning == "stop":
            await self._forget(incoming.account)
            t = await self._translator(incoming, state)
            return Reply(t("matrix.form.stopped"))
        form = await self._build(incoming, state)
        if isinstance(form, Reply):
            return form
        before: Markup | None = None
        asked = next((each for each in form.fields if each.name == state.asked), None)
        if meaning == "back":
            state = _one_back(state, form)
        elif asked is not None:
            state, before = await self._take(incoming, state, asked, said)
        return await self._go_on(incoming, state, event, before=before)

    async def _take(self, incoming: Incoming, state: State, asked: Field, said: str) -> tuple[State, Markup | None]:
        """Return how far somebody is with an answer, or as before and what is wrong with it."""
        t = await self._translator(incoming, state)
        try:
            given = read_answer(asked, said, self._words)
        except NotAnAnswerError as error:
            return state, t(error.text, **error.values)
        answers = {**state.answers, asked.name: given}
        refused = await self._desk.check(incoming, state.form, state.argument, answers)
        if refused is not None:
            return state, refused.text
        return replace(state, answers=answers), None

    def answer_of(self, state: State, argument: str) -> str | None:
        """Read a number pressed under a question; None when another question waits by now."""
        name, _, number = argument.rpartition(" ")
        return number if name == state.asked else None

    # ── asking

    async def _go_on(
        self, incoming: Incoming, state: State, key: str, *, before: Markup | None = None
    ) -> Reply | None:
        form = await self._build(incoming, state)
        if isinstance(form, Reply):
            return form
        asked = next((each for each in form.fields if each.name not in state.answers), None)
        if asked is None:
            return await self._submit(incoming, state)
        state = replace(state, asked=asked.name)
        await self._keep(incoming.account, state)
        t = await self._translator(incoming, state)
        text = write_question(asked, t)
        if not state.root:
            how = t("matrix.form.how", back=spell(t, "back"), stop=spell(t, "stop"))
            text = Markup(f"**{escape(form.title)}**\n{how}\n\n{text}")
        if before is not None:
            text = Markup(f"{before}\n\n{text}")
        event = await self._ask(state, asked, text, key)
        if not state.root:
            await self._keep(incoming.account, replace(state, root=event))
        return None

    async def _ask(self, state: State, asked: Field, text: Markup, key: str) -> str:
        content = message(text) | {ANSWERS: key}
        if state.root and state.threaded:
            content["m.relates_to"] = thread_relation(state.root, state.last)
        signs = SIGNS[: len(asked.choices)] if asked.kind == "choice" else ()
        if signs:
            content[ACTIONS] = [[ANSWER, f"{asked.name} {number}"] for number in range(1, len(asked.choices) + 1)]
        event = await self._homeserver.say(state.room, content, transaction(key, "question"))
        for sign in signs:
            await self._homeserver.react(state.room, event, sign)
        return event

    async def _submit(self, incoming: Incoming, state: State) -> Reply:
        await self._keep(incoming.account, state)
        reply = await self._desk.submit(incoming, state.form, state.argument, state.answers)
        if any(button.action == AGAIN for button in reply.buttons):
            await self._keep(incoming.account, replace(state, asked="", answers={}, earlier=dict(state.known)))
        else:
            await self._forget(incoming.account)
        return reply

    async def _build(self, incoming: Incoming, state: State) -> Form | Reply:
        """Return the form as it stands. One that cannot be filled in any more is dropped."""
        if state.form not in self._desk.registry.forms:
            await self._forget(incoming.account)
            return await self._desk.submit(incoming, state.form, state.argument, state.answers)
        form = await self._desk.build(incoming, state.form, state.argument, state.known)
        if isinstance(form, Reply):
            await self._forget(incoming.account)
        return form

    async def _translator(self, incoming: Incoming, state: State) -> Translator:
        handler = self._desk.registry.forms.get(state.form)
        language: Language | None = handler.language(state.known) if handler is not None else None
        return (await self._desk.request(incoming, language)).t

    # ── keeping

    async def _kept(self, account: Account) -> State | None:
        plain = await self._notes.get(account.platform, account.user_id)
        try:
            return None if plain is None else State.load(plain)
        except (TypeError, ValueError, AttributeError):
            # kept by another version of the software: the person begins again
            return None

    async def _keep(self, account: Account, state: State) -> None:
        await self._notes.put(account.platform, account.user_id, state.form, state.dump())

    async def _forget(self, account: Account) -> None:
        await self._notes.remove(account.platform, account.user_id)


def _one_back(state: State, form: Form) -> State:
    """Take back the last answer; it stays as a start for its question."""
    given = [each.name for each in form.fields if each.name in state.answers]
    if not given:
        return state
    answers = {name: value for name, value in state.answers.items() if name != given[-1]}
    return replace(state, answers=answers, earlier={**state.earlier, given[-1]: state.answers[given[-1]]})


def thread_relation(root: str, answered: str) -> Mapping[str, Any]:
    """Return the relation of a message in a thread, as a reply for apps that know none."""
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": answered},
    }
