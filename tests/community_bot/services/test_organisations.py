"""Organisations: both sides say yes, either side ends it, and nobody finds out who belongs."""

from __future__ import annotations

import asyncio

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.organisation import OrganisationState, Visibility
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.services.organisations import Organisations, Own, keep_up
from community_bot.services.stewardship import Stewardship
from db.engine import Database
from db.retention import purge_expired
from db.tables import affiliation, effect, member, organisation
from tests.community_bot.services.small_network import SmallNetwork, said_in_every_language

RIVER = "River Circle"


class Scene:
    """A network in which Fern has registered an organisation."""

    def __init__(self, database: Database) -> None:
        self.small = SmallNetwork(database)
        self.organisations = Organisations(self.small.network)
        self.stewardship = Stewardship(self.small.network)

    async def begin(self) -> Account:
        fern = await self.small.join("Fern")
        await self.organisations.register(fern, RIVER)
        return fern

    async def belong(self, steward: Account, alias: str) -> Account:
        """Let a member join the network and the organisation."""
        account = await self.small.join(alias)
        await self.stewardship.invite(steward, alias, None)
        await self.organisations.confirm(account, None)
        return account

    async def own(self, account: Account) -> Own:
        return (await self.organisations.show(account))[0]

    async def count(self, table: object) -> int:
        assert hasattr(table, "select")
        return await self.small.network.look(lambda unit: len(unit.connection.execute(table.select()).all()))


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


def refusal_of(raised: pytest.ExceptionInfo[Refusal]) -> str:
    """Return the code, once a sentence for it is found in every language."""
    assert all(said_in_every_language(raised.value))
    return raised.value.code


async def test_a_steward_asks_a_member_who_confirms_and_the_draft_is_an_organisation(scene: Scene) -> None:
    fern = await scene.begin()
    assert (await scene.own(fern)).state is OrganisationState.DRAFT
    moss = await scene.small.join("Moss")
    await scene.stewardship.invite(fern, "moss", RIVER)
    assert (await scene.own(moss)).offered
    assert await scene.small.told(moss) == ["organisation.offered_notice"]
    assert await scene.organisations.confirm(moss, None) == RIVER
    assert not (await scene.own(moss)).offered
    assert (await scene.own(fern)).state is OrganisationState.CONFIRMED


