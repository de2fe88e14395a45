"""The end of a vote: counted, told, and everything that could be read of it destroyed, in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from community_bot.domain.topics import DecidedBy, TopicState
from community_bot.domain.votes import Outcome, VoteState, count, unpacked
from community_bot.locales import key
from community_bot.logs import get_logger
from community_bot.services.network import Unit
from community_bot.services.topics import announce, kept_until, settle
from db.keys import SealedOtherwiseError
from db.topic_store import TopicStore
from db.vote_store import VoteRow, VoteStore

log = get_logger(__name__)

BOT = "bot"
"""Whose act it is, in the audit: nobody's."""


def end_vote(unit: Unit, vote_id: str) -> bool:
    """Count a vote and destroy what was counted; nothing when it was done in the meantime."""
    store = VoteStore(unit.connection, unit.keys)
    row = store.held(vote_id)
    if row is None or row.state != VoteState.OPEN:
        return False
    outcome = _outcome(store, row)
    winners = [row.topics[each] for each in outcome.winners]
    result: dict[str, Any] = {"winners": winners}
    if outcome.counts is not None:
        result |= {"ballots": outcome.ballots, "counts": dict(zip(row.topics, outcome.counts, strict=True))}
    store.end(row.id, outcome.state.value, result, kept_until(unit))
    titles = _decide(unit, row, outcome, winners)
    unit.ledger.record(unit.today, BOT, "vote.closed", "vote", outcome.state.value)
    words = {"topic": " · ".join(titles)} if titles else {}
    numbers = {"ballots": str(outcome.ballots), "votes": str(max(outcome.counts))} if outcome.counts else {}
    announce(unit, row.scope, _POSTS[outcome.state], words, **numbers)
    return True


_POSTS: Mapping[VoteState, str] = {
    VoteState.CHOSEN: key("vote.post.chosen"),
    VoteState.TIED: key("vote.post.tied"),
    VoteState.NO_QUORUM: key("vote.post.no_quorum"),
    VoteState.VOID: key("vote.post.void"),
}


def _outcome(store: VoteStore, row: VoteRow) -> Outcome:
    try:
        choices = [unpacked(each) for each in store.choices(row.id)]
    except LookupError:
        # out of a backup: neither the key nor the ballots are in one
        log.warning("a vote was open when the backup was made, and is void", reason="vote.restored")
        return Outcome(VoteState.VOID)
    except (SealedOtherwiseError, ValueError):
        # somebody wrote into the database: nothing that is in it decides anything
        log.error("ballots were tampered with, and the vote is void", reason="vote.tampered")  # noqa: TRY400
        return Outcome(VoteState.VOID)
    if any(position >= len(row.topics) for choice in choices for position in choice):
        return Outcome(VoteState.VOID)
    return count(choices, len(row.topics), row.quorum)


def _decide(unit: Unit, row: VoteRow, outcome: Outcome, winners: list[str]) -> list[str]:
    """Move the topics on: one is chosen, the others can be proposed again; return the winners' titles."""
    store, titles = _topics(unit), []
    for topic in store.of_ids(row.topics):
        if topic.id in winners:
            titles.append(topic.title)
        if outcome.state is VoteState.CHOSEN and topic.id in winners:
            settle(unit, topic, TopicState.CHOSEN, DecidedBy.VOTE, None)
        else:
            store.set_state(topic.id, TopicState.PROPOSED, kept_until(unit))
    return titles


def free_topics(unit: Unit) -> None:
    """Let topics be proposed again whose vote is not there any more."""
    for topic_id in _topics(unit).without_vote():
        _topics(unit).set_state(topic_id, TopicState.PROPOSED, kept_until(unit))


def _topics(unit: Unit) -> TopicStore:
    return TopicStore(unit.connection, unit.keys)
