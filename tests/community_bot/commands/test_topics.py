"""`/topic`, as people meet it: proposing, supporting, deciding."""

from __future__ import annotations

import pytest

from community_bot.locales import LANGUAGES, Language
from db.engine import Database
from tests.community_bot.people import button, spell
from tests.community_bot.services.assembly import Assembly

RADIO, SEEDS = "Radio on a shoestring", "Keeping seeds"
WHY = "Two people offered to lead it this month"


@pytest.fixture
def town(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_topic_is_proposed_in_a_form_with_the_need_it_answers(town: Assembly, language: Language) -> None:
    otter = await town.join("Otter", language=language)
    bare = (await town.run(otter, "topic propose")).form
    assert bare is not None
    assert [field.name for field in bare.fields] == ["title", "skill"]
    await town.needs.add(otter, "network", "How to run a small radio station", language)
    asked = (await town.run(otter, "topic propose")).form
    assert asked is not None
    none, need = asked.fields[2].choices
    assert none.chosen
    reply = await town.form(otter, asked.name, asked.argument, title=RADIO, skill="radio", need=need.value)
    assert spell("topic withdraw", language) in reply.text
    listed = (await town.run(otter, "topic list")).text
    assert RADIO in listed
    assert "radio)" in listed


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_wrong_with_a_proposal_is_said_and_the_form_opens_again(
    town: Assembly, language: Language
) -> None:
    otter = await town.join("Otter", language=language)
    for title in ("abc", "x" * 81, "hidden \u202edirection"):
        reply = await town.form(otter, "topic.propose", "network", title=title)
        assert button(reply, "form.again").argument == "topic.propose network"


async def test_support_is_given_by_title_or_button_and_taken_back(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await town.propose(otter, RADIO)
    offered = await town.desk.suggest(town.incoming(heron), ("topic", "support"), "topic", "radio")
    assert [each.value for each in offered] == [RADIO]
    assert "2 supporters" in (await town.run(heron, "topic support", topic=RADIO)).text
    listed = await town.run(heron, "topic list")
    assert listed.buttons[0].label == "Take back 1"
    pressed = await town.press(heron, listed.buttons[0])
    assert pressed.replaces
    assert "1 supporter)" in pressed.text


async def test_only_ones_own_topics_are_offered_to_be_withdrawn(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await town.propose(otter, RADIO)
    await town.propose(heron, SEEDS)
    offered = await town.desk.suggest(town.incoming(otter), ("topic", "withdraw"), "topic", "")
    assert [each.value for each in offered] == [RADIO]
    assert "proposed a topic can" in (await town.run(otter, "topic withdraw", topic=SEEDS)).text
    assert RADIO in (await town.run(otter, "topic withdraw", topic=RADIO)).text
    assert RADIO not in (await town.run(heron, "topic list")).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("decision", ["choose", "decline"])
async def test_a_decision_stands_in_the_list_with_its_reason(
    town: Assembly, language: Language, decision: str
) -> None:
    fern = await town.facilitator(language=language)
    nothing = await town.run(fern, "topic decide")
    assert nothing.form is None
    await town.propose(fern, RADIO)
    form = (await town.run(fern, "topic decide")).form
    assert form is not None
    topic = form.fields[0].choices[0].value
    reply = await town.form(fern, form.name, form.argument, topic=topic, decision=decision, reason=WHY)
    assert WHY in reply.text
    assert reply.text in (await town.run(fern, "topic list")).text


async def test_a_member_does_not_decide(town: Assembly) -> None:
    otter = await town.join("Otter")
    proposed = await town.propose(otter, RADIO)
    assert "entrusted" in (await town.run(otter, "topic decide")).text
    forged = await town.form(
        otter, "topic.decide", "network", topic=proposed.id, decision="choose", reason="Because I say so"
    )
    assert "entrusted" in forged.text
    assert (await town.proposals.listed(otter, "network")).decided == ()
