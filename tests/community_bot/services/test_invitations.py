"""Invites: once, for a few days, for one person; and nobody can tell who invited whom."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from community_bot.commands.invitations import InvitationCommands
from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES
from community_bot.services.invitations import Invitations, redeem
from db.engine import Database
from db.ids import InviteId
from db.tables import invite, tally
from tests.community_bot.services.small_network import BEGIN, SmallNetwork, request_in, said_in_every_language


@pytest.fixture
def small(database: Database) -> SmallNetwork:
    return SmallNetwork(database)


async def use(small: SmallNetwork, account: Account, code: str) -> InviteId:
    return await small.network.act(lambda unit: redeem(unit, account, code))


async def test_an_invite_lets_one_person_in_and_then_no_other(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    made = await Invitations(small.network).create(facilitator, "river circle")
    await use(small, small.stranger(), f" {made.code.lower()} ")
    with pytest.raises(Refusal, match=r"invite\.unknown") as refused:
        await use(small, small.stranger(), made.code)
    assert all(said_in_every_language(refused.value))


async def test_of_two_who_use_the_same_invite_at_once_one_comes_in(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    made = await Invitations(small.network).create(facilitator, "river circle")
    outcomes = await asyncio.gather(
        *(use(small, small.stranger(), made.code) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(outcome, Refusal) for outcome in outcomes) == [False, True]
    counted = await small.network.look(lambda unit: sum(unit.ledger.counts("source", unit.today).values()))
    assert counted == 1


async def test_after_its_days_an_invite_is_expired(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    invitations = Invitations(small.network)
    made = await invitations.create(facilitator, "river circle", days=7)
    assert made.invite.expires_at == BEGIN + timedelta(days=7)
    small.clock.pass_by(days=7)
    with pytest.raises(Refusal, match=r"invite\.expired") as refused:
        await use(small, small.stranger(), made.code)
    assert all(said_in_every_language(refused.value))
    assert await invitations.open_invites(facilitator) == []


async def test_unknown_used_and_revoked_codes_are_refused_in_the_same_words(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    invitations = Invitations(small.network)
    used = await invitations.create(facilitator, "stall one")
    await use(small, small.stranger(), used.code)
    revoked = await invitations.create(facilitator, "stall two")
    await invitations.revoke(facilitator, "Stall  Two")
    sentences = set()
    for code in (used.code, revoked.code, "ABCD-EFGH-JK", "", "🌱"):
        with pytest.raises(Refusal) as refused:
            await use(small, small.stranger(), code)
        sentences.add(tuple(said_in_every_language(refused.value)))
    assert len(sentences) == 1


async def test_five_wrong_codes_close_the_way_for_an_hour_even_for_a_right_one(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    made = await Invitations(small.network).create(facilitator, "river circle")
    guesser = small.stranger()
    for _ in range(5):
        with pytest.raises(Refusal, match=r"invite\.unknown"):
            await use(small, guesser, "ABCD-EFGH-JK")
    with pytest.raises(Refusal, match=r"invite\.tries") as refused:
        await use(small, guesser, made.code)
    assert all(said_in_every_language(refused.value))
    small.clock.pass_by(hours=1)
    await use(small, guesser, made.code)


async def test_what_is_kept_of_a_used_invite_leads_to_nobody(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    made = await Invitations(small.network).create(facilitator, "river circle")
    await use(small, small.stranger(), made.code)
    row = await small.network.look(lambda unit: unit.connection.execute(invite.select()).one())
    assert (row.state, row.maker_id) == ("used", None)
    assert row.purge_after == BEGIN + timedelta(hours=72)


async def test_labels_and_codes_are_not_readable_in_the_database(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    made = await Invitations(small.network).create(facilitator, "river circle")
    await use(small, small.stranger(), made.code)
    rows = await small.network.look(
        lambda unit: [
            *unit.connection.execute(invite.select()).all(),
            *unit.connection.execute(tally.select()).all(),
        ]
    )
    assert len(rows) == 2
    written = repr([tuple(row) for row in rows])
    assert "river" not in written
    assert made.code not in written
    assert made.code.replace("-", "") not in written


async def test_an_invite_that_nothing_came_of_is_not_counted(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    invitations = Invitations(small.network)
    made = await invitations.create(facilitator, "river circle")

    def cut_off(unit: object) -> None:
        redeem(unit, small.stranger(), made.code)  # type: ignore[arg-type]
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError, match="dies here"):
        await small.network.act(cut_off)
    assert await invitations.sources(facilitator) == []
    assert len(await invitations.open_invites(facilitator)) == 1


async def test_sources_tell_counts_only_where_five_people_came(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    invitations = Invitations(small.network)
    for label, times in (("festival", 6), ("radio", 4), ("zine", 1)):
        for _ in range(times):
            made = await invitations.create(facilitator, label)
            await use(small, small.stranger(), made.code)
    sources = await invitations.sources(facilitator)
    assert [(source.label, source.came) for source in sources] == [("festival", 6), ("radio", None), ("zine", None)]


async def test_a_moderator_has_five_invites_open_at_most_and_two_at_once_do_not_make_six(
    small: SmallNetwork,
) -> None:
    moderator = await small.join("Moss", role=Role.MODERATOR)
    invitations = Invitations(small.network)
    outcomes = await asyncio.gather(
        *(invitations.create(moderator, "stall") for _ in range(7)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 2
    with pytest.raises(Refusal, match=r"invite\.too_many") as refused:
        await invitations.create(moderator, "stall")
    assert all(said_in_every_language(refused.value))
    assert await invitations.revoke(moderator, "stall") == 5
    await invitations.create(moderator, "stall")


async def test_members_invite_once_their_first_days_are_over(small: SmallNetwork) -> None:
    invitations = Invitations(small.network)
    facilitator = await small.join("Fern", role=Role.FACILITATOR, scope="media", probation_days=14)
    await invitations.create(facilitator, "river circle")
    await invitations.create(await small.join("Moss"), "river circle")
    newcomer = await small.join("Reed", probation_days=14)
    with pytest.raises(Refusal, match=r"invite\.probation") as refused:
        await invitations.create(newcomer, "river circle")
    assert all(said_in_every_language(refused.value))
    with pytest.raises(Refusal, match=r"authority\.not_member"):
        await invitations.create(small.stranger(), "river circle")


async def test_nobody_sees_or_takes_back_the_invites_of_others(small: SmallNetwork) -> None:
    invitations = Invitations(small.network)
    one, other = [await small.join(alias, role=Role.FACILITATOR) for alias in ("Fern", "Moss")]
    await invitations.create(one, "river circle")
    assert await invitations.open_invites(other) == []
    with pytest.raises(Refusal, match=r"invite\.none_such") as refused:
        await invitations.revoke(other, "river circle")
    assert all(said_in_every_language(refused.value))
    assert len(await invitations.open_invites(one)) == 1


async def test_every_step_is_in_the_audit_by_role(small: SmallNetwork) -> None:
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    invitations = Invitations(small.network)
    made = await invitations.create(facilitator, "river circle")
    await use(small, small.stranger(), made.code)
    await invitations.create(facilitator, "radio")
    await invitations.revoke(facilitator, "radio")
    assert await small.audit() == [
        ("facilitator", "invite.revoked"),
        ("facilitator", "invite.created"),
        ("nobody", "invite.used"),
        ("facilitator", "invite.created"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_code_is_shown_once_and_the_list_shows_labels_only(
    sqlite_database: Database, language: str
) -> None:
    small = SmallNetwork(sqlite_database)
    facilitator = await small.join("Fern", role=Role.FACILITATOR)
    commands = InvitationCommands(Invitations(small.network))
    request = request_in(language, facilitator)  # type: ignore[arg-type]
    empty = await commands.list(request)
    assert "/invite create" in empty.text
    created = await commands.create(request, "river circle", 2)
    code = created.text.split("`")[1]
    await use(small, small.stranger(), code)
    await commands.create(request, "radio")
    shown = await commands.list(request)
    assert "radio" in shown.text
    assert "river circle" not in shown.text
    assert [each.value for each in await commands.own_labels(request, "rad")] == ["radio"]
    assert "river circle" in (await commands.sources(request)).text
    assert "radio" in (await commands.revoke(request, "radio")).text


@pytest.mark.parametrize(
    "reason",
    [
        "too_long",
        "empty",
        "invisible",
        "no_letters",
        "characters",
        "too_short",
        "number",
        "marks",
        "joiners",
        "address",
    ],
)
def test_every_refusal_of_a_label_has_a_sentence(reason: str) -> None:
    refusal = Refusal(f"invite.label.{reason}", longest=40, shortest=2, strange="§")
    assert all(said_in_every_language(refusal))


def test_a_refused_number_of_days_has_a_sentence() -> None:
    assert all(said_in_every_language(Refusal("invite.days", longest=7)))
