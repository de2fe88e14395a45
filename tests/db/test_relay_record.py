"""What follows from edits, deletions, answers, threads, reactions and pins, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from db.bridge_rows import (
    Change,
    ConversationRow,
    Copy,
    Delivery,
    EndRow,
    Heard,
    Intent,
    Operation,
    Place,
    Platform,
    Receipt,
    ReceiptBatch,
    Standing,
)
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import IntentId
from db.relay_record import RelayRecord
from db.relay_store import RelayStore
from db.untold_store import Untold, UntoldStore

PLACES = [
    Place(Platform.DISCORD, "100000000000000001"),
    Place(Platform.DISCORD, "100000000000000002"),
    Place(Platform.MATRIX, "!radio:river.example"),
]
HEARD_AT = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)


@dataclass(slots=True)
class Relay:
    """One conversation of three ends, and what is written about it."""

    database: Database
    record: RelayRecord
    store: RelayStore
    conversation: ConversationRow

    @property
    def ends(self) -> tuple[EndRow, ...]:
        return self.conversation.ends

    async def hear(self, *heard: Heard) -> list[Intent]:
        return await self.database.transact(lambda c: self.record.hear(c, ReceiptBatch(heard)))

    async def deliver(self, *deliveries: Delivery) -> None:
        await self.database.transact(lambda c: self.record.deliver(c, deliveries))

    def message(self, ref: str, *, at: int = 0) -> Receipt:
        end = self.ends[at].id
        return Receipt(end, ref, tuple(e.id for e in self.ends if e.id != end), HEARD_AT)

    def change(self, ref: str, operation: Operation, *, at: int = 0) -> Change:
        end = self.ends[at].id
        return Change(end, ref, operation, HEARD_AT, tuple(e.id for e in self.ends if e.id != end))

    async def said(self, ref: str, *, at: int = 0) -> list[Intent]:
        """Let a message be heard and said everywhere; its copies are called ``<ref>@<number of the end>``."""
        intents = await self.hear(self.message(ref, at=at))
        number = {end.id: index for index, end in enumerate(self.ends)}
        await self.deliver(*(Delivery(i, (Copy(0, f"{ref}@{number[i.end]}"),)) for i in intents))
        return intents

    def who(self, intents: list[Intent]) -> list[tuple[str, int, str]]:
        """Return what is to be done, at which end, about which message."""
        number = {end.id: index for index, end in enumerate(self.ends)}
        return [(i.operation.value, number[i.end], i.source_ref) for i in intents]


@pytest.fixture
async def relay(database: Database) -> Relay:
    (conversation,) = await BridgeStore(database).settle_conversations({"radio": PLACES})
    record = RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)
    return Relay(database, record, RelayStore(database), conversation)


async def test_an_edit_concerns_every_end_where_a_copy_stands_or_is_still_to_be_said(relay: Relay) -> None:
    await relay.said("1")
    await relay.hear(relay.message("2"))
    assert relay.who(await relay.hear(relay.change("1", Operation.EDIT))) == [("edit", 1, "1"), ("edit", 2, "1")]
    assert relay.who(await relay.hear(relay.change("2", Operation.EDIT))) == [("edit", 1, "2"), ("edit", 2, "2")]


async def test_an_edit_of_what_was_never_heard_concerns_nobody(relay: Relay) -> None:
    assert await relay.hear(relay.change("unknown", Operation.EDIT)) == []


async def test_what_is_deleted_is_deleted_everywhere_once_and_edited_no_more(relay: Relay) -> None:
    await relay.said("1")
    deleted = await relay.hear(relay.change("1", Operation.DELETE))
    assert relay.who(deleted) == [("delete", 1, "1"), ("delete", 2, "1")]
    assert all(intent.gone for intent in deleted)
    assert await relay.hear(relay.change("1", Operation.DELETE)) == []
    assert await relay.hear(relay.change("1", Operation.EDIT)) == []


async def test_a_message_whose_deletion_came_first_is_never_said(relay: Relay) -> None:
    await relay.hear(replace(relay.change("1", Operation.DELETE), early=True))
    assert await relay.hear(relay.message("1")) == []


async def test_a_deletion_of_something_long_ago_leaves_no_trace(relay: Relay) -> None:
    await relay.hear(relay.change("1", Operation.DELETE))
    assert len(await relay.hear(relay.message("1"))) == 2


async def test_a_message_may_be_heard_and_changed_in_one_batch(relay: Relay) -> None:
    first = relay.message("1")
    intents = await relay.hear(first, relay.change("1", Operation.EDIT), relay.change("1", Operation.DELETE))
    assert [intent.operation for intent in intents] == [Operation.SAY] * 2 + [Operation.EDIT] * 2 + [
        Operation.DELETE
    ] * 2


async def test_a_copy_deleted_by_a_moderator_stays_away_there_and_stands_elsewhere(relay: Relay) -> None:
    (to_discord, to_matrix) = await relay.said("1")
    assert await relay.hear(relay.change("1@1", Operation.DELETE, at=1)) == []
    assert relay.who(await relay.hear(relay.change("1", Operation.EDIT))) == [("edit", 2, "1")]
    assert [copy.removed for copy in await relay.store.copies(to_discord.source, to_discord.end)] == [True]
    assert [copy.removed for copy in await relay.store.copies(to_matrix.source, to_matrix.end)] == [False]


async def test_an_answer_knows_what_it_answers_whether_that_was_written_there_or_is_a_copy(relay: Relay) -> None:
    (intent, _) = await relay.said("1")
    for at, ref in ((0, "1"), (1, "1@1"), (2, "1@2")):
        answers = await relay.hear(replace(relay.message(f"answer {at}", at=at), reply_to=ref))
        assert {answer.reply_to for answer in answers} == {intent.source}


async def test_quotes_follow_what_they_quote(relay: Relay) -> None:
    await relay.said("1")
    answers = await relay.hear(replace(relay.message("2", at=2), reply_to="1@2"))
    await relay.deliver(*(Delivery(i, (Copy(0, f"2@{i.end}"),)) for i in answers))
    quoting = frozenset(end.id for end in relay.ends[:2])
    edit = await relay.hear(replace(relay.change("1", Operation.EDIT), quoting=quoting))
    assert relay.who(edit) == [("edit", 1, "1"), ("edit", 2, "1"), ("edit", 0, "2"), ("edit", 1, "2")]
    deleted = await relay.hear(replace(relay.change("1", Operation.DELETE), quoting=quoting))
    assert relay.who(deleted) == [("delete", 1, "1"), ("delete", 2, "1"), ("edit", 0, "2"), ("edit", 1, "2")]


async def test_a_thread_hangs_from_the_same_message_at_every_end(relay: Relay) -> None:
    (intent, _) = await relay.said("1")
    on_matrix = await relay.hear(replace(relay.message("2", at=2), thread="1@2"))
    assert {each.root for each in on_matrix} == {intent.source}
    # on Discord a thread has an id of its own, which is that of the message it was opened from
    on_discord = await relay.hear(replace(relay.message("3", at=1), thread="1@1"))
    assert {each.root for each in on_discord} == {intent.source}


async def test_a_thread_that_the_bridge_opened_is_known_by_its_own_id(relay: Relay) -> None:
    (intent, _) = await relay.said("1", at=2)
    end = relay.ends[0].id
    await relay.database.transact(lambda c: relay.record.remember_thread(c, intent.source, end, "777"))
    assert {each.root for each in await relay.hear(replace(relay.message("2"), thread="777"))} == {intent.source}
    known = await relay.database.look(lambda c: relay.store.thread_in(c, intent.source, end))
    assert known == "777"


async def test_the_beginning_of_a_thread_is_said_unless_it_hangs_from_what_is_known(relay: Relay) -> None:
    await relay.said("1", at=2)
    assert await relay.hear(replace(relay.message("1@0"), opens=True)) == []
    opening = await relay.hear(replace(relay.message("888"), opens=True))
    assert len(opening) == 2
    inside = await relay.hear(replace(relay.message("889"), thread="888"))
    assert {each.root for each in inside} == {opening[0].source}
    assert await relay.hear(replace(relay.message("888"), opens=True)) == []


async def test_a_reaction_concerns_every_other_end_the_author_s_own_included(relay: Relay) -> None:
    await relay.said("1")
    reacted = await relay.hear(replace(relay.change("1@2", Operation.REACT, at=2), mark="$reaction"))
    assert relay.who(reacted) == sorted(
        [("react", 0, "1"), ("react", 1, "1")], key=lambda each: relay.ends[each[1]].id
    )


async def test_taking_a_reaction_or_an_edit_back_makes_both_agree_anew(relay: Relay) -> None:
    await relay.said("1", at=2)
    await relay.hear(replace(relay.change("1", Operation.REACT, at=2), mark="$reaction"))
    back = await relay.hear(relay.change("$reaction", Operation.DELETE, at=2))
    assert sorted(relay.who(back)) == [("edit", 0, "1"), ("edit", 1, "1"), ("react", 0, "1"), ("react", 1, "1")]
    assert await relay.hear(relay.change("$reaction", Operation.DELETE, at=2)) == []


async def test_pinning_what_is_pinned_already_concerns_nobody(relay: Relay) -> None:
    await relay.said("1")
    pin = replace(relay.change("1", Operation.PIN), pinned=True)
    assert relay.who(await relay.hear(pin)) == [("pin", 1, "1"), ("pin", 2, "1")]
    echo = replace(relay.change("1@1", Operation.PIN, at=1), pinned=True)
    assert await relay.hear(echo) == []
    assert len(await relay.hear(replace(echo, pinned=False))) == 2


async def test_a_message_stands_where_it_was_written_and_where_its_copies_are(relay: Relay) -> None:
    (intent, _) = await relay.said("1")
    places = await relay.database.look(lambda c: relay.store.places_in(c, intent.source))
    assert places == {
        relay.ends[0].id: [Standing("1")],
        relay.ends[1].id: [Standing("1@1", ours=True)],
        relay.ends[2].id: [Standing("1@2", ours=True)],
    }


async def test_what_could_not_cross_may_be_tried_again_unless_it_was_deleted(relay: Relay) -> None:
    first, second = await relay.hear(relay.message("1"))
    await relay.deliver(*(Delivery(each, failure="matrix.too_large") for each in (first, second)))
    again = await relay.database.transact(lambda c: relay.record.try_again(c, first.id))
    assert again is not None
    assert relay.who([again]) == relay.who([first])
    await relay.hear(relay.change("1", Operation.DELETE))
    assert await relay.database.transact(lambda c: relay.record.try_again(c, second.id)) is None


async def test_of_what_failed_it_is_known_who_is_still_to_be_told_until_somebody_takes_it_over(
    relay: Relay,
) -> None:
    first, second = await relay.hear(relay.message("1"))
    until = HEARD_AT + timedelta(hours=3)
    await relay.deliver(
        Delivery(first, failure="matrix.too_large", tell_until=until), Delivery(second, failure="matrix.refused")
    )
    over = replace(relay.message("2"), refused="bridge.over_quota", tell_until=until)
    third, fourth = await relay.hear(over)

    async def left() -> list[Untold]:
        return await relay.database.look(lambda c: UntoldStore(c).left())

    assert await left() == [
        Untold(replace(first, failure="matrix.too_large"), "matrix.too_large", until),
        Untold(third, "bridge.over_quota", until),
        Untold(fourth, "bridge.over_quota", until),
    ]
    await relay.database.transact(lambda c: UntoldStore(c).told([first.id, fourth.id, IntentId(999)]))
    await relay.database.transact(lambda c: UntoldStore(c).told([]))
    assert [each.intent for each in await left()] == [third]


async def test_backlogs_tell_what_waits_and_what_was_put_aside(relay: Relay) -> None:
    first, second = await relay.hear(relay.message("1"))
    await relay.deliver(Delivery(first, failure="x"))
    found = await relay.store.backlogs()
    assert (found[first.end].waiting, found[first.end].failed) == (0, 1)
    assert (found[second.end].waiting, found[second.end].oldest) == (1, HEARD_AT)
    assert relay.ends[0].id not in found
