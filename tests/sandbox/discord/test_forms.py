"""Lasting buttons, forms of the newest parts, and replies that only one person sees."""

from collections.abc import Callable

import discord
import pytest

from sandbox.discord import ImpossibleFormError, SetupError, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.greeter import AboutYou, Door, Greeter, Welcome
from tests.sandbox.discord.support import connected

pytestmark = pytest.mark.network


async def _post(greeter: Greeter, lobby: SimChannel, *doors: Door) -> int:
    channel = greeter.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    view = discord.ui.View(timeout=None)
    for door in doors:
        view.add_item(door)
    return (await channel.send("A door.", view=view)).id


async def test_a_form_is_read_filled_in_by_what_it_says_and_answered_in_private(
    greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")).form
    assert form is not None
    assert (form.title, form.texts) == ("Before you come in", ("Nothing here is shown to **others**.",))
    assert [(item.label, item.kind, item.required) for item in form.fields] == [
        ("Languages", "menu", True),
        ("Your way", "radio", True),
        ("Topics", "checkboxes", False),
        ("I agree", "tick", False),
    ]
    tongues = form.field("Languages")
    assert (tongues.description, tongues.placeholder) == ("What you speak", "One or two")
    assert (tongues.minimum, tongues.maximum) == (1, 2)
    assert [choice.label for choice in tongues.choices] == ["ไทย", "Español"]
    assert form.field("Your way").choices[0].description == "and ask"

    form.fill("Languages", ["ไทย", "es"]).fill("Your way", "I teach").fill("Topics", ["Law"]).fill("I agree", True)
    answer = await form.submit()

    assert answer.ephemeral
    assert answer.content == "['th', 'es'] teach ['law'] True th"
    assert lobby.messages(mali)[-1].text == answer.text
    assert len(lobby.messages()) == 1, "nobody else sees the reply"


async def test_what_need_not_be_filled_in_may_be_left(greeter: Greeter, lobby: SimChannel, mali: SimMember) -> None:
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")).form
    assert form is not None
    answer = await form.submit({"tongues": "th", "way": "learn"})
    assert answer.content == "['th'] learn [] False th"


async def test_a_form_that_cannot_be_sent_stays_open_and_is_not_sent(
    sim: SimulatedDiscord, greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")).form
    assert form is not None
    asked = len(sim.requests)
    with pytest.raises(ImpossibleFormError, match="Languages: must not be empty; Your way: choose one"):
        await form.submit()
    form.fill("Languages", "th").fill("Your way", "learn").fill("Topics", ["seeds", "radio", "law"])
    with pytest.raises(ImpossibleFormError, match="Topics: takes 0 to 2 choices, not 3"):
        await form.submit()
    for field, value in (("Your way", "I dream"), ("Topics", ["law", "Law"]), ("I agree", "yes"), ("Age", "9")):
        with pytest.raises(ImpossibleFormError):
            form.fill(field, value)
    assert len(sim.requests) == asked
    assert (await form.submit({"Topics": ["seeds", "radio"]})).acknowledged


async def test_texts_have_their_lengths_and_what_was_written_for_them(
    greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("name")), label="Come in")).form
    assert form is not None
    assert form.field("More").value == "none"
    assert form.field("More").paragraph
    for name in ("M", "Mali the Gardener"):
        with pytest.raises(ImpossibleFormError, match="Name: takes 2 to 10 characters"):
            await form.submit({"Name": name})
    assert (await form.submit({"Name": "มะลิ"})).content == "มะลิ/none"


async def test_a_button_works_after_the_bot_has_started_anew(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, point_at: Callable[[SimulatedDiscord], None]
) -> None:
    point_at(sim)
    async with connected(sim, Greeter()) as first:
        posted = await _post(first, lobby, Door("form"))
    async with connected(sim, Greeter()):
        form = (await mali.click(lobby, posted, label="Come in")).form
        assert form is not None
        answer = await form.submit({"tongues": "th", "way": "learn"})
    async with connected(sim, Greeter()):
        shown = await answer.click(label="Enough")
        assert shown.content == "Enough, then."
        assert shown.buttons == ()


