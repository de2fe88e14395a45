"""A bot that greets people: a lasting button, a form of the newest parts, commands in three languages."""

import asyncio
import re
from typing import Any, Self

import discord
from discord import app_commands, ui

from tests.sandbox.discord.support import Watcher, usual_intents

_THAI = {
    "me": "ฉัน",
    "About yourself": "เรื่องของคุณ",
    "language": "ภาษา",
    "Choose a language": "เลือกภาษา",
    "tongue": "ภาษาที่ใช้",
    "What you speak": "ภาษาที่พูด",
    "Thai": "ไทย",
    "Say hello": "ทักทาย",
}
_SPANISH = {"me": "yo", "language": "idioma", "Choose a language": "Elige un idioma", "Thai": "tailandés"}


class Words(app_commands.Translator):
    """Translate what the greeter registers."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        words = {discord.Locale.thai: _THAI, discord.Locale.spain_spanish: _SPANISH}.get(locale, {})
        return words.get(string.message)


class AboutYou(ui.Modal, title="Before you come in"):
    """Ask with every kind of field there is for choosing and writing, in Labels."""

    def __init__(self, greeter: "Greeter") -> None:
        super().__init__(timeout=None, custom_id="about-you")
        self.greeter = greeter
        tongues = [discord.SelectOption(label="ไทย", value="th"), discord.SelectOption(label="Español", value="es")]
        ways = [
            discord.RadioGroupOption(label="I learn", value="learn", description="and ask"),
            discord.RadioGroupOption(label="I teach", value="teach"),
        ]
        topics = [discord.CheckboxGroupOption(label=word.title(), value=word) for word in ("seeds", "radio", "law")]
        self.tongues: ui.Select[Any] = ui.Select(
            custom_id="tongues", placeholder="One or two", options=tongues, min_values=1, max_values=2
        )
        self.way: ui.RadioGroup[Any] = ui.RadioGroup(custom_id="way", options=ways)
        self.topics: ui.CheckboxGroup[Any] = ui.CheckboxGroup(
            custom_id="topics", options=topics, min_values=0, max_values=2, required=False
        )
        self.agrees: ui.Checkbox[Any] = ui.Checkbox(custom_id="agrees")
        self.add_item(ui.TextDisplay("Nothing here is shown to **others**."))
        self.add_item(ui.Label(text="Languages", description="What you speak", component=self.tongues))
        self.add_item(ui.Label(text="Your way", component=self.way))
        self.add_item(ui.Label(text="Topics", component=self.topics))
        self.add_item(ui.Label(text="I agree", component=self.agrees))

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        said = f"{self.tongues.values} {self.way.value} {self.topics.values} {self.agrees.value}"
        await interaction.response.send_message(f"{said} {interaction.locale}", ephemeral=True, view=Further())


class YourName(ui.Modal, title="Your name"):
    """Ask for a short and a long text."""

    short: ui.Label[Any] = ui.Label(
        text="Name",
        component=ui.TextInput(custom_id="name", min_length=2, max_length=10, placeholder="As friends say it"),
    )
    long: ui.Label[Any] = ui.Label(
        text="More",
        component=ui.TextInput(custom_id="more", style=discord.TextStyle.paragraph, required=False, default="none"),
    )

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        assert isinstance(self.short.component, ui.TextInput)
        assert isinstance(self.long.component, ui.TextInput)
        await interaction.response.send_message(f"{self.short.component.value}/{self.long.component.value}")


class Further(ui.View):
    """Go on from a reply that only one person sees."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Your name", custom_id="further:name")
    async def name(self, interaction: discord.Interaction, button: object) -> None:
        await interaction.response.send_modal(YourName())

    @ui.button(label="Enough", custom_id="further:enough")
    async def enough(self, interaction: discord.Interaction, button: object) -> None:
        await interaction.response.edit_message(content="Enough, then.", view=None)

    @ui.button(label="My data", custom_id="further:data")
    async def data(self, interaction: discord.Interaction, button: object) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        file = discord.File(__file__, "data.txt", description="what is known of you")
        await interaction.edit_original_response(content="Here it is.", attachments=[file])
        await interaction.followup.send("That is all.", ephemeral=True)


class Door(ui.DynamicItem[ui.Button[Any]], template=r"door:(?P<kind>[a-z]+)"):
    """A button that works after a restart, by its custom id alone."""

    def __init__(self, kind: str, label: str = "Come in") -> None:
        super().__init__(ui.Button(label=label, custom_id=f"door:{kind}"))
        self.kind = kind

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match["kind"])

    async def callback(self, interaction: discord.Interaction) -> None:
        greeter = interaction.client
        assert isinstance(greeter, Greeter)
        if self.kind == "late":
            await greeter.late(interaction)
            return
        try:
            await interaction.response.send_modal(YourName() if self.kind == "name" else AboutYou(greeter))
        except discord.HTTPException as refusal:
            greeter.note("refused", refusal.text)


class Greeter(Watcher):
    """The bot of these tests."""

    def __init__(self, *, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or usual_intents())
        self.add_dynamic_items(Door)
        self.add_view(Further())
        self.may_answer = asyncio.Event()  # lets a late answer go out
        self.refusals: list[discord.HTTPException] = []
        me = app_commands.Group(name=app_commands.locale_str("me"), description="About yourself")
        me.add_command(_language)
        self.tree.add_command(me)
        self.tree.add_command(app_commands.ContextMenu(name="Say hello", callback=_hello))

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Words())
        await self.tree.sync()

    async def late(self, interaction: discord.Interaction) -> None:
        """Answer only when told to, and note how Discord takes it."""
        await self.may_answer.wait()
        try:
            await interaction.response.send_message("at last", ephemeral=True)
        except discord.HTTPException as refusal:
            self.refusals.append(refusal)
            self.note("refused", str(refusal.code))

    async def on_member_join(self, member: discord.Member) -> None:
        self.note("join", member.name)

    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        self.note("left", payload.user.name)


@app_commands.command(name="language", description="Choose a language")
@app_commands.describe(tongue="What you speak", dialect="And which kind")
@app_commands.choices(
    tongue=[
        app_commands.Choice(name=app_commands.locale_str("Thai"), value="th"),
        app_commands.Choice(name="Spanish", value="es"),
    ]
)
async def _language(interaction: discord.Interaction, tongue: str, dialect: str = "any") -> None:
    await interaction.response.send_message(f"{tongue} {dialect} {interaction.locale}", ephemeral=True)


@_language.autocomplete("dialect")
async def _dialects(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    known = ("northern", "southern", "islands")
    return [app_commands.Choice(name=f"{word} {interaction.locale}", value=word) for word in known if typed in word]


async def _hello(interaction: discord.Interaction, member: discord.Member) -> None:
    await interaction.response.send_message(f"{interaction.user.name} greets {member.name}", ephemeral=True)


class Welcome(ui.LayoutView):
    """The newest kind of layout, with a lasting button beside a text and one below."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        beside: ui.Section[Any] = ui.Section("# Welcome", "We grow things.", accessory=Door("form"))
        below: ui.ActionRow[Any] = ui.ActionRow(Door("name", label="Only my name"))
        inside: ui.Container[Any] = ui.Container(beside, ui.Separator(), ui.TextDisplay("Take your time."), below)
        self.add_item(inside)
