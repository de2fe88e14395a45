"""A person opens a channel in a browser and talks; the bot in another process hears it."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import discord
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox.discord import RateLimits, SimChannel, SimGuild, SimMember, SimulatedDiscord
from sandbox.discord.world.preview import thai_font
from tests.sandbox.discord.greeter import Greeter, Welcome
from tests.sandbox.discord.support import BotProcess

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.network
needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedDiscord]:
    async with SimulatedDiscord(limits=RateLimits.off(), pages=True) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        await running.close()


async def _speak(page: Page, text: str, meanwhile: Callable[[], Awaitable[object]] | None = None) -> None:
    """Type and send, again if the page was busy with itself: it then keeps the text, as a person would see."""
    composer = page.locator("textarea:visible").first
    for _ in range(5):
        await composer.fill(text)
        if meanwhile is not None:
            await meanwhile()
        await composer.press("Enter")
        try:
            await expect(composer).to_have_value("", timeout=1_500)
        except AssertionError:
            continue
        return
    raise AssertionError(f"the page never sent {text!r}")


@pytest.mark.browser
@needs_chromium
async def test_what_is_typed_in_a_page_reaches_the_bot_and_its_answer_appears_by_itself(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, browser: Browser
) -> None:
    school = sim.add_guild("ห้องเรียนชุมชน")
    greetings = school.add_text_channel("ทักทาย")
    also_mali = school.admit(mali)
    bot = await BotProcess.start(sim)
    try:
        await bot.until(lambda: ("ready", "") in bot.seen)
        page = await browser.new_page()
        await page.goto(sim.pages_url)
        await page.get_by_role("link", name="open as Mali").first.click()
        await _speak(page, "repeat สวัสดีค่ะ")
        repeated = page.locator("article, li, div").filter(has_text="WEBHOOK").get_by_text("repeat สวัสดีค่ะ").last
        await repeated.wait_for(timeout=10_000)
        assert bot.texts() == ["repeat สวัสดีค่ะ"]
        assert [message.author_name for message in lobby.messages()] == ["Mali", "Mali"]

        other = await browser.new_page()
        await other.goto(await sim.page_url(greetings, [also_mali]))
        await other.locator("textarea:visible").first.wait_for()
        await also_mali.say(greetings, "repeat สองห้อง")
        await other.get_by_text("repeat สองห้อง").nth(1).wait_for(timeout=10_000)
        assert sim.unsupported == []
    finally:
        await bot.kill()


@pytest.mark.browser
@needs_chromium
async def test_a_form_of_the_newest_parts_is_filled_in_in_a_page_and_answered_there_in_private(
    sim: SimulatedDiscord, greeter: Greeter, lobby: SimChannel, mali: SimMember, browser: Browser
) -> None:
    channel = greeter.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send(view=Welcome())
    page = await browser.new_page()
    await page.goto(await sim.page_url(lobby, [mali]))
    await page.get_by_role("button", name="Come in").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("combobox").click()
    await page.get_by_role("option", name="Español").click()
    await form.get_by_text("I teach").click()
    await form.get_by_text("Seeds").click()
    await form.get_by_role("button", name="Submit").click()
    conversation = page.get_by_role("region", name="Conversation")
    await conversation.get_by_text("['es'] teach ['seeds'] False th").wait_for(timeout=5_000)
    await conversation.get_by_text("Only you can see this").wait_for(timeout=5_000)
    assert [message.ephemeral for message in lobby.messages(mali)] == [False, True]


@pytest.mark.browser
@needs_chromium
async def test_the_page_can_be_used_while_others_keep_talking(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, mali: SimMember, browser: Browser
) -> None:
    jo = guild.add_member("jo")
    page = await browser.new_page()
    await page.goto(await sim.page_url(lobby, [mali]))
    for number in range(4):
        await jo.say(lobby, f"chatter {number}")
        await _speak(page, f"listen {number}", meanwhile=lambda n=number: jo.say(lobby, f"more {n}"))  # type: ignore[misc]
        await lobby.wait_for(lambda messages, n=number: any(m.content == f"listen {n}" for m in messages))  # type: ignore[misc]
        await page.get_by_text(f"listen {number}", exact=True).last.wait_for(timeout=5_000)
    assert len([message for message in lobby.messages() if message.author_id == mali.id]) == 4


async def test_the_index_lists_what_each_person_can_read(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(sim.pages_url) as index:
            text = await index.text()
        assert "Riverside Commons" in text
        assert "# lobby" in text
        assert "open as Mali" in text
        assert "Community Bot" not in text
        async with http.get(f"{sim.pages_url}open/{lobby.id}/{mali.id}", allow_redirects=False) as opened:
            assert opened.status == 302
            assert opened.headers["Location"].startswith("http://127.0.0.1:")
        async with http.get(f"{sim.pages_url}open/{lobby.id}/{guild.id}") as nobody:
            assert nobody.status == 404
        async with http.get(sim.pages_url, headers={"Host": "elsewhere.example"}) as foreign:
            assert foreign.status == 403


async def test_thai_is_served_with_a_font_where_the_package_is_installed(sim: SimulatedDiscord) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{sim.pages_url}style.css") as style:
            carries = "unicode-range: U+0E00" in await style.text()
        assert carries == (thai_font() is not None)
        async with http.get(f"{sim.pages_url}fonts/noto-sans-thai.ttf") as font:
            assert font.status == (200 if carries else 404)


async def test_many_pages_are_opened_and_the_oldest_make_room(
    sim: SimulatedDiscord, guild: SimGuild, mali: SimMember
) -> None:
    channels = [guild.add_text_channel(f"room-{number}") for number in range(27)]
    addresses = [await sim.page_url(channel, [mali]) for channel in channels]
    assert len(set(addresses)) == len(addresses)
    assert await sim.page_url(channels[-1], [mali]) == addresses[-1]
    assert await sim.page_url(channels[0], [mali]) != addresses[0]


async def test_without_pages_there_is_no_address() -> None:
    async with SimulatedDiscord() as plain:
        with pytest.raises(RuntimeError, match="pages=True"):
            _ = plain.pages_url
