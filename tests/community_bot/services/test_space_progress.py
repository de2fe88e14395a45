"""How it goes, told in one message that is edited: never twice, never to nobody, and forgotten in the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.discord_cards import parts_of
from community_bot.platforms.port import ImpossibleError, NotNowError
from community_bot.services.directory import SpaceDoor, Titles
from community_bot.services.space_progress import MOST_LINES, Progress, progress_card, progress_line
from community_bot.services.spaces import Wishes, works
from db.engine import Database
from db.ids import MemberId
from db.work_store import WorkRow
from tests.community_bot.people import NOON
from tests.community_bot.services.test_building import Site
from tests.community_bot.services.yard import PowerCutError


class Told(Site):
    """A site where somebody is told how it goes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.progress = self.started_anew()

    def started_anew(self) -> Progress:
        """Return it as after a restart: it remembers nothing."""
        return Progress(self.town.network, {"discord": self.town.discord, "matrix": self.town.matrix}, catalogues())

    async def said(self) -> list[str]:
        return self.town.discord.inbox(await self.facilitator())

    async def untold(self) -> object:
        return await self.town.network.look(lambda unit: works(unit).untold())

    def calls(self) -> dict[str, int]:
        calls = self.town.discord.calls
        return {name: calls.count(name) for name in ("tell", "revise")}


@pytest.fixture
def site(sqlite_database: Database) -> Told:
    return Told(sqlite_database)


async def test_one_message_is_edited_and_nothing_is_said_twice(site: Told) -> None:
    key = await site.key()
    assert await site.progress.tell_all()
    assert (await site.said()) == ["**Village Radio**: 0 of 0"]
    for _ in range(3):
        await site.progress.tell_all()
    assert site.calls() == {"tell": 1, "revise": 0}
    await site.building.run_due()
    assert (await site.work(key)).state == "done"
    await site.progress.tell_all()
    assert site.calls() == {"tell": 1, "revise": 1}
    (text,) = await site.said()
    assert "stands everywhere" in text


async def test_after_the_end_was_told_who_it_was_is_forgotten(site: Told) -> None:
    key = await site.built()
    assert await site.progress.tell_all()
    work = await site.work(key)
    assert (work.member_id, work.shown) == (None, {})
    assert await site.progress.tell_all() is False
    assert len(await site.said()) == 1


async def test_several_spaces_are_told_in_one_message(site: Told) -> None:
    await site.key("Village Radio")
    await site.progress.tell_all()
    await site.key("Seed Garden")
    await site.progress.tell_all()
    (text,) = await site.said()
    assert text.splitlines()[0] == catalogues().translator("en")("space.progress.several", over=0, all=2)
    assert text.count("\n- ") == 2
    await site.building.run_due()
    await site.progress.tell_all()
    (text,) = await site.said()
    assert "stands everywhere" in text
    assert site.calls()["tell"] == 1
    assert await site.untold() == {}


async def test_what_is_begun_after_the_end_was_told_gets_a_message_of_its_own(site: Told) -> None:
    await site.built("Village Radio")
    await site.progress.tell_all()
    await site.built("Seed Garden")
    await site.progress.tell_all()
    assert len(await site.said()) == 2


async def test_closed_direct_messages_end_the_telling_and_not_the_building(site: Told) -> None:
    key = await site.key()
    site.town.discord.closed[(await site.facilitator()).user_id] = ImpossibleError("discord.dms_closed")
    await site.progress.tell_all()
    assert await site.untold() == {}
    await site.building.run_due()
    assert (await site.work(key)).state == "done"
    assert await site.said() == []


async def test_a_deleted_message_is_not_written_again(site: Told) -> None:
    await site.key()
    await site.progress.tell_all()
    site.town.discord.told.clear()
    await site.building.run_due()
    await site.progress.tell_all()
    assert await site.said() == []
    assert await site.untold() == {}


async def test_while_the_platform_is_away_nothing_is_forgotten(site: Told) -> None:
    await site.built()
    site.town.discord.away = NotNowError("discord.unreachable", 5)
    assert await site.progress.tell_all()
    site.town.discord.away = None
    await site.progress.tell_all()
    assert len(await site.said()) == 1


async def test_cut_off_between_telling_and_noting_it_the_end_is_told_all_the_same(site: Told) -> None:
    key = await site.key()
    act = site.town.network.database.transact

    async def cut_off(_: object) -> object:
        raise PowerCutError

    site.town.network.database.transact = cut_off  # type: ignore[method-assign, assignment]
    with pytest.raises(BaseExceptionGroup):
        await site.progress.tell_all()
    site.town.network.database.transact = act  # type: ignore[method-assign]
    assert (await site.said()) == ["**Village Radio**: 0 of 0"]
    await site.building.run_due()
    assert (await site.work(key)).state == "done"
    site.progress = site.started_anew()
    await site.progress.tell_all()
    (text,) = await site.said()
    assert "stands everywhere" in text
    assert await site.untold() == {}


