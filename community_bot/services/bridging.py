"""The bridge for its people: how each end is, letting one pause, what of a message would cross (DOMAIN 3.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.locales import key
from community_bot.services.bridging_port import (
    BridgeDesk,
    Crossing,
    EndState,
    Named,
    PlaceNames,
    neighbours,
)
from community_bot.services.bridging_scope import language_of_place, platform_of, scope_of
from community_bot.services.network import Asker, Network, Unit, action
from db.bridge_rows import Place, Platform
from db.ids import EndId

MOST_SHOWN = 20
"""Ends in one answer; those in trouble come first."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One end as people are shown it; ``here``: it is where they ask."""

    state: EndState
    named: Named = field(default_factory=Named)
    here: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """Ends by conversation; ``more`` were left out because an answer has an end."""

    conversations: tuple[tuple[PlaceView, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Rested:
    """An end after it was let pause, or go on; ``changed`` is false where it was so already."""

    view: PlaceView
    changed: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What of a message would cross from a place; ``named`` are the other places' own names, in the same order."""

    crossings: tuple[Crossing, ...]
    named: tuple[Named, ...]


class Bridging:
    """What people ask of the bridge. ``here`` is the channel or room somebody asks in, None in private."""

    def __init__(self, network: Network, desk: BridgeDesk, names: PlaceNames) -> None:
        self._network = network
        self._desk = desk
        self._names = names

    @action
    async def status(self, account: Account, here: str | None) -> Overview:
        """Say how the ends of the conversation at hand are; in private, those of all that somebody looks after.

        Raises :class:`Refusal` ``joined.alone``, ``joined.none_yours`` or ``authority.*``.
        """
        ends = await self._desk.report()
        if here is not None:
            own = _end_at(ends, _place(account, here))
            await self._network.look(lambda unit: _gate(unit, account, own.settled))
            return await self._overview([own, *neighbours(own, ends)], own)
        mine = await self._network.look(lambda unit: _looked_after(unit, account, ends))
        if not mine:
            raise Refusal("joined.none_yours")
        return await self._overview(mine, None)

    @action
    async def places(self, account: Account, here: str | None) -> Overview:
        """Say with which places the one at hand is joined, and how. Whoever is there may know (SAF-9).

        Raises :class:`Refusal` ``joined.nowhere`` or ``joined.alone``.
        """
        await self._network.look(lambda unit: unit.asker(account, Power.ANYONE))
        if here is None:
            raise Refusal("joined.nowhere")
        ends = await self._desk.report()
        own = _end_at(ends, _place(account, here))
        return await self._overview([own, *neighbours(own, ends)], own)

    @action
    async def preview(self, account: Account, here: str | None, name: str, text: str = "") -> Outlook:
        """Say what would become of a message written here: at which ends, under which name, without what.

        Nothing is sent. ``text`` may be left out: then it is about any message. Raises as :meth:`places`.
        """
        await self._network.look(lambda unit: unit.asker(account, Power.ANYONE))
        if here is None:
            raise Refusal("joined.nowhere")
        crossings = self._desk.preview(_place(account, here), account, name)
        if not crossings:
            raise Refusal("joined.alone")
        if text and "://" not in text:
            # it has no link that could stay behind
            crossings = [
                replace(each, without=tuple(part for part in each.without if part != "links")) for each in crossings
            ]
        return Outlook(tuple(crossings), tuple([await self._names.of(each.place) for each in crossings]))

    @action
    async def pause(self, account: Account, here: str | None, end: str = "") -> Rested:
        """Let an end pause: nothing new goes out from it or comes in; what is taken back still is, everywhere.

        ``end`` names it where a button did. Raises :class:`Refusal` ``joined.nowhere``, ``joined.alone`` or
        ``authority.*``.
        """
        return await self._rest(account, here, end, paused=True)

    @action
    async def resume(self, account: Account, here: str | None, end: str = "") -> Rested:
        """Let an end go on. What was said meanwhile stays where it was said. Raises as :meth:`pause`."""
        return await self._rest(account, here, end, paused=False)

    async def _rest(self, account: Account, here: str | None, end: str, *, paused: bool) -> Rested:
        if not end and here is None:
            raise Refusal("joined.nowhere")
        ends = await self._desk.report()
        own = _end_of(ends, EndId(end)) if end else _end_at(ends, _place(account, here or ""))
        named = await self._names.of(own.place)
        changed = own.paused is not paused

        def work(unit: Unit) -> None:
            asker = _gate(unit, account, own.settled)
            if not changed:
                return
            unit.ledger.record(unit.today, asker.role, "joined.paused" if paused else "joined.resumed", "end")
            where = {
                "platform": platform_of(own.place),
                "place": own.place.ref,
                "language": language_of_place(unit.rules, named),
            }
            said = key("bridge.post_paused") if paused else key("bridge.post_resumed")
            unit.outbox.add("post", {**where, "text": said}, now=unit.now)

        await self._network.act(work)
        if changed:
            await self._desk.pause(own.id, paused=paused)
        return Rested(PlaceView(replace(own, paused=paused), named, here=True), changed)

    async def _overview(self, ends: Sequence[EndState], own: EndState | None) -> Overview:
        shown = sorted(ends, key=lambda each: each is not own and each.problem is None)[:MOST_SHOWN]
        by_conversation: dict[str, list[PlaceView]] = {}
        for each in shown:
            by_conversation.setdefault(each.conversation, []).append(await self._view(each, here=each is own))
        return Overview(tuple(map(tuple, by_conversation.values())), len(ends) - len(shown))

    async def _view(self, state: EndState, *, here: bool = False) -> PlaceView:
        return PlaceView(state, await self._names.of(state.place), here)


def _place(account: Account, here: str) -> Place:
    return Place(Platform(account.platform), here)


def _end_at(ends: Sequence[EndState], place: Place) -> EndState:
    found = next((each for each in ends if each.place == place), None)
    if found is None:
        raise Refusal("joined.alone")
    return found


def _end_of(ends: Sequence[EndState], end: EndId) -> EndState:
    found = next((each for each in ends if each.id == end), None)
    if found is None:
        raise Refusal("joined.alone")
    return found


def _gate(unit: Unit, account: Account, place: Place) -> Asker:
    return unit.asker(account, Power.PAUSE_BRIDGE, scope_of(unit, place))


def _looked_after(unit: Unit, account: Account, ends: Sequence[EndState]) -> list[EndState]:
    """Return the ends in the conversations that somebody looks after, anywhere or in single spaces."""
    asker = unit.who(account)
    scopes = {grant.scope for grant in asker.grants if asker.may(Power.PAUSE_BRIDGE, grant.scope)}
    if not scopes:
        unit.asker(account, Power.PAUSE_BRIDGE)
    if NETWORK in scopes:
        return list(ends)
    refs = {piece.ref for pieces in unit.layouts.pieces_of(scopes).values() for piece in pieces}
    refs |= {
        place
        for door in unit.rules.spaces
        if door.key in scopes
        for places in door.places.values()
        for place in places
    }
    mine = {each.conversation for each in ends if each.settled.ref in refs}
    return [each for each in ends if each.conversation in mine]
