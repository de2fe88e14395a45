"""`/topic ballot`, `vote`, `result`, as people meet them: one private card, ticks, and one button to cast."""

from __future__ import annotations

import pytest

from community_bot.commands.request import Reply
from community_bot.locales import LANGUAGES, Language
from community_bot.platforms.discord_cards import custom_id
from community_bot.platforms.port import Button
from db.engine import Database
from tests.community_bot.people import button, spell
from tests.community_bot.services.assembly import ORCHARD, TITLES, Assembly

RADIO, SEEDS, MAPS = "Radio on a shoestring", "Keeping seeds", "Mapping our village"


@pytest.fixture
def town(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


def ticks(reply: Reply) -> list[str]:
    """Return the topics on a card as they are shown."""
    return [each.label for each in reply.buttons if each.action == "vote.tick"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_facilitator_opens_a_vote_in_a_form(town: Assembly, language: Language) -> None:
    fern = await town.facilitator(language=language)
    await town.people(5)
    assert (await town.run(fern, "topic ballot")).form is None
    for title in (RADIO, SEEDS):
        await town.propose(fern, title)
    form = (await town.run(fern, "topic ballot")).form
    assert form is not None
    topics, days = form.fields
    assert [each.value for each in days.choices if each.chosen] == ["5"]
    chosen = tuple(each.value for each in topics.choices)
    reply = await town.form(fern, form.name, form.argument, topics=chosen, days="7")
    assert RADIO in reply.text
    assert spell("topic vote", language) in reply.text
    (opened,) = await town.votes.ballots(fern)
    assert (opened.closes_at - town.clock.now).days == 7


@pytest.mark.parametrize("days", ["", "x", "99", "๗", "-3", "3.5"])
async def test_days_that_are_none_open_nothing(town: Assembly, days: str) -> None:
    fern = await town.facilitator()
    await town.people(5)
    topics = tuple([(await town.propose(fern, title)).id for title in (RADIO, SEEDS)])
    reply = await town.form(fern, "topic.ballot", "network", topics=topics, days=days)
    assert button(reply, "form.again")
    assert await town.votes.ballots(fern) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_topics_are_ticked_one_by_one_and_cast_together(town: Assembly, language: Language) -> None:
    fern = await town.facilitator()
    otter = await town.join("Otter", language=language)
    await town.people(4)
    await town.open_vote(fern, [RADIO, SEEDS, MAPS])
    card = await town.run(otter, "topic vote")
    assert ticks(card) == [f"☐ {RADIO}", f"☐ {SEEDS}", f"☐ {MAPS}"]
    assert all(each.action == "vote.tick" for each in card.buttons)
    card = await town.press(otter, card.buttons[0])
    card = await town.press(otter, card.buttons[2])
    card = await town.press(otter, card.buttons[0])
    card = await town.press(otter, card.buttons[1])
    assert card.replaces
    assert ticks(card) == [f"☐ {RADIO}", f"☑ {SEEDS}", f"☑ {MAPS}"]
    done = await town.press(otter, button(card, "vote.cast"))
    assert done.replaces
    for shown in (RADIO, SEEDS, MAPS, "☑"):
        assert shown not in done.text
    again = await town.press(otter, button(done, "vote.show"))
    assert ticks(again) == [f"☐ {RADIO}", f"☐ {SEEDS}", f"☐ {MAPS}"]
    back = await town.press(otter, button(again, "vote.cast"))
    assert back.text != done.text
    assert not (await town.votes.ballots(otter))[0].cast


async def test_every_button_of_the_longest_ballot_fits_its_platforms(town: Assembly) -> None:
    fern = await town.facilitator()
    await town.people(5)
    titles = [f"{number} " + "สวนผักหลังบ้านของเรา" * 3 for number in range(10)]
    opened = await town.open_vote(fern, [title[:80] for title in titles])
    card = await town.run(fern, "topic vote")
    for _ in range(10):
        card = await town.press(fern, card.buttons[_])
    assert len(card.buttons) == 11
    assert len({custom_id(each) for each in card.buttons}) == 11
    for each in card.buttons:
        assert len(each.label) <= 80
        assert ":" not in each.argument
        assert len(each.action + each.argument) <= 80
    await town.press(fern, card.buttons[10])
    assert (await town.votes.ballot(fern, opened.id)).cast


@pytest.mark.parametrize("forged", ["", "nonsense", "x zz", "{id} 400", "{id} -1", "{id} fffffffff", "{id} 4"])
@pytest.mark.parametrize("action", ["vote.cast", "vote.tick"])
async def test_a_forged_button_casts_nothing(town: Assembly, forged: str, action: str) -> None:
    fern = await town.facilitator()
    await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    reply = await town.press(fern, Button("forged", action, forged.format(id=opened.id)))
    assert "our side" not in reply.text
    assert not (await town.votes.ballot(fern, opened.id)).cast


async def test_who_can_vote_in_several_votes_chooses_one_and_others_see_none(town: Assembly) -> None:
    await town.plant()
    fern = await town.facilitator(ORCHARD)
    lead = await town.facilitator(alias="Moss")
    inside = await town.people(5, scope=ORCHARD)
    outside = await town.join("Outside")
    await town.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    assert ticks(await town.run(inside[0], "topic vote"))
    nothing = await town.run(outside, "topic vote")
    assert nothing.buttons == ()
    assert RADIO not in nothing.text
    await town.open_vote(lead, [MAPS, "Sewing"])
    which = await town.run(inside[0], "topic vote")
    assert {each.action for each in which.buttons} == {"vote.show"}
    assert any(each.label.startswith(TITLES["en"]) for each in which.buttons)
    assert ticks(await town.press(inside[0], which.buttons[0]))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_result_is_told_after_the_end_and_only_then(town: Assembly, language: Language) -> None:
    fern = await town.facilitator(language=language)
    people = await town.people(5)
    empty = (await town.run(fern, "topic result")).text
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [1])
    during = (await town.run(fern, "topic result")).text
    assert during != empty
    assert RADIO not in during
    assert SEEDS not in during
    await town.end()
    after = (await town.run(fern, "topic result")).text
    assert f"**{SEEDS}**" in after
    assert SEEDS in (await town.run(fern, "topic list")).text
    old = await town.press(people[0], Button("old", "vote.show", opened.id))
    assert ticks(old) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_tie_a_quorum_missed_and_a_run_off_are_said_in_words(town: Assembly, language: Language) -> None:
    fern = await town.facilitator(language=language)
    people = await town.people(6)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for number, account in enumerate(people):
        await town.votes.cast(account, opened.id, [number % 2])
    await town.end()
    tied = await town.run(fern, "topic result")
    assert spell("topic decide", language) in tied.text
    started = await town.press(fern, button(tied, "vote.run_off"))
    assert RADIO in started.text
    await town.end()
    missed = await town.run(fern, "topic result")
    assert missed.buttons
    assert missed.text.count("\n\n") == 2
