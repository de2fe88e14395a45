"""One person, several accounts: proven from both sides, and worth nothing to a thief."""

from __future__ import annotations

import asyncio

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Role
from community_bot.services.linking import Claim, LinkStart
from community_bot.services.network import Unit
from db.engine import Database
from db.ids import OrganisationId
from db.keys import SealedOtherwiseError
from db.tables import member_key
from tests.community_bot.people import Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def code_of(town: Town, account: Account) -> str:
    started = await town.linking.begin(account)
    assert isinstance(started, LinkStart)
    assert started.minutes == 10
    return started.code


async def test_a_code_typed_with_the_other_account_and_a_yes_make_them_one(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    code = await code_of(town, nok)
    assert await town.linking.pending(nok) is None
    await town.linking.claim(matrix, code.lower().replace("-", " "))
    claim = await town.claim(nok)
    assert (claim.platform, claim.user_id, claim.other_alias) == ("matrix", matrix.user_id, None)
    assert await town.found(matrix) is None
    assert await town.linking.confirm(nok, claim.tag) == "matrix"
    assert await town.record(matrix) == await town.record(nok)
    await town.run_effects()
    assert town.matrix.places(matrix) == {"!garden:example.org"}
    assert len(town.discord.inbox(nok)) == 1
    assert len(town.matrix.inbox(matrix)) == 1


async def test_the_code_alone_links_nothing(town: Town) -> None:
    nok, thief = await town.join("Heron"), town.stranger("matrix")
    await town.linking.claim(thief, await code_of(town, nok))
    assert await town.found(thief) is None
    await refused("authority.not_member", lambda: town.linking.pending(thief))
    await refused("authority.not_member", lambda: town.linking.confirm(thief, "any"))


async def test_a_no_makes_the_code_worthless(town: Town) -> None:
    nok, thief = await town.join("Heron"), town.stranger("matrix")
    code = await code_of(town, nok)
    await town.linking.claim(thief, code)
    claim = await town.claim(nok)
    await town.linking.refuse(nok)
    await refused("link.nothing", lambda: town.linking.confirm(nok, claim.tag))
    await refused("link.wrong", lambda: town.linking.claim(thief, code))


async def test_a_used_code_is_worth_nothing(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    code = await code_of(town, nok)
    await town.linking.claim(matrix, code)
    tag = (await town.claim(nok)).tag
    await town.linking.confirm(nok, tag)
    await refused("link.wrong", lambda: town.linking.claim(town.stranger("matrix"), code))
    await refused("link.nothing", lambda: town.linking.confirm(nok, tag))


async def test_a_code_expires_and_a_typed_one_waits_ten_minutes_for_its_answer(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    late, code = await code_of(town, nok), ""
    town.clock.pass_by(minutes=10)
    await refused("link.wrong", lambda: town.linking.claim(matrix, late))
    code = await code_of(town, nok)
    town.clock.pass_by(minutes=9)
    await town.linking.claim(matrix, code)
    town.clock.pass_by(minutes=9)
    tag = (await town.claim(nok)).tag
    town.clock.pass_by(minutes=1)
    await refused("link.nothing", lambda: town.linking.confirm(nok, tag))
    assert await town.linking.pending(nok) is None


async def test_a_new_code_ends_the_one_before(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    first = await code_of(town, nok)
    second = await code_of(town, nok)
    await refused("link.wrong", lambda: town.linking.claim(matrix, first))
    await town.linking.claim(matrix, second)


async def test_a_code_typed_by_a_second_account_is_wrong_for_it_and_stays_the_firsts(town: Town) -> None:
    nok, matrix, thief = await town.join("Heron"), town.stranger("matrix"), town.stranger("matrix")
    code = await code_of(town, nok)
    await town.linking.claim(matrix, code)
    await town.linking.claim(matrix, code)
    await refused("link.wrong", lambda: town.linking.claim(thief, code))
    assert (await town.claim(nok)).user_id == matrix.user_id


async def test_of_two_accounts_that_type_a_code_at_once_one_is_asked_about(town: Town) -> None:
    nok, people = await town.join("Heron"), [town.stranger("matrix") for _ in range(4)]
    code = await code_of(town, nok)
    outcomes = await asyncio.gather(
        *(town.linking.claim(account, code) for account in people), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)} == {"link.wrong"}
    winner = people[outcomes.index(None)]
    assert (await town.claim(nok)).user_id == winner.user_id


async def test_a_yes_is_to_the_account_that_was_shown_and_to_no_later_one(town: Town) -> None:
    nok, shown, later = await town.join("Heron"), town.stranger("matrix"), town.stranger("matrix")
    await town.linking.claim(shown, await code_of(town, nok))
    old_yes = (await town.claim(nok)).tag
    await town.linking.refuse(nok)
    await town.linking.claim(later, await code_of(town, nok))
    await refused("link.nothing", lambda: town.linking.confirm(nok, old_yes))
    assert await town.found(later) is None


async def test_asking_for_a_code_again_shows_who_typed_the_last_one(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.linking.claim(matrix, await code_of(town, nok))
    shown = await town.linking.begin(nok)
    assert isinstance(shown, Claim)
    assert shown == await town.claim(nok)
    assert matrix.user_id not in repr(shown)


async def test_ones_own_code_is_for_the_other_account(town: Town) -> None:
    nok = await town.join("Heron")
    code = await code_of(town, nok)
    await refused("link.itself", lambda: town.linking.claim(nok, code))


async def test_wrong_codes_are_one_sentence_and_after_five_it_is_enough(town: Town) -> None:
    nok, thief = await town.join("Heron"), town.stranger("matrix")
    code = await code_of(town, nok)
    for wrong in ("", "AAAA-AAAA", "ก", "💥", code[:-1]):
        await refused("link.wrong", lambda wrong=wrong: town.linking.claim(thief, wrong))  # type: ignore[misc]
    await refused("link.tries", lambda: town.linking.claim(thief, code))
    town.clock.pass_by(minutes=9)
    await refused("link.tries", lambda: town.linking.claim(thief, code))
    await town.linking.claim(town.stranger("matrix"), code)


async def test_without_a_record_there_is_no_code(town: Town) -> None:
    await refused("authority.not_member", lambda: town.linking.begin(town.stranger()))


# ── two records that are one person's


async def affiliate(town: Town, account: Account, title: str) -> None:
    row = await town.record(account)

    def work(unit: Unit) -> None:
        made = unit.organisations.add(title, title, None, state="confirmed", visibility="hidden", today=unit.today)
        unit.organisations.affiliate(
            row.id,
            OrganisationId(made.id),
            state="confirmed",
            steward=True,
            today=unit.today,
            purge_after=unit.keep_until,
        )

    await town.network.act(work)


async def test_a_second_record_is_taken_in_and_its_key_destroyed(town: Town) -> None:
    nok = await town.join("Heron", space="garden", role=Role.HOST, scope="garden")
    matrix, second = town.stranger("matrix"), town.stranger("matrix")
    await town.join("Reed", account=matrix, space="radio", role=Role.FACILITATOR, scope="radio")
    await town.link(matrix, second)
    await affiliate(town, matrix, "river school")
    given_up = await town.record(matrix)
    wrapped = await town.network.look(
        lambda unit: unit.connection.execute(member_key.select().where(member_key.c.member_id == given_up.id)).one()
    )
    await town.linking.claim(matrix, await code_of(town, nok), agreed=True)
    claim = await town.claim(nok)
    assert claim.other_alias == "Reed"
    await town.linking.confirm(nok, claim.tag)

    kept = await town.record(nok)
    assert {(await town.record(account)).id for account in (matrix, second)} == {kept.id}
    assert kept.profile.alias == "Heron"
    assert await town.spaces(nok) == {"garden", "radio"}
    assert await town.held(nok) == {("host", "garden"), ("facilitator", "radio")}
    assert len(await town.network.look(lambda unit: unit.organisations.of(kept.id))) == 1
    rows = await town.rows()
    assert (rows["member"], rows["member_key"], rows["identity"]) == (1, 1, 3)
    assert await town.network.look(lambda unit: unit.members.get(given_up.id)) is None
    with pytest.raises(SealedOtherwiseError):
        town.network.keys.unwrap(wrapped.wrapped, kept.id)
    await town.join("Reed")


async def test_after_two_records_became_one_every_account_may_go_everywhere(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    await town.join("Reed", account=matrix, space="radio")
    await town.link(nok, matrix)
    await town.run_effects()
    assert town.discord.places(nok) == {"501", "502", "601"}
    assert town.matrix.places(matrix) == {"!garden:example.org"}


async def test_a_role_held_on_both_sides_is_held_once_as_the_record_that_stays_has_it(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.join("Reed", account=matrix)
    await town.entrust(nok, Role.HOST, days=10)
    await town.entrust(matrix, Role.HOST, days=100)
    await town.link(nok, matrix)
    assert await town.held(nok) == {("host", NETWORK)}
    record = await town.members.show(nok)
    assert record.roles[0].until is not None
    assert (record.roles[0].until - town.clock().date()).days == 10


@pytest.mark.parametrize("state", [MemberState.VOUCHING, MemberState.ALUMNI])
async def test_who_was_admitted_with_one_record_is_admitted_with_the_one_that_stays(
    town: Town, state: MemberState
) -> None:
    nok, matrix = await town.join("Heron", state=state), town.stranger("matrix")
    await town.join("Reed", account=matrix, space="garden")
    await town.link(nok, matrix)
    assert await town.state(nok) == "active"
    await town.run_effects()
    assert town.matrix.places(matrix) == {"!garden:example.org"}


async def test_who_waits_to_be_vouched_for_is_not_admitted_by_linking_two_waiting_records(town: Town) -> None:
    nok, matrix = await town.join("Heron", state=MemberState.VOUCHING), town.stranger("matrix")
    await town.join("Reed", account=matrix, space="garden", state=MemberState.VOUCHING)
    await town.link(nok, matrix)
    assert await town.state(nok) == "vouching"
    await town.run_effects()
    assert town.matrix.doors == {}


async def test_a_paused_member_who_links_an_account_stays_paused_and_may_go_in_with_it(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    await town.members.pause(nok)
    await town.link(nok, matrix)
    assert await town.state(nok) == "paused"
    await town.run_effects()
    assert town.matrix.places(matrix) == {"!garden:example.org"}


async def test_a_record_that_is_being_erased_is_neither_taken_in_nor_linked_to(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.join("Reed", account=matrix)
    await town.linking.claim(matrix, await code_of(town, nok), agreed=True)
    tag = (await town.claim(nok)).tag
    other = await town.record(matrix)
    await town.network.act(lambda unit: unit.members.set_state(other.id, MemberState.ERASING, unit.today))
    await refused("link.nothing", lambda: town.linking.confirm(nok, tag))
    code = await code_of_fresh(town, nok)
    await refused("authority.erasing", lambda: town.linking.claim(matrix, code))
    await refused("authority.erasing", lambda: town.linking.begin(matrix))


async def code_of_fresh(town: Town, account: Account) -> str:
    await town.linking.refuse(account)
    return await code_of(town, account)


async def test_an_account_that_finishes_the_way_in_while_it_is_being_linked_is_one_members(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.linking.claim(matrix, await code_of(town, nok), agreed=True)
    tag = (await town.claim(nok)).tag
    await asyncio.gather(town.linking.confirm(nok, tag), town.complete(matrix, "Reed"))
    rows = await town.rows()
    assert (rows["member"], rows["member_key"], rows["identity"]) == (1, 1, 2)
    assert (await town.record(matrix)).profile.alias == "Heron"


async def test_a_yes_pressed_twice_at_once_links_once(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.linking.claim(matrix, await code_of(town, nok), agreed=True)
    tag = (await town.claim(nok)).tag
    outcomes = await asyncio.gather(*(town.linking.confirm(nok, tag) for _ in range(3)), return_exceptions=True)
    assert outcomes.count("matrix") == 1
    assert len((await town.members.show(nok)).accounts) == 2


# ── and apart again


async def test_an_account_is_unlinked_and_its_doors_close(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    await town.link(nok, matrix)
    await town.run_effects()
    assert await town.linking.unlink(nok, "matrix") == "matrix"
    assert await town.found(matrix) is None
    await town.run_effects()
    assert town.matrix.doors == {}
    assert town.discord.places(nok) == {"501", "502"}


async def test_without_a_platform_the_account_at_hand_goes(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, matrix)
    assert await town.linking.unlink(matrix, None) == "matrix"
    assert await town.found(nok) is not None


async def test_an_account_linked_again_at_once_keeps_its_doors(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    await town.link(nok, matrix)
    await town.run_effects()
    await town.linking.unlink(nok, "matrix")
    await town.link(nok, matrix)
    await town.run_effects()
    assert town.matrix.places(matrix) == {"!garden:example.org"}


async def test_the_only_account_stays_and_one_that_is_not_there_cannot_go(town: Town) -> None:
    nok = await town.join("Heron")
    await refused("link.last", lambda: town.linking.unlink(nok, None))
    await refused("link.none_there", lambda: town.linking.unlink(nok, "matrix"))
    assert await town.found(nok) is not None


async def test_both_accounts_unlinked_at_once_leave_one(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, matrix)
    outcomes = await asyncio.gather(
        town.linking.unlink(nok, "matrix"), town.linking.unlink(matrix, "discord"), return_exceptions=True
    )
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 1
    assert (await town.rows())["identity"] == 1


async def test_who_has_a_record_is_asked_before_it_goes_to_whoever_gave_the_code(town: Town) -> None:
    """A code sent by somebody else must not take a member's record, roles and all."""
    attacker, nok = await town.join("Reed"), town.stranger("matrix")
    await town.join("Heron", account=nok)
    code = await code_of(town, attacker)
    assert await town.linking.claim(nok, code) == "Heron"
    assert await town.linking.pending(attacker) is None
    assert (await town.record(nok)).profile.alias == "Heron"
    assert await town.linking.claim(nok, code, agreed=True) is None
    assert (await town.claim(attacker)).other_alias == "Heron"
