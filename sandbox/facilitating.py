"""Somebody on Discord who runs the network: becomes a member, takes the office, makes spaces and looks after them."""

from __future__ import annotations

import re
from typing import Self

from sandbox.chapters.reading import press
from sandbox.discord import SeenMessage, SimAnswer, SimChannel, SimMember
from sandbox.network import SandboxNetwork
from sandbox.transcript import DidNotHappenError

SECONDS = 60.0
CODE = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{2,4})+\b")


class Facilitator:
    """A person with one account. The channel is where they type; each server has one of its own."""

    def __init__(self, network: SandboxNetwork, member: SimMember, channel: SimChannel) -> None:
        self.network = network
        self.member = member
        self.channel = channel

    @classmethod
    async def appoint(cls, network: SandboxNetwork, home: str, name: str, *, display: str, alias: str) -> Self:
        """Let a newcomer of a Discord server join the network and take the office of its admin.

        Their Discord is in English. The bot must be running.
        """
        guild, welcome = network.guilds[home], network.cast.home(home).welcome
        assert welcome is not None
        # Discord shows the commands of an office to whoever administers the server, until its settings say more
        keys = guild.add_role("keys", administrator=True)
        person = cls(
            network, guild.add_member(name, display=display, locale="en-US"), network.channels[home, welcome]
        )
        guild.give_role(person.member, keys)
        await person.join(alias)
        code = CODE.search(await network.operator("admin-code"))
        if code is None:
            raise DidNotHappenError("the operator was given no code")
        await person.do("admin claim", code=code.group())
        return person

    async def join(self, alias: str) -> None:
        """Become a member under an alias, in no space."""
        opened = await press(await self.do("start"), "form.open")
        if opened.form is None:
            raise DidNotHappenError(f"no form opened: {opened.text}")
        card = await opened.form.submit({"agreements": ["agreements", "membership"], "alias": alias})
        await card.wait_for(lambda now: alias in now.text, timeout=SECONDS)

    def at(self, home: str) -> Facilitator:
        """Return the same person on another server, which they join if need be."""
        guild, welcome = self.network.guilds[home], self.network.cast.home(home).welcome
        assert welcome is not None
        if self.member.id in guild.member_ids():
            raise ValueError("they are there already: keep what the first call returned")
        there = guild.admit(self.member)
        guild.give_role(there, guild.add_role("keys", administrator=True))
        return Facilitator(self.network, there, self.network.channels[home, welcome])

    async def do(self, command: str, **options: object) -> SimAnswer:
        """Type a command and return the answer once there are words in it. Raises DidNotHappenError."""
        return await self._read(await self.member.slash(self.channel, command, **options), command)

    async def press(self, answer: SimAnswer, action: str) -> SimAnswer:
        """Press a button under an answer. Raises DidNotHappenError."""
        return await self._read(await press(answer, action), action)

    async def _read(self, answer: SimAnswer, what: str) -> SimAnswer:
        try:
            await answer.wait_for(lambda now: now.form is not None or bool(now.text), timeout=SECONDS)
        except TimeoutError:
            raise DidNotHappenError(f"{what}: no answer\n{self.network.bot.tail()}") from None
        return answer

    # ── how it goes

    def told(self) -> list[SeenMessage]:
        """Return what the bot has written to them privately."""
        return [each for each in self.member.private_channel().messages() if each.author_id != self.member.id]

    async def until_told(self, *words: str, seconds: float = SECONDS) -> SeenMessage:
        """Wait until the newest private message holds all these words. Raises DidNotHappenError."""

        def there(messages: list[SeenMessage]) -> bool:
            mine = [each for each in messages if each.author_id != self.member.id]
            return bool(mine) and all(word in mine[-1].text for word in words)

        try:
            await self.member.private_channel().wait_for(there, timeout=seconds)
        except TimeoutError:
            seen = [each.text for each in self.told()]
            raise DidNotHappenError(
                f"{words} not told within {seconds:g} s: {seen}\n{self.network.bot.tail()}"
            ) from None
        return self.told()[-1]
