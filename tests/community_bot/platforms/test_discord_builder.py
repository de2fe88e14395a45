"""Spaces are built on a Discord server, looked at, found changed by hand, repaired, taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from community_bot.domain.home import Home
from community_bot.domain.layout import Act, Change, PieceKind, Step
from community_bot.locales import catalogues
from community_bot.platforms import discord_builder
from community_bot.platforms.builder import People
from community_bot.platforms.discord import CommunityBot, DiscordConnection
from community_bot.platforms.discord_builder import DiscordBuilder
from community_bot.platforms.discord_port import DiscordPort
from community_bot.platforms.port import ImpossibleError, NotNowError
from sandbox.discord import Fault, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.platforms.spaces import DESIGN, NEWS, PLAZA, QUESTIONS, UNLISTED, Builds, now, words
from tests.sandbox.discord.conftest import guild, lobby, mali, point_at, sim
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract

__all__ = ["guild", "lobby", "mali", "point_at", "sim"]

pytestmark = pytest.mark.network


@pytest.fixture
async def builder(
    sim: SimulatedDiscord, guild: SimGuild, point_at: Callable[[SimulatedDiscord], None]
) -> AsyncIterator[DiscordBuilder]:
    """A connected bot that builds; what it asked and was answered is held against Discord's own description."""
    point_at(sim)
    bot = CommunityBot(guild_ready_timeout=0.05)
    connection = DiscordConnection(bot, sim.token)
    task = asyncio.create_task(connection.run())
    try:
        async with asyncio.timeout(5):
            await sim.wait_connected()
            await bot.wait_until_ready()
        yield DiscordBuilder(bot, catalogues())
    finally:
        await connection.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert sim.unsupported == []
    if DOCUMENT.exists():
        contract = DiscordContract.load()
        assert sorted({problem for record in sim.requests for problem in contract.check(record)}) == []


@pytest.fixture
def home(guild: SimGuild) -> Home:
    return Home(str(guild.id), "discord", "en")


@pytest.fixture
async def built(builder: DiscordBuilder, home: Home) -> Builds:
    """The listening circle, as it is to be."""
    builds = Builds(builder, home, DESIGN)
    await builds.apply()
    return builds


@pytest.fixture
def the(guild: SimGuild, built: Builds) -> Callable[[str], SimChannel]:
    """Find a channel of the circle by its piece."""
    return lambda key: guild.channel(int(built.refs[key]))


def pinned(channel: SimChannel) -> list[str]:
    return [message.content for message in channel.messages() if message.pinned]


# ---------------------------------------------------------------------- building


async def test_what_was_built_is_as_it_was_designed(
    built: Builds, guild: SimGuild, mali: SimMember, the: Callable[[str], SimChannel]
) -> None:
    plaza, news, questions, table = (the(f"room.{key}") for key in ("plaza", "news", "questions", "table"))
    [category] = guild.categories()
    assert category.name == "Listening Circle"
    assert [channel.name for channel in guild.in_category(category)] == [
        "the-plaza",
        "news-dates",
        "questions",
        "facilitators-table",
    ]
    assert (plaza.topic, plaza.slow_seconds) == ("Where everybody meets", 5)
    assert (questions.kind, questions.tags) == ("forum", ["beginning", "going on"])
    assert pinned(plaza) == ["**Welcome.** Say hello when you like.", "1. Listen to the end."]
    assert not plaza.lets(mali)
    guild.give_role(mali, int(built.refs["role.participants"]))
    assert all(plaza.lets(mali, name) for name in ("send_messages", "read_message_history", "attach_files"))
    assert not plaza.lets(mali, "create_private_threads")
    assert news.lets(mali)
    assert not news.lets(mali, "send_messages")
    assert not table.lets(mali)
    guild.give_role(mali, int(built.refs["role.facilitators"]))
    assert all(news.lets(mali, name) for name in ("send_messages", "pin_messages", "manage_messages"))
    assert table.lets(mali)


async def test_what_was_built_needs_nothing_more(built: Builds) -> None:
    assert await built.steps() == ()
    survey = await built.builder.survey(built.home.key, built.refs)
    assert (survey.strangers, survey.lost, survey.used["category"]) == ((), frozenset(), 4)
    assert survey.lacking == frozenset()


