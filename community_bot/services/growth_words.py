"""The Growth Cycle in words: what the picture shows, in its order, for who cannot or will not load one (UX-3)."""

from __future__ import annotations

from collections import Counter
from typing import Final

from community_bot.domain.growth import Cycle, CycleSpace, Feed, RoundState, Stage, unconnected
from community_bot.domain.words import in_language
from community_bot.locales import Markup, Translator, escape, key

MOST_SPACES: Final = 40
"""With more, each stage says how many there are."""
ROUND_STATES: Final = {
    RoundState.PLANNING: key("growth.round_state.planning"),
    RoundState.RUNNING: key("growth.round_state.running"),
    RoundState.REFLECTING: key("growth.round_state.reflecting"),
    RoundState.CLOSED: key("growth.round_state.closed"),
}


def in_reading_order(cycle: Cycle) -> list[CycleSpace]:
    """Return the spaces as they stand one below the other."""
    return [space for _, spaces in cycle.by_stage() for space in spaces]


def condensed(cycle: Cycle, t: Translator) -> Cycle:
    """Return the cycle as it is shown: with more than 40 spaces, one entry for all spaces of a stage.

    All feeds between two stages are one then. Feeds stand in the order of the spaces that pass on, the farthest
    first: so their arrows cross least.
    """
    if len(cycle.spaces) > MOST_SPACES:
        cycle = _by_stage(cycle, t)
    at = {each.key: number for number, each in enumerate(in_reading_order(cycle))}
    feeds = sorted(cycle.feeds, key=lambda each: (at[each.from_space], -at[each.to_space]))
    return Cycle(cycle.round, cycle.stages, cycle.spaces, tuple(feeds))


def mark(number: int) -> str:
    """Return what a feed is marked with, from 1: A, B … Z, AA. Stages have numbers."""
    marks = ""
    while number:
        number, letter = divmod(number - 1, 26)
        marks = chr(ord("A") + letter) + marks
    return marks


def is_condensed(cycle: Cycle) -> bool:
    """Say whether stages are shown instead of spaces."""
    return len(cycle.spaces) > MOST_SPACES


def _by_stage(cycle: Cycle, t: Translator) -> Cycle:
    stages = cycle.by_stage()
    of = {space.key: _group(stage) for stage, spaces in stages for space in spaces}
    spaces = tuple(
        CycleSpace(_group(stage), {t.language: t.count("growth.spaces", len(found))}, stage.key if stage else None)
        for stage, found in stages
        if found
    )
    between = Counter((of[each.from_space], of[each.to_space]) for each in cycle.feeds)
    feeds = tuple(
        Feed(f"{one} {other}", one, other, t.count("growth.feeds_between", total))
        for (one, other), total in between.items()
        if one != other
    )
    return Cycle(cycle.round, cycle.stages, spaces, feeds)


def _group(stage: Stage | None) -> str:
    return "" if stage is None else stage.key


def in_words(cycle: Cycle, t: Translator) -> Markup:
    """Return the text twin of the picture."""
    shown, is_grouped = condensed(cycle, t), is_condensed(cycle)
    alone = set() if is_grouped else {each.key for each in unconnected(shown.spaces, shown.feeds)}
    lines: list[str] = [heading(shown, t)]
    for number, (stage, spaces) in enumerate(shown.by_stage(), start=1):
        if stage is None:
            lines += ["", t("growth.words.no_stage")]
        else:
            lines += ["", t("growth.words.stage", number=number, title=in_language(stage.titles, t.language))]
        if not spaces:
            lines.append(t("growth.words.empty"))
        lines += [_line(shown, each, t, is_alone=each.key in alone) for each in spaces]
    return Markup("\n".join(lines))


def heading(cycle: Cycle, t: Translator) -> Markup:
    """Return which round it is, and until when."""
    turn = cycle.round
    if turn is None:
        return t("growth.words.heading_without_round", none=t("growth.no_round_yet"))
    state = t(ROUND_STATES[turn.state])
    return t("growth.words.heading", number=turn.number, state=state, day=turn.ends_on)


def _line(cycle: Cycle, space: CycleSpace, t: Translator, *, is_alone: bool) -> Markup:
    facts = [t("growth.fact.topic", title=each.title) for each in space.topics]
    if not space.is_open:
        facts.append(t("growth.fact.resting"))
    if is_alone:
        facts.append(t("growth.fact.alone"))
    elif space.note is not None:
        facts.append(t("growth.fact.note", note=space.note))
    facts += [
        said_of_feed(cycle, each, t, number)
        for number, each in enumerate(cycle.feeds, start=1)
        if each.from_space == space.key
    ]
    facts += [
        t("growth.fact.comes_in", mark=mark(number), what=each.what, space=title(cycle, each.from_space, t))
        for number, each in enumerate(cycle.feeds, start=1)
        if each.to_space == space.key
    ]
    name = in_language(space.titles, t.language)
    if not facts:
        return t("growth.words.space_alone", space=name)
    return t("growth.words.space", space=name, facts=Markup(" · ".join(facts)))


def said_of_feed(cycle: Cycle, feed: Feed, t: Translator, number: int) -> Markup:
    """Return what a space passes on, as a part of what is said of it."""
    values = {"mark": mark(number), "what": feed.what, "space": title(cycle, feed.to_space, t)}
    return t("growth.fact.passed_on" if feed.passed_on else "growth.fact.passes_on", **values)


def title(cycle: Cycle, wanted: str, t: Translator) -> Markup:
    """Return the title of a space, or, where stages stand for spaces, of a stage."""
    stage = next((each for each in cycle.stages if each.key == wanted), None)
    space = cycle.space(wanted)
    if space is not None and stage is None:
        return escape(in_language(space.titles, t.language))
    if stage is not None:
        return escape(in_language(stage.titles, t.language))
    return t("growth.words.no_stage_title")
