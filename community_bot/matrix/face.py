"""The Matrix face: takes what happened in the rooms to the desk, and says what the desk answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from community_bot.commands.desk import Desk
from community_bot.commands.request import Incoming, Reply
from community_bot.domain.account import Account
from community_bot.locales import Catalogues, Language
from community_bot.matrix.arrivals import ArrivalService, Greeter
from community_bot.matrix.dialogue import AGAIN, ANSWER, Dialogues, Notes
from community_bot.matrix.happenings import Came, Happening, Invited, Knocked, Reacted, Said, Went
from community_bot.matrix.invitations import Invitations
from community_bot.matrix.knocks import KnockHandler, Knocks
from community_bot.matrix.lines import MEANT, Lines
from community_bot.matrix.places import Places
from community_bot.matrix.reading import Line, body_of, line_for_us
from community_bot.matrix.voice import Place, Voice
from community_bot.matrix.words import Vocabulary
from community_bot.platforms.matrix_cards import actions_in, number_of, root_of
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_rooms import PrivateRooms

OPEN = "form.open"
"""The action of a button that opens a form; its argument is the form's name and, behind a space, its argument."""


@dataclass(frozen=True, slots=True)
class MatrixHomes:
    """``lobbies`` are the rooms where people arrive, with their language; ``shared`` all other rooms of ours.

    ``entered`` are those of both that the face has to get into by itself: not the bridge's, which enters its own
    and keeps count of since when it hears them.
    """

    lobbies: Mapping[str, Language]
    shared: Collection[str] = ()
    entered: Collection[str] = ()


async def nowhere() -> Collection[str]:
    """Say that there is no door at which anybody could knock."""
    return ()


