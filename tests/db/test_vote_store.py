"""Votes, needs and topics in the database: what a ballot hangs on, and what a change of key leaves standing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select

from db.backup import BLANKED, LEFT_OUT, back_up, restore
from db.engine import Database
from db.ids import MemberId
from db.key_rotation import require_key, rotate
from db.keys import NetworkKeys, SealedOtherwiseError
from db.member_rows import Profile
from db.member_store import MemberStore
from db.need_store import NeedRow, NeedStore, week_id
from db.tables import ballot, metadata, need_support, vote
from db.topic_store import TopicRow, TopicStore
from db.vote_store import VoteRow, VoteStore

T = TypeVar("T")
OLD, NEW = NetworkKeys(b"o" * 32), NetworkKeys(b"n" * 32)
TODAY, MONDAY = date(2026, 11, 22), date(2026, 11, 16)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=90)


class Hall:
    """Two members, a need that both support, two topics, and an open vote with one ballot."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[Connection], T]) -> T:
        return await self.database.transact(work)

    async def fill(self) -> tuple[MemberId, MemberId, NeedRow, TopicRow, VoteRow]:
        await require_key(self.database, OLD)

        def work(connection: Connection) -> tuple[MemberId, MemberId, NeedRow, TopicRow, VoteRow]:
            members = MemberStore(connection, OLD)
            napa, otto = (
                members.add(
                    Profile(alias, "th"), alias, state="active", today=TODAY, keep_until=LATER, probation=None
                ).id
                for alias in ("Napa", "Otto")
            )
            needs, topics = NeedStore(connection, OLD), TopicStore(connection, OLD)
            need = needs.add("network", "วิธีทำวิทยุชุมชน", "th", MONDAY, LATER)
            for each in (napa, otto):
                needs.support(need.id, each, LATER)
            radio, seeds = (
                topics.add(
                    "network",
                    title,
                    skill="",
                    language="th",
                    need_id=need.id,
                    proposer=napa,
                    today=TODAY,
                    purge_after=LATER,
                )
                for title in ("วิทยุชุมชน", "เก็บเมล็ดพันธุ์")
            )
            topics.support(radio.id, otto)
            votes = VoteStore(connection, OLD)
            opened = votes.open(
                "network",
                [radio.id, seeds.id],
                opened_at=NOW,
                closes_at=NOW + timedelta(days=5),
                electorate=5,
                quorum=5,
                purge_after=LATER,
            )
            votes.cast(opened.id, napa, b"1000000000", LATER)
            return napa, otto, need, radio, opened

        return await self.do(work)


@pytest.fixture
def hall(database: Database) -> Hall:
    return Hall(database)


async def test_after_a_change_of_key_everybody_still_supports_once_and_ballots_still_count(hall: Hall) -> None:
    napa, otto, need, radio, opened = await hall.fill()
    await hall.do(lambda connection: MemberStore(connection, OLD).destroy(otto))
    await rotate(hall.database, OLD, NEW, str.casefold)

    def work(connection: Connection) -> None:
        needs, topics, votes = NeedStore(connection, NEW), TopicStore(connection, NEW), VoteStore(connection, NEW)
        found = needs.get(need.id)
        assert found is not None
        assert (found.text, found.voices) == (need.text, 3)
        # who was erased counts on; who is there is found again, and only once
        assert not needs.support(need.id, napa, LATER)
        assert needs.supporters.count(need.id) == 2
        assert needs.take_back(need.id, napa)
        topic = topics.get(radio.id)
        assert topic is not None
        assert (topic.title, topic.supporters) == (radio.title, 1)
        assert topics.is_proposer(radio.id, napa)
        assert votes.has_cast(opened.id, napa)
        assert votes.choices(opened.id) == [b"1000000000"]

    await hall.do(work)


async def test_nothing_opens_with_the_old_key_afterwards(hall: Hall) -> None:
    _, _, need, radio, opened = await hall.fill()
    await rotate(hall.database, OLD, NEW, str.casefold)
    for look in (
        lambda connection: NeedStore(connection, OLD).get(need.id),
        lambda connection: TopicStore(connection, OLD).get(radio.id),
        lambda connection: VoteStore(connection, OLD).box(opened.id),
    ):
        with pytest.raises(SealedOtherwiseError):
            await hall.do(look)


async def test_no_two_votes_know_a_member_by_the_same_hash(hall: Hall) -> None:
    napa, _, need, radio, opened = await hall.fill()

    def work(connection: Connection) -> None:
        votes = VoteStore(connection, OLD)
        ends = {"opened_at": NOW, "closes_at": LATER, "electorate": 5, "quorum": 5, "purge_after": LATER}
        other = votes.open("network", [radio.id], **ends)  # type: ignore[arg-type]
        known = {votes.box(each).voter(napa) for each in (opened.id, other.id)}
        known |= {NeedStore(connection, OLD).supporters.lookup(need.id, napa)}
        known |= {TopicStore(connection, OLD).supporters.lookup(radio.id, napa)}
        known |= {TopicStore(connection, OLD).proposer_lookup(radio.id, napa)}
        assert len(known) == 5

    await hall.do(work)


async def test_what_is_in_no_backup_is_named_and_is_not_in_one(hall: Hall, tmp_path: Path) -> None:
    await hall.fill()
    assert set(LEFT_OUT) == {"member_key", "ballot"}
    for table, columns in BLANKED.items():
        for column in columns:
            assert metadata.tables[table].c[column].nullable
    await back_up(hall.database, tmp_path / "net.backup", b"k" * 32)
    copy = Database(f"sqlite+aiosqlite:///{tmp_path}/copy.db")
    await restore(copy, tmp_path / "net.backup", b"k" * 32)

    def work(connection: Connection) -> None:
        assert connection.execute(select(ballot)).all() == []
        assert connection.execute(select(vote.c.wrapped_secret)).scalars().all() == [None]
        assert len(connection.execute(select(need_support)).all()) == 2
        (row,) = VoteStore(connection, OLD).to_end(NOW)
        assert not row.readable

    await copy.transact(work)
    await copy.close()


async def test_a_vote_that_ends_leaves_counts_and_nothing_to_read(hall: Hall) -> None:
    napa, _, _, radio, opened = await hall.fill()

    def work(connection: Connection) -> None:
        votes = VoteStore(connection, OLD)
        votes.end(opened.id, "chosen", {"winners": [radio.id]}, LATER)
        row = votes.get(opened.id)
        assert row is not None
        assert (row.state, row.readable, row.result) == ("chosen", False, {"winners": [radio.id]})
        assert connection.execute(select(ballot)).all() == []
        for use in (votes.box, votes.choices):
            with pytest.raises(LookupError):
                use(opened.id)
        with pytest.raises(LookupError):
            votes.cast(opened.id, napa, b"0100000000", LATER)
        assert votes.to_end(LATER) == []
        assert votes.next_end() is None

    await hall.do(work)


def test_an_id_of_a_need_tells_its_week_and_no_more() -> None:
    ids = {week_id(MONDAY) for _ in range(50)}
    assert len({each[:10] for each in ids}) == 1
    assert len({each[10:] for each in ids}) == 50


def test_rows_show_nobodys_words_in_a_traceback() -> None:
    need = NeedRow("1", "network", "something private", "en", "open", 1, False, MONDAY)
    topic = TopicRow("1", "network", "something private", "", "en", None, None, "open", None, TODAY, None, 0)
    assert "private" not in repr(need) + repr(topic)
