"""`/bridge`: with whom a place is joined, how it goes, letting it pause, what of a message would cross."""

from __future__ import annotations

from typing import Final

from community_bot.commands.bridge_words import ends_line, joined_line, previewed_line
from community_bot.commands.request import Reply, Request
from community_bot.commands.specification import Option, button, command
from community_bot.domain.roles import Power
from community_bot.locales import Markup
from community_bot.platforms.port import Button
from community_bot.services.bridging import Bridging, Rested
from community_bot.services.bridging_failures import Failures, intents_in
from community_bot.services.bridging_words import name_of_place

LONGEST_TEXT: Final = 2000


class BridgeCommands:
    """What people ask of the bridge where they are."""

    def __init__(self, bridging: Bridging, failures: Failures) -> None:
        self.bridging = bridging
        self.failures = failures

    @command("bridge list", power=Power.ANYONE)
    async def list(self, request: Request) -> Reply:
        """Show with which places this one is joined."""
        t = request.t
        overview = await self.bridging.places(request.account, request.incoming.place)
        (views,) = overview.conversations
        own, others = views[0], views[1:]
        lines: list[str] = [t("bridge.list.head"), *(joined_line(t, own.state, each) for each in others)]
        if overview.more:
            lines.append(t.count("bridge.more", overview.more))
        if own.state.paused:
            lines += ["", t("bridge.list.paused")]
        lines += ["", t("bridge.list.foot", preview=request.spell("bridge preview"))]
        return Reply(Markup("\n".join(lines)))

    @command("bridge preview", Option("text", required=False, most=LONGEST_TEXT), power=Power.ANYONE)
    async def preview(self, request: Request, text: str = "") -> Reply:
        """Show where a message would arrive, under which name, and where not and why. Nothing is sent."""
        t, names = request.t, request.incoming.names
        name = names[0] if names else ""
        outlook = await self.bridging.preview(request.account, request.incoming.place, name, text)
        shown = zip(outlook.crossings, outlook.named, strict=True)
        lines = [previewed_line(t, crossing, named) for crossing, named in shown]
        return Reply(Markup("\n".join([t("bridge.preview.head"), *lines, "", t("bridge.preview.foot")])))

    @command("bridge status", power=Power.PAUSE_BRIDGE)
    async def status(self, request: Request) -> Reply:
        """Show how each end is."""
        t = request.t
        overview = await self.bridging.status(request.account, request.incoming.place)
        blocks = ["\n".join(ends_line(t, view) for view in views) for views in overview.conversations]
        if overview.more:
            blocks.append(t.count("bridge.more", overview.more))
        return Reply(Markup("\n\n".join([t("bridge.status.head"), *blocks])))

    @command("bridge pause", power=Power.PAUSE_BRIDGE)
    async def pause(self, request: Request) -> Reply:
        """Let this place pause."""
        return self._paused(request, await self.bridging.pause(request.account, request.incoming.place))

    @button("joined.pause")
    async def pause_pressed(self, request: Request, argument: str) -> Reply:
        """Let the place pause that a message is about."""
        return self._paused(request, await self.bridging.pause(request.account, None, argument))

    @command("bridge resume", power=Power.PAUSE_BRIDGE)
    async def resume(self, request: Request) -> Reply:
        """Let this place go on."""
        return self._resumed(request, await self.bridging.resume(request.account, request.incoming.place))

    @button("joined.resume")
    async def resume_pressed(self, request: Request, argument: str) -> Reply:
        """Let the place go on that a message is about."""
        return self._resumed(request, await self.bridging.resume(request.account, None, argument))

    @button("joined.again")
    async def try_again(self, request: Request, argument: str) -> Reply:
        """Try once more what could not cross."""
        tried = await self.failures.try_again(request.account, intents_in(argument))
        return Reply(request.t("bridge.again.done" if tried else "bridge.again.nothing"))

    def _paused(self, request: Request, rested: Rested) -> Reply:
        t, place = request.t, _place(request, rested)
        said = t("bridge.paused", place=place) if rested.changed else t("bridge.paused_already", place=place)
        undo = Button(t.plain("bridge.resume.button"), "joined.resume", rested.view.state.id)
        return Reply(said, buttons=(undo,))

    def _resumed(self, request: Request, rested: Rested) -> Reply:
        t, place = request.t, _place(request, rested)
        said = t("bridge.resumed", place=place) if rested.changed else t("bridge.resumed_already", place=place)
        undo = Button(t.plain("bridge.pause.button"), "joined.pause", rested.view.state.id)
        return Reply(said, buttons=(undo,))


def _place(request: Request, rested: Rested) -> Markup | str:
    state = rested.view.state
    return name_of_place(request.t, state.place, state.title, rested.view.named)