async def test_who_is_asked_may_decline_and_nothing_is_left_of_the_question(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.small.join("Moss")
    await scene.stewardship.invite(fern, "Moss", None)
    await scene.organisations.decline(moss, None)
    assert await scene.organisations.show(moss) == []
    assert await scene.small.told(fern) == []
    assert await scene.count(affiliation) == 1


async def test_an_invitation_looks_the_same_whoever_the_alias_is(scene: Scene) -> None:
    fern = await scene.begin()
    await scene.belong(fern, "Moss")
    await scene.small.join("Reed", state=MemberState.ERASING)
    await scene.small.join("Sea Breeze")
    before = await scene.small.audit()
    for alias in ("Moss", "Reed", "Sea Breeze", "Sea Breeze", "Nobody Here"):
        assert await scene.stewardship.invite(fern, alias, None) == RIVER
        assert await scene.stewardship.end(fern, alias, None) == RIVER
        assert await scene.stewardship.entrust(fern, alias, None) == RIVER
    audit = await scene.small.audit()
    assert len(audit) - len(before) == 15
    shown = await scene.own(fern)
    assert shown.members is None


async def test_a_steward_cannot_ask_or_end_themselves(scene: Scene) -> None:
    fern = await scene.begin()
    for act in (scene.stewardship.invite, scene.stewardship.end):
        with pytest.raises(Refusal) as refused:
            await act(fern, "FERN", None)
        assert refusal_of(refused) == "organisation.oneself"


async def test_confirming_what_was_withdrawn_is_refused(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.small.join("Moss")
    await scene.stewardship.invite(fern, "Moss", None)
    button = (await scene.own(moss)).id
    await scene.stewardship.end(fern, "Moss", None)
    with pytest.raises(Refusal) as refused:
        await scene.organisations.confirm(moss, button)
    assert refusal_of(refused) == "organisation.no_offer"
    assert await scene.organisations.show(moss) == []


async def test_nobody_confirms_with_the_button_of_another(scene: Scene) -> None:
    fern = await scene.begin()
    moss, reed = await scene.small.join("Moss"), await scene.small.join("Reed")
    await scene.stewardship.invite(fern, "Moss", None)
    button = (await scene.own(moss)).id
    for act in (scene.organisations.confirm, scene.organisations.decline, scene.stewardship.close):
        with pytest.raises(Refusal, match="organisation"):
            await act(reed, button)
    assert (await scene.own(moss)).offered


async def test_either_side_ends_it_and_the_row_is_gone(scene: Scene) -> None:
    fern = await scene.begin()
    moss, reed = await scene.belong(fern, "Moss"), await scene.belong(fern, "Reed")
    await scene.organisations.leave(moss, None)
    await scene.stewardship.end(fern, "Reed", None)
    assert await scene.count(affiliation) == 1
    assert await scene.small.told(reed) == ["organisation.offered_notice", "organisation.ended_notice"]
    with pytest.raises(Refusal) as refused:
        await scene.organisations.leave(moss, RIVER)
    assert refusal_of(refused) == "organisation.none"


async def test_the_last_steward_stays_until_another_is_named(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    for act in (scene.organisations.leave, scene.stewardship.step_down):
        with pytest.raises(Refusal) as refused:
            await act(fern, None)
        assert refusal_of(refused) == "organisation.last_steward"
    await scene.stewardship.entrust(fern, "Moss", None)
    assert "organisation.steward_notice" in await scene.small.told(moss)
    await scene.organisations.leave(fern, None)
    assert (await scene.own(moss)).steward


async def test_two_stewards_who_leave_at_once_do_not_leave_it_without_one(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    await scene.stewardship.entrust(fern, "Moss", None)
    outcomes = await asyncio.gather(
        scene.organisations.leave(fern, None), scene.organisations.leave(moss, None), return_exceptions=True
    )
    refused = [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)]
    assert refused == ["organisation.last_steward"]


async def test_there_are_three_stewards_at_most(scene: Scene) -> None:
    fern = await scene.begin()
    for alias in ("Moss", "Reed", "Tide"):
        await scene.belong(fern, alias)
    await scene.stewardship.entrust(fern, "Moss", None)
    await scene.stewardship.entrust(fern, "Reed", None)
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.entrust(fern, "Tide", None)
    assert refusal_of(refused) == "organisation.stewards"


async def test_a_steward_is_not_put_out_by_another(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    await scene.stewardship.entrust(fern, "Moss", None)
    await scene.stewardship.end(moss, "Fern", None)
    assert (await scene.own(fern)).steward


async def test_who_is_only_asked_does_not_become_a_steward(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.small.join("Moss")
    await scene.stewardship.invite(fern, "Moss", None)
    await scene.stewardship.entrust(fern, "Moss", None)
    shown = await scene.own(moss)
    assert (shown.offered, shown.steward) == (True, False)


async def test_where_the_last_steward_was_erased_a_member_takes_it_up(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.take_up(moss, None)
    assert refusal_of(refused) == "organisation.has_steward"
    row = await scene.small.record(fern)
    await scene.small.network.act(lambda unit: unit.members.destroy(row.id))
    await scene.stewardship.take_up(moss, None)
    assert (await scene.own(moss)).steward


async def test_closing_ends_everything_also_what_waits_for_an_answer(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    reed = await scene.small.join("Reed")
    await scene.stewardship.invite(fern, "Reed", None)
    button = (await scene.own(reed)).id
    closing, title = await scene.stewardship.closing(fern, None)
    assert title == RIVER
    await scene.stewardship.close(fern, closing)
    assert await scene.count(organisation) == 0
    assert await scene.count(affiliation) == 0
    assert (await scene.small.told(moss))[-1] == "organisation.closed_notice"
    assert await scene.small.told(reed) == ["organisation.offered_notice"]
    with pytest.raises(Refusal, match=r"organisation\.no_offer"):
        await scene.organisations.confirm(reed, button)
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.close(fern, closing)
    assert refusal_of(refused) == "organisation.not_steward"
    await scene.organisations.register(moss, RIVER)


async def test_only_stewards_act_for_an_organisation(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    for account in (moss, await scene.small.join("Reed")):
        for act in (
            scene.stewardship.invite(account, "Tide", None),
            scene.stewardship.end(account, "Fern", RIVER),
            scene.stewardship.entrust(account, "Moss", RIVER),
            scene.stewardship.set_visibility(account, Visibility.PUBLIC, RIVER),
            scene.stewardship.step_down(account, None),
            scene.stewardship.closing(account, None),
            scene.stewardship.close(account, RIVER),
        ):
            with pytest.raises(Refusal, match=r"organisation\.not_steward"):
                await act


async def test_a_hidden_organisation_is_in_nobodys_list_and_a_draft_neither(scene: Scene) -> None:
    fern = await scene.begin()
    stranger = scene.small.stranger()
    await scene.stewardship.set_visibility(fern, Visibility.PUBLIC, None)
    assert await scene.organisations.listed(fern) == []
    await scene.belong(fern, "Moss")
    reed = await scene.small.join("Reed")
    for visibility, by_members, by_strangers in (
        (Visibility.PUBLIC, 1, 1),
        (Visibility.NETWORK, 1, 0),
        (Visibility.HIDDEN, 0, 0),
    ):
        await scene.stewardship.set_visibility(fern, visibility, None)
        assert len(await scene.organisations.listed(reed)) == by_members
        assert len(await scene.organisations.listed(stranger)) == by_strangers
    assert await scene.organisations.show(reed) == []


async def test_a_size_is_told_to_stewards_only_and_from_three_on(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    assert (await scene.own(fern)).members is None
    await scene.belong(fern, "Reed")
    await scene.small.join("Tide")
    await scene.stewardship.invite(fern, "Tide", None)
    assert (await scene.own(fern)).members == 3
    assert (await scene.own(moss)).members is None


async def test_a_title_that_is_taken_or_somebodys_alias_is_refused_in_the_same_words(scene: Scene) -> None:
    await scene.begin()
    moss = await scene.small.join("Moss")
    sentences = set()
    for title in ("river-circle", "RIVER CIRCLE", "Fern", "moss"):
        with pytest.raises(Refusal) as refused:
            await scene.organisations.register(moss, title)
        assert refusal_of(refused) == "organisation.title.taken"
        sentences.add(tuple(said_in_every_language(refused.value)))
    assert len(sentences) == 1
    assert await scene.count(organisation) == 1


async def test_titles_cannot_be_tried_out(scene: Scene) -> None:
    await scene.begin()
    moss = await scene.small.join("Moss")
    for _ in range(5):
        with pytest.raises(Refusal, match=r"organisation\.title\.taken"):
            await scene.organisations.register(moss, RIVER)
    with pytest.raises(Refusal) as refused:
        await scene.organisations.register(moss, "Quite Another")
    assert refusal_of(refused) == "organisation.tries"
    scene.small.clock.pass_by(hours=1)
    await scene.organisations.register(moss, "Quite Another")


async def test_two_who_register_the_same_title_at_once_get_one_organisation(scene: Scene) -> None:
    people = [await scene.small.join(alias) for alias in ("Fern", "Moss")]
    outcomes = await asyncio.gather(
        *(scene.organisations.register(each, RIVER) for each in people), return_exceptions=True
    )
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)] == ["organisation.title.taken"]
    assert await scene.count(organisation) == 1


async def test_nobody_keeps_more_than_three_drafts(scene: Scene) -> None:
    fern = await scene.begin()
    await scene.organisations.register(fern, "Radio")
    await scene.organisations.register(fern, "Library")
    with pytest.raises(Refusal) as refused:
        await scene.organisations.register(fern, "Kitchen")
    assert refusal_of(refused) == "organisation.drafts"
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.set_visibility(fern, Visibility.NETWORK, None)
    assert refusal_of(refused) == "organisation.which"
    assert await scene.stewardship.set_visibility(fern, Visibility.NETWORK, "radio") == "Radio"


async def test_aliases_cannot_be_tried_out_by_asking(scene: Scene) -> None:
    fern = await scene.begin()
    for number in range(20):
        await scene.stewardship.invite(fern, f"Somebody {number}", None)
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.invite(fern, "One More", None)
    assert refusal_of(refused) == "organisation.offers"
    scene.small.clock.pass_by(days=1)
    await scene.stewardship.invite(fern, "One More", None)


async def test_a_network_admin_accepts_a_draft_whose_title_they_were_told(scene: Scene) -> None:
    fern = await scene.begin()
    admin = await scene.small.join("Tide", role=Role.NETWORK_ADMIN)
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.accept(admin, "River")
    assert refusal_of(refused) == "organisation.no_draft"
    await scene.stewardship.accept(admin, "river circle")
    assert (await scene.own(fern)).state is OrganisationState.CONFIRMED
    assert await scene.small.told(fern) == ["organisation.accepted_notice"]
    await scene.organisations.register(admin, "Radio")
    with pytest.raises(Refusal) as refused:
        await scene.stewardship.accept(admin, "Radio")
    assert refusal_of(refused) == "organisation.own_draft"
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await scene.stewardship.accept(fern, "Radio")


async def test_who_left_the_network_belongs_nowhere_from_the_next_day_on(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    row = await scene.small.record(moss)
    await scene.small.network.act(lambda unit: unit.members.set_state(row.id, MemberState.ALUMNI, unit.today))
    with pytest.raises(Refusal, match=r"authority\.left"):
        await scene.organisations.show(moss)
    await scene.small.network.act(keep_up)
    assert await scene.count(affiliation) == 1


async def test_an_affiliation_lasts_as_long_as_its_member_and_a_question_thirty_days(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    reed = await scene.small.join("Reed")
    await scene.stewardship.invite(fern, "Reed", None)
    scene.small.clock.pass_by(days=700)
    for account in (fern, moss, reed):
        row = await scene.small.record(account)
        await scene.small.network.act(lambda unit, row=row: unit.members.touch(row.id, unit.today, unit.keep_until))  # type: ignore[misc]
    await scene.small.network.act(keep_up)
    scene.small.clock.pass_by(days=60)
    await purge_expired(scene.small.network.database, scene.small.clock())
    assert len(await scene.organisations.show(moss)) == 1
    assert await scene.organisations.show(reed) == []


async def test_an_organisation_with_nobody_around_rests_and_with_nobody_left_is_removed(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    rows = [await scene.small.record(account) for account in (fern, moss)]

    async def put(state: MemberState) -> int:
        for row in rows:
            await scene.small.network.act(lambda unit, row=row: unit.members.set_state(row.id, state, unit.today))  # type: ignore[misc]
        return await scene.small.network.act(keep_up)

    assert await put(MemberState.DORMANT) == 0
    assert (await scene.own(fern)).state is OrganisationState.DORMANT
    assert await put(MemberState.ACTIVE) == 0
    assert (await scene.own(fern)).state is OrganisationState.CONFIRMED
    await scene.small.network.act(lambda unit: unit.connection.execute(member.delete()))
    assert await scene.small.network.act(keep_up) == 1
    assert await scene.count(organisation) == 0


async def test_a_title_stands_nowhere_readable_also_not_in_what_waits_to_be_told(scene: Scene) -> None:
    fern = await scene.begin()
    await scene.belong(fern, "Moss")
    await scene.stewardship.entrust(fern, "Moss", None)

    def everything(unit: object) -> str:
        connection = unit.connection  # type: ignore[attr-defined]
        tables = (organisation, affiliation, effect)
        return repr([tuple(row) for table in tables for row in connection.execute(table.select())])

    written = await scene.small.network.look(everything)
    assert "steward_notice" in written
    for trace in ("River", "Circle", "Moss", "Fern"):
        assert trace not in written


async def test_two_records_of_one_person_become_one_with_the_weightier_affiliation(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    source, target = await scene.small.record(fern), await scene.small.record(moss)
    await scene.small.network.act(lambda unit: unit.organisations.move(source.id, target.id))
    assert (await scene.own(moss)).steward
    assert await scene.organisations.show(fern) == []
    assert await scene.count(affiliation) == 1


async def test_every_step_is_in_the_audit_by_role(scene: Scene) -> None:
    fern = await scene.begin()
    moss = await scene.belong(fern, "Moss")
    await scene.organisations.leave(moss, None)
    await scene.stewardship.set_visibility(fern, Visibility.NETWORK, None)
    await scene.stewardship.close(fern, None)
    assert await scene.small.audit() == [
        ("steward", "organisation.closed"),
        ("steward", "organisation.visibility"),
        ("member", "affiliation.ended"),
        ("member", "affiliation.confirmed"),
        ("member", "organisation.confirmed"),
        ("steward", "affiliation.offered"),
        ("member", "organisation.registered"),
    ]


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
def test_every_refusal_of_a_title_has_a_sentence(reason: str) -> None:
    assert all(said_in_every_language(Refusal(f"organisation.title.{reason}", longest=60, shortest=2, strange="§")))


async def test_a_region_nobody_knows_is_refused(scene: Scene) -> None:
    fern = await scene.small.join("Fern")
    with pytest.raises(Refusal) as refused:
        await scene.organisations.register(fern, RIVER, region="Atlantis")
    assert refusal_of(refused) == "organisation.region"
    assert await scene.count(organisation) == 0