async def test_roles_say_nothing_but_their_name(built: Builds, guild: SimGuild) -> None:
    [role] = [role for role in guild.roles() if role.name == "Listening Circle"]
    assert (role.permissions, role.color, role.hoisted, role.mentionable) == (frozenset(), 0, False, False)


async def test_a_space_in_thai_is_read_back_as_it_was_built(builder: DiscordBuilder, guild: SimGuild) -> None:
    builds = Builds(builder, Home(str(guild.id), "discord", "th"), DESIGN)
    await builds.apply()
    assert await builds.steps() == ()
    assert "ลานกลาง" in [channel.name for channel in guild.channels()]


async def test_an_unlisted_space_lets_its_people_in_one_by_one(
    builder: DiscordBuilder, home: Home, guild: SimGuild, mali: SimMember
) -> None:
    nok = guild.add_member("nok")
    builds = Builds(builder, home, UNLISTED, People(frozenset({str(nok.id)}), {str(mali.id): False}))
    before = guild.roles()
    await builds.apply()
    assert guild.roles() == before
    plaza, table = (guild.channel(int(builds.refs[key])) for key in ("room.plaza", "room.table"))
    assert plaza.lets(mali, "send_messages")
    assert not plaza.lets(mali, "read_message_history")
    assert not table.lets(mali)
    assert table.lets(nok, "manage_messages")
    assert await builds.steps() == ()


async def test_more_people_than_fit_into_one_request_are_let_in_all_the_same(
    builder: DiscordBuilder, home: Home, guild: SimGuild
) -> None:
    people = [guild.add_member(f"person-{number}") for number in range(105)]
    alone = replace(UNLISTED, rooms=(PLAZA,))
    builds = Builds(builder, home, alone, People(guests={str(person.id): True for person in people}))
    await builds.apply()
    assert all(guild.channel(int(builds.refs["room.plaza"])).lets(person) for person in people)
    assert await builds.steps() == ()


async def test_what_is_admitted_by_the_port_is_what_the_layout_wants(
    builder: DiscordBuilder, built: Builds, guild: SimGuild, mali: SimMember, the: Callable[[str], SimChannel]
) -> None:
    port = DiscordPort(builder._bot, catalogues())
    for key in ("plaza", "news", "questions"):
        await port.admit(str(mali.id), built.refs[f"room.{key}"], history=False)
    assert the("room.plaza").lets(mali, "send_messages")
    assert not the("room.news").lets(mali, "send_messages")
    built.people = People(guests={str(mali.id): False})
    assert await built.steps() == ()


# ---------------------------------------------------------------------- drift, and its repair


