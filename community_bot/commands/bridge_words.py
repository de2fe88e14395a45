"""How ends and crossings read: a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from community_bot.locales import Markup, Translator, key
from community_bot.services.bridging import PlaceView
from community_bot.services.bridging_port import Crossing, EndState, Named, Verdict
from community_bot.services.bridging_words import name_of_place, said_of_reason

VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.PAUSED_HERE: key("bridge.verdict.paused_here"),
    Verdict.RECEIVES_ONLY: key("bridge.verdict.receives_only"),
    Verdict.NOT_SHARED: key("bridge.verdict.not_shared"),
    Verdict.SENDS_ONLY: key("bridge.verdict.sends_only"),
    Verdict.PAUSED_THERE: key("bridge.verdict.paused_there"),
    Verdict.ANNOUNCEMENTS: key("bridge.verdict.announcements"),
}
WITHOUT: Final[Mapping[str, str]] = {
    "files": key("bridge.preview.without_files"),
    "links": key("bridge.preview.without_links"),
}

AT: Final[Mapping[str, str]] = {
    "idle": key("bridge.at.idle"),
    "sending": key("bridge.at.sending"),
    "starting": key("bridge.at.starting"),
}
HELD_UP: Final[Mapping[str, str]] = {"blocked": key("bridge.at.blocked"), "waiting": key("bridge.at.waiting")}


def ends_line(t: Translator, view: PlaceView) -> Markup:
    """Return how one end is: heard or not, what its lane is at, what waits, what was done since the start."""
    state = view.state
    place = name_of_place(t, state.place, state.title, view.named)
    said = [_at(t, state)]
    if state.waiting:
        said.append(t.count("bridge.status.waiting", state.waiting, age=_age(t, state.oldest_seconds)))
    said.append(t("bridge.status.figures", sent=state.sent, failed=state.failed, reconciled=state.reconciled))
    return t("bridge.status.here" if view.here else "bridge.status.line", place=place, state=Markup(" ".join(said)))


def _at(t: Translator, state: EndState) -> Markup:
    if state.paused:
        return t("bridge.at.paused")
    if state.unheard is not None:
        return t("bridge.at.unheard", reason=said_of_reason(t, state.unheard))
    if state.at in HELD_UP:
        return t(HELD_UP[state.at], reason=said_of_reason(t, state.reason))
    return t(AT.get(state.at, AT["idle"]))


def _age(t: Translator, seconds: float) -> Markup:
    """Return a length of time as people say it: no more exact than the largest unit that fits."""
    if seconds < 60:
        return t.count("bridge.age.seconds", int(seconds))
    if seconds < 3600:
        return t.count("bridge.age.minutes", int(seconds // 60))
    return t.count("bridge.age.hours", int(seconds // 3600))


def joined_line(t: Translator, own: EndState, view: PlaceView) -> Markup:
    """Return with which place one is joined, and in which direction words go."""
    other = view.state
    place = name_of_place(t, other.place, other.title, view.named)
    if other.paused:
        return t("bridge.list.pauses", place=place)
    goes, comes = own.gives and other.takes, other.gives and own.takes
    if goes and comes:
        return t("bridge.list.both", place=place)
    if goes:
        return t("bridge.list.goes", place=place)
    return t("bridge.list.comes", place=place) if comes else t("bridge.list.neither", place=place)


def previewed_line(t: Translator, crossing: Crossing, named: Named) -> Markup:
    """Return whether a message would come to one place, under which name, without what; or why not."""
    place = name_of_place(t, crossing.place, crossing.title, named)
    if crossing.verdict is not Verdict.CROSSES:
        return t("bridge.preview.no", place=place, reason=t(VERDICTS[crossing.verdict]))
    said = [t("bridge.preview.yes", place=place, name=crossing.name)]
    said += [t(WITHOUT[each]) for each in crossing.without]
    return Markup(" ".join(said))
