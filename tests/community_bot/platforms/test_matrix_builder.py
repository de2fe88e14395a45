"""Learning spaces on a real homeserver: made, looked at, changed by hand, put right, removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import nio
import pytest
import pytest_asyncio

from community_bot.domain.layout import Act, Change, PieceKind, Step
from community_bot.domain.space_design import Access
from community_bot.platforms.builder import Obstacle
from community_bot.platforms.matrix_builder import MatrixBuilder
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.port import ImpossibleError, NotNowError
from community_bot.services.directory import FACILITATORS_LEVEL
from sandbox.matrix import MatrixRefusedError, RealSynapse
from tests.community_bot.platforms.matrix_yard import HOME, KEYS, Plot, Yard, archived, facet_changes, yard

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

VERSIONS = ("10", "12")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here() -> AsyncIterator[Yard]:
    async with RealSynapse() as synapse, yard(synapse) as opened:
        yield opened


async def built(here: Yard, *, version: str | None = None) -> Plot:
    plot = here.plot(await here.person(), version=version)
    await plot.bring_about()
    return plot


# ── making


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_was_built_is_what_was_wanted(here: Yard, version: str) -> None:
    plot = here.plot(await here.person(), version=version)
    made = await plot.bring_about()
    assert [step.key for step in made] == [
        "container",
        "room.lounge",
        "room.news",
        "room.desk",
        "post.lounge.welcome",
        "post.lounge.agreements",
    ]
    survey = await plot.survey()
    assert await plot.steps() == ()
    assert survey.strangers == ()
    assert survey.lost == survey.lacking == frozenset()
    for room in (plot.space, plot.lounge):
        assert (await here.bot.state(room, "m.room.create"))["room_version"] == version


async def test_the_best_room_version_is_taken_where_nothing_else_is_asked_for(here: Yard) -> None:
    plot = await built(here)
    assert (await here.bot.state(plot.lounge, "m.room.create"))["room_version"] == "12"


async def test_people_come_in_through_the_space_and_see_nothing_from_before(here: Yard) -> None:
    plot = await built(here)
    person, stranger = await here.person(), await here.person()
    with pytest.raises(MatrixRefusedError):
        await stranger.join(plot.space)
    with pytest.raises(MatrixRefusedError):
        await stranger.join(plot.lounge)
    await here.enter(plot, person)
    with pytest.raises(MatrixRefusedError):
        await person.join(plot.refs["room.desk"])
    assert [each.body for each in await person.messages(plot.lounge)] == []
    listed = await person.listed_in(plot.space)
    assert {room: content.get("suggested", False) for room, content in listed.items()} == {
        plot.lounge: True,
        plot.refs["room.news"]: False,
        plot.refs["room.desk"]: False,
    }


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_does_in_a_room_what_the_design_lets_them(here: Yard, version: str) -> None:
    facilitator, person = await here.person(), await here.person()
    plot = here.plot(facilitator, version=version)
    await plot.bring_about()
    for each in (facilitator, person):
        await here.enter(plot, each)
    news = plot.refs["room.news"]
    said = await person.say(plot.lounge, "สวัสดี")
    with pytest.raises(MatrixRefusedError):
        await person.say(news, "ข่าวของฉัน")
    announced = await facilitator.say(news, "พรุ่งนี้เจอกัน")
    await person.react(news, announced, "👍")
    for act in (person.rename(plot.lounge, "ของฉัน"), facilitator.rename(plot.lounge, "ของฉัน")):
        with pytest.raises(MatrixRefusedError):
            await act
    with pytest.raises(MatrixRefusedError):
        await person.put_state(plot.lounge, "m.room.pinned_events", {"pinned": [said]})
    pinned = [plot.refs["post.lounge.welcome"], plot.refs["post.lounge.agreements"]]
    await facilitator.put_state(plot.lounge, "m.room.pinned_events", {"pinned": [*pinned, said]})
    await person.redact(plot.lounge, said)
    await facilitator.redact(plot.lounge, await person.say(plot.lounge, "ไม่ดี"))
    assert await plot.steps() == ()


async def test_facilitators_have_the_level_that_their_role_gives(here: Yard) -> None:
    person = await here.person()
    plot = here.plot(person)
    await plot.bring_about()
    assert (await here.bot.power_levels(plot.lounge))["users"] == {person.user_id: int(FACILITATORS_LEVEL)}


async def test_two_who_make_the_same_at_once_make_one(here: Yard) -> None:
    plot = here.plot()
    container = (await plot.steps())[0]
    first, second = await asyncio.gather(*(plot.builder.make(HOME.key, plot.key, container, {}) for _ in range(2)))
    assert first == second
    plot.refs["container"] = first
    room = next(step for step in await plot.steps() if step.key == "room.lounge")
    made = {await plot.builder.make(HOME.key, plot.key, room, plot.refs) for _ in range(2)}
    assert len(made) == 1
    plot.refs["room.lounge"] = made.pop()
    post = next(step for step in await plot.steps() if step.key == "post.lounge.welcome")
    posts = await asyncio.gather(*(plot.builder.make(HOME.key, plot.key, post, plot.refs) for _ in range(2)))
    posts.append(await plot.builder.make(HOME.key, plot.key, post, plot.refs))
    assert len(set(posts)) == 1
    assert len(await here.bot.messages(plot.lounge)) == 1
    await plot.bring_about()
    assert await plot.steps() == ()


class LostAnswer(nio.AsyncClient):  # type: ignore[misc]
    """Sends what it is told and never comes back from it, as a process that dies there."""

    dies_at: tuple[str, str] = ("", "")

    async def send(self, method: str, path: str, *rest: object, **more: object) -> object:
        answer = await super().send(method, path, *rest, **more)
        if self.dies_at[0] == method and self.dies_at[1] in path:
            raise KeyboardInterrupt
        return answer


@pytest.mark.parametrize("dies_at", [("POST", "createRoom"), ("PUT", "m.space.child")])
async def test_what_a_crash_left_behind_is_found_and_finished(here: Yard, dies_at: tuple[str, str]) -> None:
    client = LostAnswer(here.synapse.url, here.bot.user_id, device_id="YARD")
    client.access_token, client.user_id = here.bot.access_token, here.bot.user_id
    plot = here.plot()
    dying = MatrixBuilder(Homeserver(client), lookup=KEYS.lookup)
    await plot.do((await plot.steps())[0])
    room = (await plot.steps())[0]
    client.dies_at = dies_at
    with pytest.raises(KeyboardInterrupt):
        await dying.make(HOME.key, plot.key, room, plot.refs)
    await client.close()
    found = await plot.find_made(room)
    await plot.do(room)
    assert (plot.refs[room.key],) == found
    assert len(await here.bot.listed_in(plot.space)) == 1
    assert room.key not in {step.key for step in await plot.steps()}


async def test_a_post_that_a_crash_left_unpinned_is_found_when_it_is_made_again(here: Yard) -> None:
    plot = await built(here)
    post = plot.refs.pop("post.lounge.agreements")
    await here.bot.put_state(plot.lounge, "m.room.pinned_events", {"pinned": [plot.refs["post.lounge.welcome"]]})
    [step] = await plot.steps()
    await plot.do(step)
    assert plot.refs["post.lounge.agreements"] == post
    assert await plot.steps() == ()
    assert await plot.find_made(step) == (post,)


# ── drift


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_power_level_changed_by_hand_is_found_and_taken_back(here: Yard, version: str) -> None:
    plot = await built(here, version=version)
    person = await here.person()
    before = await here.bot.power_levels(plot.lounge)
    await here.bot.empower(plot.lounge, person.user_id, 60)
    await here.bot.change_power(plot.lounge, events_default=50, kick=0)
    await here.bot.empower(plot.space, next(iter(plot.people.facilitators)), 0)
    found = facet_changes(await plot.steps())
    assert found == [
        ("container", f"power:person:{next(iter(plot.people.facilitators))}", "", "50"),
        ("room.lounge", "power:events", "50", "0"),
        ("room.lounge", "power:kick", "0", "100"),
        ("room.lounge", f"power:person:{person.user_id}", "60", ""),
    ]
    assert plot.builder.obstacles(await plot.survey(), await plot.steps()) == ()
    await plot.bring_about()
    assert await here.bot.power_levels(plot.lounge) == before
    assert await plot.steps() == ()


async def test_what_a_homeservers_operator_took_by_hand_is_found_and_taken_back(here: Yard) -> None:
    plot = await built(here)
    person = await here.person()
    await here.synapse.make_room_admin(plot.lounge, person.user_id)
    assert facet_changes(await plot.steps()) == [
        ("room.lounge", f"power:person:{person.user_id}", "100", ""),
    ]
    await plot.bring_about()
    assert await plot.steps() == ()


async def test_in_an_old_room_somebody_as_powerful_as_the_bot_is_named_before_anything_is_done(here: Yard) -> None:
    plot = await built(here, version="10")
    person = await here.person()
    await here.synapse.make_room_admin(plot.lounge, person.user_id)
    steps = await plot.steps()
    assert len(steps) == 1
    expected = (Obstacle("permission", {"permission": "m.room.power_levels"}),)
    assert plot.builder.obstacles(await plot.survey(), steps) == expected
    with pytest.raises(ImpossibleError, match=r"^matrix\.forbidden$"):
        await plot.do(steps[0])


async def test_what_the_bot_may_no_more_is_named_before_anything_is_done(here: Yard) -> None:
    plot = await built(here, version="10")
    await here.bot.empower(plot.lounge, here.bot.user_id, 40)
    plot.design = replace(plot.design, purposes={"th": "อย่างอื่น"})
    missing = {
        each.values["permission"] for each in plot.builder.obstacles(await plot.survey(), await plot.steps())
    }
    assert {"m.room.name", "m.room.power_levels", "invite", "kick"} <= missing


async def test_a_room_renamed_by_hand_gets_its_name_back(here: Yard) -> None:
    plot = await built(here)
    await here.bot.rename(plot.lounge, "ที่อื่น")
    await here.bot.put_state(plot.space, "m.room.topic", {"topic": ""})
    assert facet_changes(await plot.steps()) == [
        ("container", "topic", "", "เรียนทำวิทยุ"),
        ("room.lounge", "name", "ที่อื่น", "ศาลาริมน้ำ"),
    ]
    await plot.bring_about()
    assert (await here.bot.state(plot.lounge, "m.room.name"))["name"] == "ศาลาริมน้ำ"
    assert await plot.steps() == ()


async def test_doors_that_were_opened_by_hand_are_closed_again(here: Yard) -> None:
    plot = await built(here)
    other = await here.bot.create_room("ที่อื่น", space=True)
    allow = [{"type": "m.room_membership", "room_id": room} for room in (plot.space, other)]
    await here.bot.put_state(plot.lounge, "m.room.join_rules", {"join_rule": "restricted", "allow": allow})
    await here.bot.put_state(plot.lounge, "m.room.history_visibility", {"history_visibility": "world_readable"})
    await here.bot.put_state(plot.lounge, "m.room.guest_access", {"guest_access": "can_join"})
    await here.bot.put_state(plot.space, "m.room.join_rules", {"join_rule": "public"})
    [(_, _, opened, closed)] = [each for each in facet_changes(await plot.steps()) if each[0] == "container"]
    assert (opened, closed) == ("public", "knock")
    assert [each[1:] for each in facet_changes(await plot.steps()) if each[0] != "container"] == [
        ("guests", "can_join", ""),
        ("history", "world_readable", "joined"),
        ("join_rule", f"restricted:{','.join(sorted((plot.space, other)))}", "restricted"),
    ]
    steps = await plot.bring_about()
    assert await plot.steps() == ()
    # and what was put right can be taken back, exactly
    for step in steps:
        await plot.do(step.undone)
    assert [step.undone.undone for step in await plot.steps()] == list(steps)


async def test_a_room_taken_off_the_space_is_listed_again(here: Yard) -> None:
    plot = await built(here)
    await here.bot.put_state(plot.space, "m.space.child", {}, state_key=plot.lounge)
    assert facet_changes(await plot.steps()) == [("room.lounge", "listed", "", "01 suggested")]
    await plot.bring_about()
    assert plot.lounge in await here.bot.listed_in(plot.space)
    assert await plot.steps() == ()


async def test_a_room_that_somebody_added_is_shown_and_not_touched(here: Yard) -> None:
    plot = await built(here)
    added = await here.bot.create_room("ห้องของใครก็ไม่รู้")
    await here.bot.add_to_space(plot.space, added)
    survey = await plot.survey()
    assert [(each.name, each.ref) for each in survey.strangers] == [("ห้องของใครก็ไม่รู้", added)]
    assert await plot.steps() == ()


async def test_an_unpinned_post_is_pinned_again_and_a_deleted_one_is_posted_anew(here: Yard) -> None:
    plot = await built(here)
    welcome, agreements = plot.refs["post.lounge.welcome"], plot.refs["post.lounge.agreements"]
    await here.bot.put_state(plot.lounge, "m.room.pinned_events", {"pinned": [welcome]})
    assert facet_changes(await plot.steps()) == [("post.lounge.agreements", "pinned", "", "yes")]
    await plot.bring_about()
    assert await plot.steps() == ()
    for _ in range(2):
        gone = plot.refs["post.lounge.agreements"]
        await here.bot.redact(plot.lounge, gone)
        [step] = await plot.bring_about()
        assert (step.act, step.key) == (Act.MAKE, "post.lounge.agreements")
        assert plot.refs["post.lounge.agreements"] != gone
    assert agreements != plot.refs["post.lounge.agreements"]
    assert await plot.steps() == ()


async def test_other_words_take_the_place_of_a_post_as_often_as_they_change(here: Yard) -> None:
    plot = await built(here)
    first = plot.design
    for design in (replace(first, agreements={"th": "ฟัง **ก่อน** พูด"}), first) * 2:
        plot.design = design
        [(key, facet, _, after)] = facet_changes(await plot.bring_about())
        assert (key, facet, after) == ("post.lounge.agreements", "text", design.agreements["th"])
        assert await plot.steps() == ()
    assert (
        len({each.content.get("m.relates_to", {}).get("event_id") for each in await here.bot.messages(plot.lounge)})
        == 2
    )


async def test_a_room_that_the_bot_left_is_entered_again(here: Yard) -> None:
    facilitator = await here.person()
    plot = here.plot(facilitator)
    await plot.bring_about()
    await here.enter(plot, facilitator)
    room = plot.lounge
    await here.bot.leave(room)
    survey = await plot.survey()
    assert survey.lost == frozenset()
    [step] = await plot.steps()
    assert facet_changes((step,)) == [("room.lounge", "left", "yes", "")]
    assert plot.builder.obstacles(survey, [step]) == ()
    await plot.do(step)
    assert plot.lounge == room
    assert await plot.steps() == ()
    # what was done is undone without losing the room, or anybody in it
    await plot.do(step.undone)
    assert set(await facilitator.members(room)) == {facilitator.user_id, here.bot.user_id}


async def test_a_room_that_nobody_can_open_any_more_is_lost_until_the_bot_is_asked_back(here: Yard) -> None:
    facilitator = await here.person()
    plot = here.plot(facilitator)
    await plot.bring_about()
    desk = plot.refs["room.desk"]
    await here.bot.invite(desk, facilitator.user_id)
    await facilitator.join(desk)
    await here.bot.leave(desk)
    survey = await plot.survey()
    assert survey.lost == {"room.desk"}
    [step] = await plot.steps()
    assert facet_changes((step,)) == [("room.desk", "left", "yes", "")]
    assert plot.builder.obstacles(survey, [step]) == (Obstacle("lost", {"piece": "room.desk"}),)
    with pytest.raises(ImpossibleError, match=r"^matrix\.lost_room$"):
        await plot.do(step)
    await facilitator.invite(desk, here.bot.user_id)
    assert (await plot.survey()).lost == frozenset()
    assert ("room.desk", "left", "yes", "") in facet_changes(await plot.bring_about())
    assert plot.refs["room.desk"] == desk
    assert await plot.steps() == ()


async def test_a_space_that_is_gone_is_made_anew_and_its_rooms_belong_to_it(here: Yard) -> None:
    plot = await built(here)
    old = plot.space
    for alias in await here.homeserver.aliases(old):
        await here.homeserver.drop_alias(alias)
    await here.homeserver.leave(old)
    await here.homeserver.forget(old)
    changed = {step.key for step in await plot.steps()}
    assert changed == {"container", "room.lounge", "room.news", "room.desk"}
    await plot.bring_about()
    assert plot.space != old
    assert await plot.steps() == ()
    person = await here.person()
    await here.enter(plot, person)


async def test_a_room_that_somebody_encrypted_is_found_and_cannot_be_put_right(here: Yard) -> None:
    plot = await built(here)
    await here.bot.put_state(plot.lounge, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    [step] = await plot.steps()
    assert facet_changes((step,)) == [("room.lounge", "encrypted", "yes", "")]
    with pytest.raises(ImpossibleError, match=r"^matrix\.encrypted_room$"):
        await plot.do(step)


# ── the end of a space


async def test_in_an_archived_space_everybody_reads_and_nobody_writes(here: Yard) -> None:
    facilitator, person = await here.person(), await here.person()
    plot = here.plot(facilitator)
    await plot.bring_about()
    for each in (facilitator, person):
        await here.enter(plot, each)
    said = await person.say(plot.lounge, "ไว้เจอกัน")
    archived(plot)
    await plot.bring_about()
    assert await plot.steps() == ()
    for each in (facilitator, person):
        with pytest.raises(MatrixRefusedError):
            await each.say(plot.lounge, "ยังอยู่ไหม")
        with pytest.raises(MatrixRefusedError):
            await each.react(plot.lounge, said, "👍")
    assert [each.body for each in await facilitator.messages(plot.lounge)] == ["ไว้เจอกัน"]
    # what somebody said stays theirs to take back
    await person.redact(plot.lounge, said)


async def test_removing_everything_leaves_nobody_anywhere_and_can_be_repeated(here: Yard) -> None:
    facilitator, person, asks = await here.person(), await here.person(), await here.person()
    plot = here.plot(facilitator)
    await plot.bring_about()
    for each in (facilitator, person):
        await here.enter(plot, each)
    await asks.knock(plot.space)
    refs = dict(plot.refs)
    gone = tuple(
        Step(Act.REMOVE, key, PieceKind(key.partition(".")[0]), (Change("name", "x", ""),))
        for key in sorted(refs, key=lambda key: ("post", "room", "container").index(key.partition(".")[0]))
    )
    for _ in range(2):
        plot.refs = dict(refs)
        for step in gone:
            await plot.do(step)
    for each in (facilitator, person, here.bot):
        assert set(await each.joined()).isdisjoint(refs.values())
    with pytest.raises(MatrixRefusedError):
        await person.join(refs["room.lounge"])
    # the names are free: the same space can be built again, and is another one
    plot.refs = {}
    await plot.bring_about()
    assert set(plot.refs.values()).isdisjoint(refs.values())


async def test_a_room_that_is_not_wanted_any_more_is_emptied_and_taken_off_the_space(here: Yard) -> None:
    plot = await built(here)
    person = await here.person()
    await here.enter(plot, person)
    news = plot.refs["room.news"]
    plot.design = replace(plot.design, rooms=tuple(each for each in plot.design.rooms if each.key != "news"))
    acts = {(step.act, step.key) for step in await plot.bring_about()}
    assert acts == {(Act.REMOVE, "room.news"), (Act.CHANGE, "room.desk")}
    assert news not in await here.bot.listed_in(plot.space)
    assert news not in await person.joined()
    assert await plot.steps() == ()


# ── what stands in the way


async def test_names_that_matrix_refuses_are_named_before_anything_is_made(here: Yard) -> None:
    plot = here.plot()
    room = replace(plot.design.rooms[0], names={"th": "ก" * 86})
    plot.design = replace(plot.design, titles={"th": " "}, rooms=(room,))
    assert plot.builder.obstacles(await plot.survey(), await plot.steps()) == (
        Obstacle("name", {"piece": "container", "name": ""}),
        Obstacle("name", {"piece": "room.lounge", "name": "ก" * 86}),
    )


async def test_a_homeserver_that_does_not_know_the_bot_is_no_home(here: Yard) -> None:
    client = nio.AsyncClient(here.synapse.url, here.bot.user_id, device_id="OUT")
    client.access_token, client.user_id = "of yesterday", here.bot.user_id
    plot = Plot(MatrixBuilder(Homeserver(client), lookup=KEYS.lookup))
    survey = await plot.survey()
    assert plot.builder.obstacles(survey, await plot.steps()) == (Obstacle("home"),)
    with pytest.raises(NotNowError, match=r"^matrix\.login_lost$"):
        await plot.bring_about()
    # what stands is not said to be gone
    plot.refs["container"] = "!space"
    with pytest.raises(NotNowError, match=r"^matrix\.login_lost$"):
        await plot.survey()
    await client.close()


async def test_who_asks_to_be_let_in_stands_at_the_space_and_not_at_an_unlisted_one(here: Yard) -> None:
    plot = await built(here)
    person = await here.person()
    await person.knock(plot.space)
    assert set(await here.homeserver.joins(plot.space, "knock")) == {person.user_id}
    for _ in range(2):
        await here.homeserver.reject_knock(plot.space, person.user_id)
    assert await here.homeserver.joins(plot.space, "knock") == {}
    plot.design = replace(plot.design, access=Access.UNLISTED)
    assert facet_changes(await plot.bring_about()) == [("container", "join_rule", "knock", "invite")]
    with pytest.raises(MatrixRefusedError):
        await person.knock(plot.space)
