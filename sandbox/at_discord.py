"""Somebody on a Discord server who types commands, presses what is offered, fills in forms, and is told things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

from sandbox.discord import SeenMessage, SimAnswer, SimChannel, SimMember
from sandbox.network import SandboxNetwork
from sandbox.transcript import DidNotHappenError

SECONDS = 60.0
CODE = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{2,4})+\b")


class AtDiscord:
    """A person with one account, on one server; the channel is where they type."""

    def __init__(self, network: SandboxNetwork, member: SimMember, channel: SimChannel) -> None:
        self.network = network
        self.member = member
        self.channel = channel

    @classmethod
    def of(cls, network: SandboxNetwork, key: str) -> Self:
        """Return somebody of the cast, in the channel of their home where people arrive."""
        home = network.cast.home(network.cast.member(key).home)
        assert home.welcome is not None
        return cls(network, network.on_discord[key], network.channels[home.key, home.welcome])

    @classmethod
    async def appoint(cls, network: SandboxNetwork, home: str, name: str, *, display: str, alias: str) -> Self:
        """Let a newcomer of a Discord server, whose Discord is in English, join the network and take its office.

        The bot must be running.
        """
        guild, welcome = network.guilds[home], network.cast.home(home).welcome
        assert welcome is not None
        newcomer = guild.add_member(name, display=display, locale="en-US")
        person = cls(network, newcomer, network.channels[home, welcome])
        await person.join(alias)
        await person.take_office()
        return person

    async def take_office(self) -> None:
        """Become the network's admin with a code that the operator was given; also of the server they are on."""
        # Discord shows the commands of an office to whoever administers the server, until its settings say more
        guild = next(each for each in self.network.guilds.values() if each.id == self.member.guild_id)
        guild.give_role(self.member, guild.add_role("keys", administrator=True))
        code = CODE.search(await self.network.operator("admin-code"))
        if code is None:
            raise DidNotHappenError("the operator was given no code")
        await self.do("admin claim", code=code.group())

    async def join(self, alias: str) -> None:
        """Become a member under an alias, in no space."""
        opened = await self.press(await self.do("start"), "form.open")
        card = await self.fill(opened, {"agreements": ["agreements", "membership"], "alias": alias})
        if alias not in card.text:
            raise DidNotHappenError(f"no member: {card.text}")

    def at(self, home: str) -> AtDiscord:
        """Return the same person on another server, which they join if need be."""
        guild, welcome = self.network.guilds[home], self.network.cast.home(home).welcome
        assert welcome is not None
        if self.member.id in guild.member_ids():
            raise ValueError("they are there already: keep what the first call returned")
        there = guild.admit(self.member)
        guild.give_role(there, guild.add_role("keys", administrator=True))
        return AtDiscord(self.network, there, self.network.channels[home, welcome])

    async def do(self, command: str, **options: object) -> SimAnswer:
        """Type a command and return the answer once there are words in it. Raises DidNotHappenError."""
        return await self._read(await self.member.slash(self.channel, command, **options), command)

    async def press(self, answer: SimAnswer, action: str) -> SimAnswer:
        """Press a button under an answer. Raises DidNotHappenError."""
        return await self._read(await press(answer, action), action)

    async def fill(self, opened: SimAnswer, answers: Mapping[str, object]) -> SimAnswer:
        """Fill in the form that an answer has opened and send it. Raises DidNotHappenError."""
        if opened.form is None:
            raise DidNotHappenError(f"no form opened: {opened.text}")
        return await self._read(await opened.form.submit(answers), opened.form.custom_id)

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


async def press(answer: SimAnswer, action: str) -> SimAnswer:
    """Press the button of an answer that does this. Raises :class:`DidNotHappenError` when there is none."""
    for button in answer.buttons:
        if button.custom_id is not None and button.custom_id.startswith(f"act:{action}:"):
            return await answer.click(custom_id=button.custom_id)
    raise DidNotHappenError(f"no button {action} under: {answer.text}")