async def test_the_newest_layout_is_read_and_its_buttons_pressed(
    greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    channel = greeter.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send(view=Welcome())
    [message] = lobby.messages(mali)
    assert message.text == "# Welcome\nWe grow things.\nTake your time."
    assert [button.label for button in message.buttons] == ["Come in", "Only my name"]
    for label in ("Come in", "Only my name"):
        assert (await mali.click(lobby, message.id, label=label)).form is not None
    with pytest.raises(SetupError):
        await mali.click(lobby, message.id, label="Go away")


async def test_a_private_reply_leads_on_to_a_form_a_change_and_a_file(
    greeter: Greeter, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")).form
    assert form is not None
    reply = await form.submit({"tongues": "th", "way": "learn"})
    assert [button.label for button in reply.buttons] == ["Your name", "Enough", "My data"]
    assert reply.message_id is not None

    with pytest.raises(SetupError):
        await guild.add_member("jo").click(lobby, reply.message_id, label="Enough")

    handed = await reply.click(label="My data")
    await handed.wait_for(lambda now: now.followups == ["That is all."])
    assert handed.text == "Here it is.\n[data.txt]"
    assert handed.ephemeral
    assert not handed.thinking
    assert handed.files[0].description == "what is known of you"
    with open(AboutYou.__init__.__code__.co_filename, "rb") as original:  # noqa: ASYNC230
        assert await mali.download(handed.files[0]) == original.read()

    named = (await reply.click(label="Your name")).form
    assert named is not None
    assert (await named.submit({"Name": "มะลิ"})).acknowledged
    assert (await reply.click(label="Enough")).message_id == reply.message_id
    assert reply.text == "Enough, then."


async def test_buttons_work_in_the_private_conversation_too(greeter: Greeter, mali: SimMember) -> None:
    view = discord.ui.View(timeout=None)
    view.add_item(Door("name"))
    sent = await (await greeter.fetch_user(mali.id)).send("Just us.", view=view)
    form = (await mali.click(mali.private_channel(), sent.id, label="Come in")).form
    assert form is not None
    assert (await form.submit({"Name": "มะลิ"})).content == "มะลิ/none"


async def test_an_answer_after_three_seconds_comes_too_late(
    greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    posted = await _post(greeter, lobby, Door("late"))
    answer = await mali.click(lobby, posted, label="Come in")
    assert not answer.acknowledged, "the person sees that it failed"
    greeter.may_answer.set()
    await greeter.until(lambda: greeter.texts("refused") == ["10062"])
    assert [refusal.status for refusal in greeter.refusals] == [404]
    assert answer.message is None


async def test_a_private_reply_can_be_changed_for_fifteen_minutes(
    sim: SimulatedDiscord, greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    heard: list[discord.Interaction] = []

    async def hear(interaction: discord.Interaction) -> None:
        heard.append(interaction)

    greeter.on_interaction = hear  # type: ignore[attr-defined]
    answer = await mali.slash(lobby, "ping", text="hello")
    await heard[0].edit_original_response(content="pong again")
    assert answer.content == "pong again"
    sim.advance_clock(16 * 60)
    with pytest.raises(discord.HTTPException) as refused:
        await heard[0].edit_original_response(content="too late")
    assert (refused.value.status, refused.value.code) == (401, 50027)
    assert answer.content == "pong again"


async def test_a_form_is_not_answered_with_a_form(
    greeter: Greeter, lobby: SimChannel, mali: SimMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask_again(self: AboutYou, interaction: discord.Interaction, /) -> None:
        try:
            await interaction.response.send_modal(AboutYou(greeter))
        except discord.HTTPException as refusal:
            greeter.note("refused", refusal.text)
        await interaction.response.send_message("Then not.", ephemeral=True)

    monkeypatch.setattr(AboutYou, "on_submit", ask_again)
    form = (await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")).form
    assert form is not None
    answer = await form.submit({"tongues": "th", "way": "learn"})
    assert answer.content == "Then not."
    assert "Value must be one of [4, 5, 6, 7]" in greeter.texts("refused")[0]


async def test_a_form_must_not_both_ask_and_accept_nothing(
    greeter: Greeter, lobby: SimChannel, mali: SimMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaped = AboutYou.to_dict

    def wrongly(self: AboutYou) -> dict[str, object]:
        wrong = shaped(self)
        wrong["components"][1]["component"]["min_values"] = 0
        return wrong

    monkeypatch.setattr(AboutYou, "to_dict", wrongly)
    await mali.click(lobby, await _post(greeter, lobby, Door("form")), label="Come in")
    await greeter.until(lambda: bool(greeter.texts("refused")))
    assert "min_values" in greeter.texts("refused")[0]
