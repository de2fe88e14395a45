"""What the network does on Matrix by itself; fulfils :class:`community_bot.platforms.port.PlatformPort`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from community_bot.domain.account import PlatformName
from community_bot.domain.layout import Change
from community_bot.locales import Catalogues, Language
from community_bot.platforms.matrix_cards import ACTIONS, latest_edit, message, show, shown_in, with_buttons
from community_bot.platforms.matrix_errors import explained
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_power import OF_PERSON, level_in, with_power
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import Card, ImpossibleError, Shown

PREFIX: Final = "."
"""What we write before a command: unlike ``!`` it can be typed on the Thai layout (DOMAIN 4.2)."""


class MatrixPort:
    """Acts through the bot's account."""

    platform: PlatformName = "matrix"

    def __init__(self, homeserver: Homeserver, rooms: PrivateRooms, catalogues: Catalogues) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._catalogues = catalogues

    async def tell(self, user_id: str, card: Card, *, key: str) -> Shown:
        """Show ``card`` in the person's private room, which is made when there is none.

        The same ``key`` for the same person shows nothing twice: it is the transaction id.
        """
        async with explained():
            room = await self._rooms.open(user_id)
            return Shown(room, await show(self._homeserver, room, card, key=f"tell|{key}|{room}"))

    async def post(self, place: str, card: Card, *, key: str) -> Shown:
        """Show ``card`` in a room, as what rings nowhere (``m.notice``)."""
        async with explained():
            shown = await show(self._homeserver, place, card, key=f"post|{key}|{place}", notice=True)
            return Shown(place, shown)

    async def revise(self, shown: Shown, card: Card) -> None:
        """Show ``card`` instead (``m.replace``); fine when it is what stands there. Files stay as they are.

        The transaction is derived from the edit that stands there now: a repetition is dropped, while going back
        to what was said before is not.
        """
        async with explained():
            event = await self._homeserver.event(shown.place, shown.ref)
            if event is None or event.get("sender") != self._homeserver.user_id or not event.get("content"):
                raise ImpossibleError("matrix.message_gone")
            now = shown_in(event)
            notice = now.get("msgtype") == "m.notice"
            after = message(with_buttons(card.text, card.buttons), card.buttons, notice=notice)
            if now.get(ACTIONS) == after.get(ACTIONS) and all(now.get(name) == after[name] for name in after):
                return
            key = f"revise|{shown.ref}|{latest_edit(event)}|{json.dumps(after, sort_keys=True)}"
            text_only = replace(card, files=())
            await show(self._homeserver, shown.place, text_only, key=key, replaces=shown.ref, notice=notice)

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        """Invite somebody to a room; fine when they are in it or invited.

        ``history`` changes nothing here: on Matrix what a newcomer sees is a rule of the whole room
        (``m.room.history_visibility``), not of one person. Rooms of the network are set to ``joined`` where nobody
        is to see what was said before (SAF-15).
        """
        async with explained():
            membership = await self._homeserver.membership(place, user_id)
            if membership == "ban":
                raise ImpossibleError("matrix.banned")
            if membership not in ("join", "invite"):
                await self._homeserver.invite(place, user_id)

    async def release(self, user_id: str, place: str) -> None:
        """Take somebody out of a room, or their invitation back; fine when they are not in it."""
        async with explained():
            if await self._homeserver.membership(place, user_id) in ("join", "invite", "knock"):
                await self._homeserver.kick(place, user_id)

    async def give_role(self, user_id: str, place: str, role: str) -> None:
        """Give somebody a power level, unless they stand at it or above."""
        level = int(role)
        async with explained():
            if user_id in await self._homeserver.states.creators(place):
                # of room version 12 on above all levels, and not to be named among them
                return
            given = Change(OF_PERSON + user_id, "", role)

            def work(content: dict[str, Any]) -> dict[str, Any]:
                return content if level_in(content, user_id) >= level else with_power(content, [given])

            await self._homeserver.states.change(place, "m.room.power_levels", work)

    async def take_role(self, user_id: str, place: str, role: str) -> None:
        """Take a power level again; one that somebody else gave stays."""
        level, taken = int(role), Change(OF_PERSON + user_id, role, "")

        def work(content: dict[str, Any]) -> dict[str, Any]:
            has = user_id in content.get("users", {}) and level_in(content, user_id) == level
            return with_power(content, [taken]) if has else content

        async with explained():
            await self._homeserver.states.change(place, "m.room.power_levels", work)

    async def take_back(self, place: str, ref: str) -> None:
        """Redact a message of the bot's own; fine when it is gone."""
        async with explained():
            await self._homeserver.redact(place, ref)

    def spell(self, path: str, language: Language) -> str:
        """Return how a command is typed: ``me alias`` is ``.me alias``, in Thai ``.ฉัน นามแฝง``.

        A word that has no text is left as it is.
        """
        t = self._catalogues.translator(language)
        words = path.split()
        keys = [".".join(("command", *words[:depth], "name")) for depth in range(1, len(words) + 1)]
        shown = [t.plain(key) if key in t else word for key, word in zip(keys, words, strict=True)]
        return PREFIX + " ".join(shown)