class MatrixFace:
    """Fulfils :class:`community_bot.matrix.sync.Listener`. ``spell`` is the port's.

    ``knocked`` decides about who asks to be let into a space; without it nobody is answered. ``doors`` says at
    which Matrix spaces somebody may have knocked while nobody listened.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        rooms: PrivateRooms,
        desk: Desk,
        catalogues: Catalogues,
        notes: Notes,
        *,
        spell: Callable[[str, Language], str],
        homes: MatrixHomes,
        arrivals: ArrivalService | None = None,
        knocked: KnockHandler | None = None,
        doors: Callable[[], Awaitable[Collection[str]]] = nowhere,
    ) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._desk = desk
        self._spell = spell
        self._homes = homes
        self._places = Places(homeserver, homes.lobbies, homes.shared)
        self._lines = Lines(desk, Vocabulary(desk.registry, catalogues))
        self._voice = Voice(homeserver, rooms, desk)
        self._dialogues = Dialogues(homeserver, desk, notes, catalogues)
        self._invitations = Invitations(homeserver, rooms, desk)
        self._greeter = None if arrivals is None else Greeter(homeserver, rooms, arrivals, homes.lobbies)
        self._knocks = None if knocked is None else Knocks(homeserver, knocked)
        self._doors = doors
        self._names: tuple[str, ...] | None = None

    # ── what the sync brings

    def expect(self, rooms: Collection[str]) -> None:
        """Take in which rooms we have been in since before a restart."""
        self._places.expect(rooms)

    def learn(self, room: str, told: Mapping[str, Any]) -> None:
        """Take in what a sync tells of a room."""
        self._places.learn(room, told)

    def lost(self, room: str) -> None:
        """Forget a room we left."""
        self._places.lost(room)

    async def begin(self) -> None:
        """Enter our rooms, and see to who is still waiting since before a restart."""
        for room in self._homes.entered:
            if not self._places.knows(room):
                await self._invitations.enter(room)
        if self._greeter is not None:
            await self._greeter.catch_up()
        if self._knocks is not None:
            await self._knocks.catch_up(await self._doors())

    async def close(self) -> None:
        """Stop greeting and opening."""
        if self._knocks is not None:
            await self._knocks.close()
        if self._greeter is not None:
            await self._greeter.close()

    async def act(self, happening: Happening) -> bool:
        """Do what follows; return False when nothing does, as from most of what people say to each other.

        Raises the kinds of ``EndError`` when the homeserver stays away.
        """
        match happening:
            case Came() if self._greeter is not None and self._places.is_home(happening.room):
                await self._greeter.came(happening)
            case Went():
                await self._went(happening)
            case Knocked() if self._knocks is not None:
                await self._knocks.heard(happening)
            case Invited():
                wanted = happening.room in self._homes.entered
                incoming = await self._incoming(happening, private=True)
                await self._invitations.accept(happening, incoming, wanted=wanted)
            case Said():
                return await self._said(happening)
            case Reacted():
                return await self._reacted(happening)
            case _:
                return False
        return True

    async def _went(self, went: Went) -> None:
        self._rooms.forget(went.person)
        await self._dialogues.drop(Account("matrix", went.person), went.room)
        if self._greeter is not None and self._places.is_home(went.room):
            await self._greeter.went(went)

    # ── words

    def is_for_the_bot(self, text: str) -> bool:
        """Say whether what was said in a shared room is a command: the bridge lets it stay there."""
        line = line_for_us(text, private=False, names=())
        return self._lines.is_foreign(text) if line is None else self._lines.is_command(line)

    async def _said(self, said: Said) -> bool:
        """Answer what was said to the bot; return False when it was not."""
        private = await self._places.is_private(said.room)
        line = line_for_us(said.text, private=private, names=await self._own_names())
        if line is None and not self._lines.is_foreign(said.text):
            return False
        if await self._places.is_encrypted(said.room):
            return False
        await self._answer(said, line, private=private)
        return True

    async def _answer(self, said: Said, line: Line | None, *, private: bool) -> None:
        place = Place(said.room, private, said.event, said.thread)
        incoming = await self._incoming(said, private=private)
        if private and line is not None and await self._answered_form(incoming, place, line, said):
            return
        if said.again and await self._voice.has_answered(incoming, place):
            return
        where = f"{said.room} {said.event}"
        if line is None:
            reply = await self._lines.answer_foreign(incoming, said.text, where)
        elif private and re.fullmatch(r"\d{1,2}", line.text):
            await self._typed_number(incoming, place, int(line.text))
            return
        else:
            reply = await self._lines.answer(incoming, line, where)
        if reply is not None:
            await self._show(incoming, place, reply)

    async def _answered_form(self, incoming: Incoming, place: Place, line: Line, said: Said) -> bool:
        """Take a line as the answer to an open form; a command with its prefix stays a command."""
        state = await self._dialogues.open(incoming.account, place.room)
        if state is None or (line.called != "room" and self._lines.is_command(line)):
            return False
        if state.last != said.event and said.again and await self._voice.has_answered(incoming, place):
            return True
        reply = await self._dialogues.answer(incoming, state, said.text, said.event, said.thread)
        if reply is not None:
            await self._show(incoming, place, reply)
        return True

    # ── buttons

    async def _reacted(self, reacted: Reacted) -> bool:
        """Press the button that a sign stands for; return False when it stands for none."""
        number = number_of(reacted.sign)
        if number is None or await self._places.is_encrypted(reacted.room):
            return False
        card = await self._homeserver.event(reacted.room, reacted.target)
        if card is None or card.get("sender") != self._homeserver.user_id:
            # anybody can write a message that looks like a card
            return False
        actions = actions_in(card)
        if not 1 <= number <= len(actions):
            return False
        private = await self._places.is_private(reacted.room)
        thread = _thread_of(card)
        place = Place(reacted.room, private, reacted.event, thread, root_of(card), sign=True)
        incoming = await self._incoming(reacted, private=private)
        if not (reacted.again and await self._voice.has_answered(incoming, place)):
            await self._press(incoming, place, *actions[number - 1])
        return True

    async def _typed_number(self, incoming: Incoming, place: Place, number: int) -> None:
        """Press a button of the newest card in a private room."""
        for event in await self._homeserver.own_messages(place.room):
            actions = actions_in(event)
            if not actions:
                continue
            if not 1 <= number <= len(actions) or actions[number - 1][0] == ANSWER:
                break
            card = Place(place.room, place.private, place.event, place.thread, root_of(event))
            await self._press(incoming, card, *actions[number - 1])
            return
        t = (await self._desk.request(incoming)).t
        await self._show(incoming, place, Reply(t("matrix.number.none")))

    async def _press(self, incoming: Incoming, place: Place, action: str, argument: str) -> None:
        if action == ANSWER:
            await self._pressed_answer(incoming, place, argument)
        elif action in (OPEN, AGAIN):
            name, _, rest = argument.partition(" ")
            await self._open_form(incoming, place, name, rest, again=action == AGAIN)
        elif action == MEANT:
            await self._run_as_meant(incoming, place, argument)
        else:
            await self._show(incoming, place, await self._desk.press(incoming, action, argument))

    async def _pressed_answer(self, incoming: Incoming, place: Place, argument: str) -> None:
        state = await self._dialogues.open(incoming.account, place.room)
        said = None if state is None else self._dialogues.answer_of(state, argument)
        if state is None or said is None:
            return
        reply = await self._dialogues.answer(incoming, state, said, place.event, place.thread)
        if reply is not None:
            await self._show(incoming, place, reply)

    async def _run_as_meant(self, incoming: Incoming, place: Place, argument: str) -> None:
        """Run a line as it was meant: the argument is ``<room> <event>``, and the line must be the person's own."""
        room, _, event_id = argument.partition(" ")
        event = await self._homeserver.event(room, event_id)
        if event is None or event.get("sender") != incoming.account.user_id:
            return
        text = body_of(event.get("content", {}))
        private = await self._places.is_private(room)
        line = line_for_us(text, private=private, names=await self._own_names()) or Line(text, "prefix")
        reply = await self._lines.run_as_meant(incoming, line)
        if reply is not None:
            await self._show(incoming, place, reply)

    # ── answers

    async def _show(self, incoming: Incoming, place: Place, reply: Reply) -> None:
        await self._voice.say(incoming, place, reply)
        if reply.form is not None:
            await self._open_form(incoming, place, reply.form.name, reply.form.argument)

    async def _open_form(
        self, incoming: Incoming, place: Place, name: str, argument: str, *, again: bool = False
    ) -> None:
        room = await self._voice.room_for(incoming, place)
        if room is None:
            return
        refused = await self._dialogues.start(incoming, room, name, argument, place.event, again=again)
        if refused is not None:
            await self._voice.say(incoming, place, refused)

    async def _incoming(self, happening: Happening, *, private: bool) -> Incoming:
        return Incoming(
            account=Account("matrix", happening.person),
            names=await self._places.names(happening.room, happening.person),
            client_language=None,
            room_language=self._places.language(happening.room),
            home=None if private else happening.room,
            private=private,
            spell=self._spell,
            place=None if private else happening.room,
        )

    async def _own_names(self) -> tuple[str, ...]:
        """Return what people call the bot by: its id, and the name it shows."""
        if self._names is None:
            own = self._homeserver.user_id
            self._names = (own, await self._homeserver.display_name(own) or "")
        return self._names


def _thread_of(event: Mapping[str, Any]) -> str | None:
    relation = event.get("content", {}).get("m.relates_to", {})
    return str(relation["event_id"]) if relation.get("rel_type") == "m.thread" else None
