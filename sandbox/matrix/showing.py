"""Work out what a client shows of a room: each message once, edits applied, what was taken back gone.

The rules are those of the client-server API (Event replacements, Event annotations, Threading), of MSC3381 for
polls and of MSC4144 for per-message profiles; they are kept here independently of the bot's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sandbox.matrix.handing_over import ALT_TEXT, SOUND, SPOILER, VOICE, WARNING
from sandbox.matrix.polls import ENDS, RESPONSES, STARTS, answers_of, chosen_in, most_of, question_of
from sandbox.matrix.shown import Profile, SeenMedia, SeenQuestion, ShownKind, ShownMessage

_KINDS: dict[str, ShownKind] = {
    "m.text": "text",
    "m.notice": "notice",
    "m.emote": "emote",
    "m.image": "image",
    "m.video": "video",
    "m.audio": "audio",
    "m.file": "file",
}
_PROFILES = ("m.per_message_profile", "com.beeper.per_message_profile")
_PROFILE_FALLBACK = re.compile(r"<strong[^>]*\bdata-mx-profile-fallback\b[^>]*>.*?</strong>", re.DOTALL)


def show(
    events: Sequence[Mapping[str, Any]],
    names: Mapping[str, str | None],
    *,
    pinned: Iterable[str] = (),
    edits: Collection[str] = (),
) -> list[ShownMessage]:
    """Return what a client shows of these events, which are a room's from its beginning, in order.

    `edits` are events known to be edits: one that was taken back has nothing left that says so.
    """
    related = _Related(events)
    kept = set(pinned)
    return [
        _shown(event, related, names, pinned=event["event_id"] in kept)
        for event in events
        if event["type"] in ("m.room.message", "m.sticker", "m.room.encrypted", *STARTS)
        and "state_key" not in event
        and event["event_id"] not in edits
        and not is_edit(event)
    ]


def is_edit(event: Mapping[str, Any]) -> bool:
    """Tell whether an event replaces another."""
    return _relation(event).get("rel_type") == "m.replace"


class _Related:
    """What was said about other events, by the event it is about."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.edits: dict[str, list[Mapping[str, Any]]] = {}
        self.reactions: dict[str, list[Mapping[str, Any]]] = {}
        self.votes: dict[str, list[Mapping[str, Any]]] = {}
        self.ends: dict[str, list[Mapping[str, Any]]] = {}
        for event in events:
            relation = _relation(event)
            about = str(relation.get("event_id"))
            if relation.get("rel_type") == "m.replace":
                self.edits.setdefault(about, []).append(event)
            elif event["type"] == "m.reaction":
                self.reactions.setdefault(about, []).append(event)
            elif event["type"] in RESPONSES:
                self.votes.setdefault(about, []).append(event)
            elif event["type"] in ENDS:
                self.ends.setdefault(about, []).append(event)

    def valid_edits(self, event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the edits that count, the last one last: same sender, same type, with new content."""
        found = [
            edit
            for edit in self.edits.get(event["event_id"], [])
            if edit["sender"] == event["sender"] and edit["type"] == event["type"] and _new_content(edit)
        ]
        return sorted(found, key=lambda edit: (edit["origin_server_ts"], edit["event_id"]))


def _shown(
    event: Mapping[str, Any], related: _Related, names: Mapping[str, str | None], *, pinned: bool
) -> ShownMessage:
    sender, sent = str(event["sender"]), int(event["origin_server_ts"])
    if "redacted_because" in event.get("unsigned", {}) or not event["content"]:
        return ShownMessage(
            event["event_id"], sender, names.get(sender), "redacted", "", None, sent, redacted=True, pinned=pinned
        )
    edits = related.valid_edits(event)
    content = dict(_new_content(edits[-1])) if edits else dict(event["content"])
    relation = _relation(event)
    profile = _profile(content)
    answered = relation.get("m.in_reply_to") or {}
    return ShownMessage(
        event_id=str(event["event_id"]),
        sender=sender,
        name=profile.name if profile is not None and profile.name else names.get(sender),
        kind=_kind(event["type"], content),
        text=_text(content, profile, replies=bool(answered)),
        html=_html(content),
        origin_server_ts=sent,
        edits=len(edits),
        reply_to=None if relation.get("is_falling_back") else answered.get("event_id"),
        thread=relation.get("event_id") if relation.get("rel_type") == "m.thread" else None,
        reactions=_reactions(related.reactions.get(event["event_id"], [])),
        media=_media(content),
        poll=_question(event, content, related) if event["type"] in STARTS else None,
        profile=profile,
        mentions=tuple((content.get("m.mentions") or {}).get("user_ids", ())),
        mentions_room=bool((content.get("m.mentions") or {}).get("room")),
        pinned=pinned,
        content=content,
    )


def _relation(event: Mapping[str, Any]) -> Mapping[str, Any]:
    relation: Mapping[str, Any] = event["content"].get("m.relates_to") or {}
    return relation


def _new_content(edit: Mapping[str, Any]) -> Mapping[str, Any]:
    new = edit["content"].get("m.new_content")
    if not new and edit["type"] in STARTS:  # polls are edited as a whole
        return edit["content"]  # type: ignore[no-any-return]
    return new or {}


def _kind(type: str, content: Mapping[str, Any]) -> ShownKind:
    if type == "m.room.message":
        return _KINDS.get(str(content.get("msgtype")), "other")
    return "sticker" if type == "m.sticker" else "poll" if type in STARTS else "encrypted"


def _profile(content: Mapping[str, Any]) -> Profile | None:
    for key in _PROFILES:
        if isinstance(found := content.get(key), dict):
            return Profile(str(found.get("id", "")), found.get("displayname"), found.get("avatar_url"))
    return None


def _text(content: Mapping[str, Any], profile: Profile | None, *, replies: bool) -> str:
    body = str(content.get("body", ""))
    if replies and body.startswith("> <"):
        lines = body.split("\n")
        while lines and lines[0].startswith("> "):
            lines.pop(0)
        body = "\n".join(lines).lstrip("\n")
    falls_back = any((content.get(key) or {}).get("has_fallback") for key in _PROFILES)
    if falls_back and profile is not None and profile.name:
        body = body.removeprefix(f"{profile.name}: ")
    return body


def _html(content: Mapping[str, Any]) -> str | None:
    if content.get("format") != "org.matrix.custom.html":
        return None
    html = re.sub(r"^<mx-reply>.*?</mx-reply>", "", str(content.get("formatted_body", "")), flags=re.DOTALL)
    return _PROFILE_FALLBACK.sub("", html, count=1)


def _reactions(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for event in events:
        relation = _relation(event)
        if relation.get("rel_type") == "m.annotation":
            # a dictionary: the same person counts once, in the order in which they came
            found.setdefault(str(relation["key"]), {})[event["sender"]] = None
    return {key: tuple(senders) for key, senders in found.items()}


def _media(content: Mapping[str, Any]) -> SeenMedia | None:
    url = content.get("url") or (content.get("file") or {}).get("url")
    if url is None:
        return None
    body, info, sound = str(content.get("body", "")), content.get("info") or {}, content.get(SOUND) or {}
    name = str(content.get("filename") or body)
    warning = content.get(WARNING) or {}
    milliseconds = sound.get("duration", info.get("duration"))
    return SeenMedia(
        name=name,
        url=str(url),
        mimetype=info.get("mimetype"),
        size=info.get("size"),
        caption=body if "filename" in content and body != name else None,
        alt=next((_alt(content[key]) for key in ALT_TEXT if key in content), None),
        spoiler=bool(content.get(SPOILER)) or str(warning.get("type", "")).endswith("spoiler"),
        spoiler_reason=str(content.get(f"{SPOILER}.reason") or warning.get("description") or ""),
        voice=VOICE in content or "m.voice" in content,
        seconds=milliseconds / 1000 if milliseconds is not None else None,
        waveform=tuple(sound.get("waveform", ())),
        width=info.get("w"),
        height=info.get("h"),
    )


def _alt(block: Mapping[str, Any]) -> str:
    said = block.get("m.text") or block.get("org.matrix.msc1767.text") or ""
    return str(said[0]["body"]) if isinstance(said, list) else str(said)


def _question(event: Mapping[str, Any], content: Mapping[str, Any], related: _Related) -> SeenQuestion:
    """Count each person's last vote before the end, and of it no more answers than one may choose."""
    answers, most = answers_of(content), most_of(content)
    ends = [end for end in related.ends.get(event["event_id"], []) if end["sender"] == event["sender"]]
    over = min((int(end["origin_server_ts"]) for end in ends), default=None)
    last: dict[str, list[str]] = {}
    for vote in related.votes.get(event["event_id"], []):
        if over is None or int(vote["origin_server_ts"]) <= over:
            last[vote["sender"]] = [key for key in chosen_in(vote["content"]) if key in answers][:most]
    voters = {
        text: tuple(sender for sender, chosen in last.items() if key in chosen) for key, text in answers.items()
    }
    return SeenQuestion(question_of(content), voters, most, ended=over is not None)