async def test_a_channel_renamed_by_hand_gets_its_name_back(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    guild.rename_channel(the("room.plaza"), "chaos")
    [step] = await built.apply()
    assert (step.act, step.key, [(each.before, each.after) for each in step.changes]) == (
        Act.CHANGE,
        "room.plaza",
        [("chaos", "the-plaza")],
    )
    assert the("room.plaza").name == "the-plaza"
    assert await built.steps() == ()


async def test_what_a_role_or_a_person_was_given_by_hand_is_taken_back(
    built: Builds, guild: SimGuild, mali: SimMember, the: Callable[[str], SimChannel]
) -> None:
    helpers = guild.add_role("helpers")
    guild.set_overwrite(the("room.table"), helpers, view_channel=True)
    guild.set_overwrite(the("room.news"), mali, view_channel=True, mention_everyone=True)
    news, table = await built.apply()
    assert [(each.facet, each.before, each.after) for each in table.changes] == [
        (f"access:role:{helpers}", "+view", "")
    ]
    assert [(each.facet, each.before, each.after) for each in news.changes] == [
        (f"access:person:{mali.id}", "+mention_everyone +view", "")
    ]
    assert not the("room.news").lets(mali)
    assert await built.steps() == ()


async def test_a_permission_changed_by_hand_is_put_right_exactly(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    before = the("room.plaza").overwrites()
    guild.set_overwrite(the("room.plaza"), guild.id, view_channel=True, mention_everyone=True)
    guild.set_overwrite(the("room.plaza"), int(built.refs["role.participants"]), send_messages=False)
    [step] = await built.apply()
    assert {each.facet for each in step.changes} == {"access:everyone", "access:participants"}
    assert sorted(the("room.plaza").overwrites(), key=repr) == sorted(before, key=repr)


async def test_what_is_put_right_can_be_put_back(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    elsewhere = guild.add_text_channel("x", category="Elsewhere").category_id
    assert elsewhere is not None
    guild.rename_channel(the("room.questions"), "other-name")
    guild.move_channel(the("room.questions"), guild.channel(elsewhere))
    the("room.questions").edit(topic="Other words", slow_seconds=30)
    guild.set_overwrite(the("room.questions"), guild.id, view_channel=None)
    survey = await built.builder.survey(built.home.key, built.refs)
    [step] = await built.apply()
    assert await built.steps() == ()
    await built.carry_out([step.undone])
    again = await built.builder.survey(built.home.key, built.refs)
    assert again.found == survey.found


async def test_a_deleted_channel_is_made_again_with_all_that_stood_in_it(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    guild.delete_channel(the("room.news"))
    [step] = await built.apply()
    assert (step.act, step.key) == (Act.MAKE, "room.news")
    guild.delete_channel(the("room.plaza"))
    steps = await built.apply()
    assert [step.key for step in steps] == ["room.plaza", "post.plaza.welcome", "post.plaza.agreements"]
    assert pinned(the("room.plaza")) == ["**Welcome.** Say hello when you like.", "1. Listen to the end."]
    assert await built.steps() == ()


async def test_a_post_that_is_unpinned_or_gone_is_pinned_again(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    plaza, welcome = the("room.plaza"), int(built.refs["post.plaza.welcome"])
    plaza.pin(welcome, pinned=False)
    [step] = await built.apply()
    assert (step.act, step.key) == (Act.CHANGE, "post.plaza.welcome")
    assert len(pinned(plaza)) == 2
    await guild.owner.delete(plaza, welcome)
    [step] = await built.apply()
    assert (step.act, step.key) == (Act.MAKE, "post.plaza.welcome")
    assert len(pinned(plaza)) == 2
    assert await built.steps() == ()


async def test_a_deleted_category_is_made_again_and_its_channels_move_into_it(
    built: Builds, guild: SimGuild
) -> None:
    guild.delete_channel(guild.categories()[0])
    steps = await built.apply()
    assert steps[0].act is Act.MAKE
    assert [step.changes[0].facet for step in steps[1:]] == ["moved"] * 4
    [category] = guild.categories()
    assert len(guild.in_category(category)) == 4
    assert await built.steps() == ()


async def test_a_deleted_role_is_made_again_and_let_into_its_channels(
    built: Builds, guild: SimGuild, mali: SimMember, the: Callable[[str], SimChannel]
) -> None:
    guild.delete_role(int(built.refs["role.participants"]))
    await built.apply()
    guild.give_role(mali, int(built.refs["role.participants"]))
    assert the("room.plaza").lets(mali)
    assert await built.steps() == ()


async def test_a_role_that_was_given_powers_loses_them(built: Builds, guild: SimGuild) -> None:
    role = int(built.refs["role.participants"])
    guild.set_role_permissions(role, administrator=True)
    guild.rename_role(role, "The chosen")
    [step] = await built.apply()
    assert {each.facet for each in step.changes} == {"name", "permissions"}
    [found] = [each for each in guild.roles() if each.id == role]
    assert (found.name, found.permissions) == ("Listening Circle", frozenset())


async def test_a_role_that_was_made_to_stand_out_is_made_plain_and_can_be_put_back(
    built: Builds, guild: SimGuild
) -> None:
    role = int(built.refs["role.participants"])
    guild.dress_role(role, color=0xFF8800, hoisted=True, mentionable=True)
    dressed = guild.roles()
    [step] = await built.apply()
    assert [(each.facet, each.before) for each in step.changes] == [
        ("colour", "#ff8800"),
        ("hoisted", "yes"),
        ("mentionable", "yes"),
    ]
    [found] = [each for each in guild.roles() if each.id == role]
    assert (found.color, found.hoisted, found.mentionable) == (0, False, False)
    await built.carry_out([step.undone])
    assert guild.roles() == dressed


async def test_a_forum_keeps_the_tags_that_posts_carry(
    built: Builds, sim: SimulatedDiscord, the: Callable[[str], SimChannel]
) -> None:
    more = (QUESTIONS.tags[1], words("", "at last", ""))
    built.design = replace(DESIGN, rooms=(PLAZA, NEWS, replace(QUESTIONS, tags=more), DESIGN.rooms[3]))
    before = await the_tags(built, "questions")
    await built.apply()
    after = await the_tags(built, "questions")
    assert [*after] == ["going on", "at last"]
    assert after["going on"] == before["going on"]


async def the_tags(built: Builds, room: str) -> dict[str, str]:
    assert isinstance(built.builder, DiscordBuilder)
    channel = await built.builder._bot.http.get_channel(built.refs[f"room.{room}"])
    return {tag["name"]: str(tag["id"]) for tag in channel["available_tags"]}  # type: ignore[typeddict-item]


async def test_a_channel_does_not_become_a_forum(built: Builds) -> None:
    built.design = replace(DESIGN, rooms=(PLAZA, replace(NEWS, kind=QUESTIONS.kind), *DESIGN.rooms[2:]))
    with pytest.raises(ImpossibleError, match=r"^discord\.kind$"):
        await built.apply()


async def test_strangers_are_shown_and_left_alone(
    built: Builds, guild: SimGuild, the: Callable[[str], SimChannel]
) -> None:
    theirs = guild.add_text_channel("their-own", category="Listening Circle")
    survey = await built.builder.survey(built.home.key, built.refs)
    assert [(each.name, each.ref) for each in survey.strangers] == [("their-own", str(theirs.id))]
    assert await built.steps() == ()
    await built.carry_out([Step(Act.REMOVE, "container", PieceKind.CONTAINER)])
    assert theirs.id in [channel.id for channel in guild.channels()]


# ---------------------------------------------------------------------- archiving and removing


async def test_an_archived_space_is_read_by_who_could_read_and_written_by_nobody(
    built: Builds, guild: SimGuild, mali: SimMember, the: Callable[[str], SimChannel]
) -> None:
    guild.give_role(mali, int(built.refs["role.participants"]))
    guild.give_role(mali, int(built.refs["role.facilitators"]))
    built.design = DESIGN.archived()
    steps = await built.apply()
    assert {step.act for step in steps} == {Act.CHANGE}
    for key in ("plaza", "news", "questions", "table"):
        assert the(f"room.{key}").lets(mali, "read_message_history")
        for permission in ("send_messages", "send_messages_in_threads", "add_reactions", "create_public_threads"):
            assert not the(f"room.{key}").lets(mali, permission)
    assert await built.steps() == ()
    await built.carry_out([step.undone for step in reversed(steps)])
    built.design = DESIGN
    assert await built.steps() == ()


async def test_removing_everything_leaves_the_server_as_it_was(
    builder: DiscordBuilder, home: Home, guild: SimGuild, lobby: SimChannel
) -> None:
    def state() -> tuple[list[object], list[object]]:
        return [role.name for role in guild.roles()], [
            (channel.id, channel.overwrites()) for channel in guild.channels()
        ]

    before = state()
    builds = Builds(builder, home, DESIGN)
    made = await builds.apply()
    await builds.carry_out([step.undone for step in reversed(made)])
    assert state() == before
    # and once more, now that it is gone
    await builds.carry_out([step.undone for step in reversed(made)])
    assert state() == before


# ---------------------------------------------------------------------- attempts that were cut off


@pytest.mark.parametrize("key", ["role.participants", "container", "room.plaza", "post.plaza.welcome"])
async def test_what_was_made_by_an_attempt_whose_answer_was_lost_is_found_again(
    sim: SimulatedDiscord, builder: DiscordBuilder, home: Home, guild: SimGuild, key: str
) -> None:
    builds = Builds(builder, home, DESIGN)
    steps = list(await builds.steps())
    cut_off = next(step for step in steps if step.key == key)
    await builds.carry_out(steps[: steps.index(cut_off)])
    begun = now()
    assert await builds.made_since(cut_off, begun) == ()
    sim.faults.add(Fault.lost_answer("POST", "(/guilds/.*|/channels/.*/messages)", times=1))
    with pytest.raises(NotNowError, match=r"^discord\.unreachable$"):
        await builds.carry_out([cut_off])
    [found] = await builds.made_since(cut_off, begun)
    builds.refs[key] = found
    await builds.carry_out(steps[steps.index(cut_off) + 1 :])
    # a post is pinned after it was said
    assert [step.key for step in await builds.apply()] == ([key] if key.startswith("post") else [])
    assert await builds.steps() == ()
    assert len(guild.categories()) == 1
    assert len(guild.channels()) == 5


@pytest.mark.parametrize("what", ["roles", "channels"])
async def test_a_failing_server_is_not_asked_to_make_the_same_twice(
    sim: SimulatedDiscord, builder: DiscordBuilder, home: Home, guild: SimGuild, what: str
) -> None:
    builds = Builds(builder, home, DESIGN)
    step = next(
        step
        for step in await builds.steps()
        if step.key == ("container" if what == "channels" else "role.participants")
    )
    if what == "channels":
        await builds.carry_out([each for each in await builds.steps() if each.kind is PieceKind.ROLE])
    before = len(guild.channels()), len(guild.roles())
    sim.faults.add(Fault.late_5xx("POST", f"/guilds/.*/{what}", 502, times=1))
    with pytest.raises(NotNowError, match=r"^discord\.unreachable$"):
        await builds.carry_out([step])
    assert len(guild.channels()) + len(guild.roles()) == sum(before) + 1


async def test_a_message_that_discord_fails_to_confirm_is_said_once(
    sim: SimulatedDiscord, builder: DiscordBuilder, home: Home, guild: SimGuild
) -> None:
    builds = Builds(builder, home, DESIGN)
    sim.faults.add(Fault.late_5xx("POST", "/channels/.*/messages", 502, times=1))
    await builds.apply()
    plaza = guild.channel(int(builds.refs["room.plaza"]))
    assert len(pinned(plaza)) == 2
    assert [message.content for message in plaza.messages()].count("1. Listen to the end.") == 1


async def test_what_is_older_or_called_otherwise_or_elsewhere_was_not_made_by_us(
    builder: DiscordBuilder, home: Home, guild: SimGuild
) -> None:
    guild.add_text_channel("the-plaza")
    builds = Builds(builder, home, DESIGN)
    steps = await builds.steps()
    await builds.carry_out(steps[:3])
    begun = now() - timedelta(seconds=30)
    room = next(step for step in steps if step.key == "room.plaza")
    guild.add_text_channel("the-plazas", category="Listening Circle")
    guild.add_forum("the-plaza", category="Listening Circle")
    assert await builds.made_since(room, begun) == ()
    bare = guild.add_text_channel("the-plaza", category="Listening Circle")
    [found] = await builds.made_since(room, begun)
    assert found == str(bare.id)
    ours = await builder.make(home.key, "circle", room, builds.refs)
    assert await builds.made_since(room, begun) == (ours, str(bare.id))
    assert await builds.made_since(room, now() + timedelta(minutes=1)) == ()


# ---------------------------------------------------------------------- what is in the way


async def obstacles(builds: Builds) -> list[tuple[str, dict[str, str]]]:
    survey = await builds.builder.survey(builds.home.key, builds.refs)
    return [(each.code, dict(each.values)) for each in builds.builder.obstacles(survey, await builds.steps())]


async def test_missing_permissions_are_known_before_anything_is_made(
    builder: DiscordBuilder, home: Home, guild: SimGuild
) -> None:
    builds = Builds(builder, home, DESIGN)
    assert await obstacles(builds) == []
    guild.set_bot_permissions(manage_roles=False, pin_messages=False, manage_webhooks=False)
    assert await obstacles(builds) == [
        ("permission", {"permission": "manage_roles"}),
        ("permission", {"permission": "pin_messages"}),
    ]
    with pytest.raises(ImpossibleError, match=r"^discord\.forbidden$"):
        await builds.apply()
    builds.design = replace(DESIGN, bridged=True)
    assert ("permission", {"permission": "manage_webhooks"}) in await obstacles(builds)


async def test_an_administrator_lacks_nothing(builder: DiscordBuilder, home: Home, guild: SimGuild) -> None:
    builds = Builds(builder, home, replace(DESIGN, bridged=True))
    guild.set_bot_permissions(administrator=True, manage_roles=False, pin_messages=False)
    assert await obstacles(builds) == []
    await builds.apply()
    assert await builds.steps() == ()


async def test_where_the_bot_is_gone_nothing_can_be_done(built: Builds, guild: SimGuild) -> None:
    guild.remove_bot()
    assert await obstacles(built) == [("home", {})]


async def test_a_channel_that_the_bot_was_shut_out_of_is_named(
    built: Builds, guild: SimGuild, sim: SimulatedDiscord, the: Callable[[str], SimChannel]
) -> None:
    the("room.plaza").set_bot_permissions(view_channel=False)
    survey = await built.builder.survey(built.home.key, built.refs)
    assert survey.lost == {"room.plaza", "post.plaza.welcome", "post.plaza.agreements"}
    assert ("lost", {"piece": "room.plaza"}) in await obstacles(built)


async def test_a_role_above_the_bots_own_is_known_to_be_out_of_reach(built: Builds, guild: SimGuild) -> None:
    guild.rename_role(int(built.refs["role.participants"]), "higher")
    guild.move_role(int(built.refs["role.participants"]), 50)
    assert await obstacles(built) == [("permission", {"permission": "higher_role"})]
    with pytest.raises(ImpossibleError, match=r"^discord\.forbidden$"):
        await built.apply()


async def test_limits_are_foreseen_and_named_when_met_all_the_same(
    builder: DiscordBuilder, home: Home, guild: SimGuild
) -> None:
    builds = Builds(builder, home, DESIGN)
    steps = await builds.steps()
    await builds.carry_out(steps[:3])
    for number in range(47):
        guild.add_text_channel(f"filler-{number}", category="Listening Circle")
    assert ("category", {"used": "47", "needed": "4", "most": "50"}) in await obstacles(builds)
    with pytest.raises(ImpossibleError, match=r"^discord\.limit_category$"):
        await builds.apply()
    for number in range(500 - len(guild.channels())):
        guild.add_text_channel(f"more-{number}")
    with pytest.raises(ImpossibleError, match=r"^discord\.limit_channels$"):
        await builds.apply()
    for number in range(250 - len(guild.roles())):
        guild.add_role(f"role-{number}")
    assert ("channels", {"used": "500", "needed": "1", "most": "500"}) in await obstacles(builds)
    with pytest.raises(ImpossibleError, match=r"^discord\.limit_roles$"):
        await builder.make(home.key, "circle", steps[0], {})


async def test_a_name_that_discord_refuses_is_named(builder: DiscordBuilder, home: Home) -> None:
    nameless = replace(DESIGN, rooms=(replace(PLAZA, names=words("", "!!!", "")),))
    builds = Builds(builder, home, nameless)
    assert ("name", {"piece": "room.plaza", "name": ""}) in await obstacles(builds)
    changes = (Change("kind", "", "text"), Change("name", "", "!!!"))
    with pytest.raises(ImpossibleError, match=r"^discord\.invalid_name$"):
        await builder.make(home.key, "circle", Step(Act.MAKE, "room.plaza", PieceKind.ROOM, changes), {})


async def test_a_step_that_needs_what_is_not_there_says_so(builder: DiscordBuilder, home: Home) -> None:
    builds = Builds(builder, home, DESIGN)
    steps = await builds.steps()
    with pytest.raises(ImpossibleError, match=r"^discord\.piece_missing$"):
        await builder.make(home.key, "circle", next(step for step in steps if step.key == "room.plaza"), {})


async def test_an_unreachable_discord_is_for_later(sim: SimulatedDiscord, built: Builds) -> None:
    sim.faults.add(Fault.status("GET", "/guilds/.*/channels", 503, times=1))
    with pytest.raises(NotNowError, match=r"^discord\.unreachable$"):
        await built.steps()


async def test_before_the_bot_is_connected_everything_is_for_later(home: Home) -> None:
    builder = DiscordBuilder(CommunityBot(), catalogues())
    with pytest.raises(NotNowError, match=r"^discord\.not_connected$"):
        await builder.survey(home.key, {})


async def test_the_audit_log_says_why(built: Builds, guild: SimGuild) -> None:
    assert set(guild.reasons()) == {"As planned for a learning space"}


async def test_a_change_that_discord_makes_wait_for_minutes_is_for_later(
    sim: SimulatedDiscord,
    built: Builds,
    guild: SimGuild,
    the: Callable[[str], SimChannel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discord_builder, "PATIENCE", 0.05)
    guild.rename_channel(the("room.plaza"), "chaos")
    sim.faults.add(Fault.delay("PATCH", "/channels/.*", 1.0, times=1))
    with pytest.raises(NotNowError, match=r"^discord\.limit$"):
        await built.apply()
