"""Polls of Matrix rooms as text (MSC3381): the question, the answers, and when it has ended what came of it.

Today's clients write them under ``org.matrix.msc3381``, the specification to come names them ``m.poll``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bridges.ends.matrix_events import POLL_ENDS, POLL_RESPONSES, POLL_STARTS, mapping
from bridges.markup.tree import Document, Listing, Mark, Marked, Paragraph, Text
from bridges.plain_text import plain_text

OLD_TEXT = "org.matrix.msc1767.text"
MOST_ANSWERS = 20
"""MSC3381: what is beyond is cut off."""
SIGN, ENDED = "📊", "🏁"


def read_poll(content: Mapping[str, Any], votes: Mapping[str, int] | None = None) -> Document:
    """Return a poll as text; with ``votes``, by answer id, it has ended."""
    asked = _asked(content)
    question = _words(mapping(asked, "question"))
    if not question:
        return ()
    sign = SIGN if votes is None else f"{SIGN}{ENDED}"
    head = Paragraph((Text(f"{sign} "), Marked(Mark.BOLD, (Text(question),))))
    items = [
        (Paragraph((Text(words if votes is None else f"{words}: {votes.get(key, 0)}"),)),)
        for key, words in _answers(asked).items()
    ]
    return (head, Listing(tuple(items), 1 if votes is None else None)) if items else (head,)


def count_votes(
    poll: Mapping[str, Any], related: Iterable[Mapping[str, Any]], may_end: frozenset[str]
) -> dict[str, int] | None:
    """Count what people chose, the newest choice of each; None while nobody who ``may_end`` it has ended it.

    ``related`` are the events that refer to the poll, in any order.
    """
    asked = _asked(mapping(poll, "content"))
    events = sorted(related, key=_stamp)
    ends = [_stamp(event) for event in events if event.get("type") in POLL_ENDS and event.get("sender") in may_end]
    if not ends:
        return None
    chosen: dict[str, list[str]] = {}
    for event in events:
        if event.get("type") in POLL_RESPONSES and _stamp(event) <= ends[0]:
            selected = _selected(mapping(event, "content"))
            if selected is not None:
                chosen[str(event.get("sender"))] = selected
    most = asked.get("max_selections")
    most = most if isinstance(most, int) and most > 0 else 1
    known = _answers(asked)
    # an id that is no answer spoils the vote, and what is too many is cut off (MSC3381)
    valid = (set(votes[:most]) for votes in chosen.values() if set(votes[:most]) <= known.keys())
    return dict(Counter(vote for votes in valid for vote in votes))


def ended_ref(event: Mapping[str, Any]) -> str | None:
    """Return the poll that an event ends."""
    relation = mapping(mapping(event, "content"), "m.relates_to")
    target = relation.get("event_id")
    return target if relation.get("rel_type") == "m.reference" and isinstance(target, str) else None


def _asked(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(content, "m.poll") or mapping(content, POLL_STARTS[1])


def _answers(asked: Mapping[str, Any]) -> dict[str, str]:
    answers = asked.get("answers")
    found: dict[str, str] = {}
    for each in (answers if isinstance(answers, list) else [])[:MOST_ANSWERS]:
        if isinstance(each, dict) and isinstance(key := each.get("m.id", each.get("id")), str):
            found[key] = _words(each) or key
    return found


def _selected(content: Mapping[str, Any]) -> list[str] | None:
    """Return what somebody chose; None for what is no choice."""
    chosen = content.get("m.selections", mapping(content, POLL_RESPONSES[1]).get("answers"))
    return [each for each in chosen if isinstance(each, str)] if isinstance(chosen, list) else None


def _words(block: Mapping[str, Any]) -> str:
    said = block.get("m.text") or block.get(OLD_TEXT) or block.get("body")
    if isinstance(said, list):
        said = next((each["body"] for each in said if isinstance(each, dict) and "body" in each), None)
    return " ".join(plain_text(said).split()) if isinstance(said, str) else ""


def _stamp(event: Mapping[str, Any]) -> int:
    stamp = event.get("origin_server_ts")
    return stamp if isinstance(stamp, int) else 0