async def test_one_that_never_gets_an_answer_keeps_nobody_waiting(
    site: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community_bot.services.space_progress.LONGEST_CALL", 0.2)
    await site.built()
    slow, tell = await site.facilitator(), site.town.discord.tell
    site.fern = await site.town.join("Lark", role=Role.FACILITATOR)
    await site.built("Seed Garden")

    async def hangs(user_id: str, *arguments: object, **named: object) -> object:
        if user_id == slow.user_id:
            await asyncio.Event().wait()
        return await tell(user_id, *arguments, **named)  # type: ignore[arg-type]

    site.town.discord.tell = hangs  # type: ignore[method-assign, assignment]
    async with asyncio.timeout(20):
        await site.progress.tell_all()
    assert len(await site.said()) == 1
    assert site.town.discord.inbox(slow) == []


async def test_while_nothing_happens_the_database_is_left_alone(site: Told) -> None:
    await site.key()
    running = asyncio.create_task(site.progress.run())
    async with asyncio.timeout(20):
        while True:
            if await site.said():
                break
            await asyncio.sleep(0.05)
    await asyncio.sleep(2.5)
    looked = 0
    look = site.town.network.database.look

    async def counted(work: object) -> object:
        nonlocal looked
        looked += 1
        return await look(work)  # type: ignore[arg-type]

    site.town.network.database.look = counted  # type: ignore[method-assign, assignment]
    await asyncio.sleep(2.5)
    running.cancel()
    assert looked == 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_end_is_told_in_ones_own_language_with_what_can_be_done_now(
    sqlite_database: Database, language: Language
) -> None:
    site = Told(sqlite_database)
    fern = await site.facilitator()
    record = await site.town.record(fern)
    profile = replace(record.profile, language=language)
    await site.town.network.act(lambda unit: unit.members.save_profile(record.id, profile, "fern"))
    t = catalogues().translator(language)
    await site.spaces.create(fern, language, Wishes("circle", "Village Radio"), dry_run=False)
    await site.building.run_due()
    await site.progress.tell_all()
    assert (await site.said()) == [t("space.progress.apply_done", space="Village Radio")]
    site.matrix.forbidden.add("table")
    await site.spaces.create(fern, language, Wishes("circle", "Seed Garden"), dry_run=False)
    await site.building.run_due()
    await site.progress.tell_all()
    text = (await site.said())[-1]
    assert "Seed Garden" in text
    assert "yard.forbidden" in text.replace("\\", "")
    actions = [each.action for _, card in site.town.discord.told.values() for each in card.buttons]
    assert actions == ["space.open", "space.plan"]


STATES = [
    *(("running", kind) for kind in ("apply", "repair", "archive", "purge")),
    *(("done", kind) for kind in ("apply", "repair", "archive", "purge")),
    *((state, "apply") for state in ("undoing", "undone", "stuck")),
]
REASONS = ("discord.forbidden", "space.unsettled", "never.heard_of", None)


def row(state: str, kind: str, number: int = 0, reason: str | None = None) -> WorkRow:
    return WorkRow(
        f"w{number}", f"s-{number}", kind, state, None, 10, reason, "room.plaza", MemberId("m"), {}, NOON, NOON, 0
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_every_kind_has_words_in_every_language(language: Language) -> None:
    t = catalogues().translator(language)
    said = {
        str(progress_line(t, row(state, kind, reason=reason), 3, "Village Radio"))
        for state, kind in STATES
        for reason in REASONS
    }
    assert all("Village Radio" in line for line in said)
    assert len(said) >= len(STATES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 5, 12, 40])
def test_however_much_is_under_way_it_is_one_message(language: Language, number: int) -> None:
    t = catalogues().translator(language)
    rows = [row("stuck", "apply", each, "space.unsettled") for each in range(number)]
    doors = {each.space: SpaceDoor(each.space, {"en": "W" * 60}, {}) for each in rows}
    card = progress_card(t, rows, {}, Titles(doors))
    text = card.text
    assert len(parts_of(card)) == 1
    shown = text.count("W" * 60)
    assert shown <= MOST_LINES
    if shown < number:
        assert text.splitlines()[-1] == t.count("space.progress.more", number - shown)
