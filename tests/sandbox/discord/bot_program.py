"""A bot as a program: repeats what it hears through a webhook and reports events as JSON lines."""

import json
import os
import sys

import discord
import yarl


def _report(event: str, text: str = "") -> None:
    sys.stdout.write(json.dumps([event, text]) + "\n")
    sys.stdout.flush()


class Repeater(discord.Client):
    """Repeat each person's message through a webhook of the channel."""

    async def on_ready(self) -> None:
        _report("ready")

    async def on_message(self, message: discord.Message) -> None:
        if message.webhook_id is not None or not isinstance(message.channel, discord.TextChannel):
            return
        _report("message", message.content)
        if message.content.startswith("repeat "):
            hooks = await message.channel.webhooks()
            hook = hooks[0] if hooks else await message.channel.create_webhook(name="repeater")
            await hook.send(message.content, username=message.author.display_name, wait=True)


def main() -> None:
    """Connect to the addresses in the environment and stay."""
    discord.http.Route.BASE = os.environ["API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])
    intents = discord.Intents.default()
    intents.message_content = True
    intents.members = True
    Repeater(intents=intents, guild_ready_timeout=0.05).run(os.environ["TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
