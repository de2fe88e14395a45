"""Saying what the planner of the Growth Cycle found: one space whole, or all in a line each."""

from __future__ import annotations

from typing import Final

from community_bot.domain.graphemes import shorten
from community_bot.domain.growth import CycleSpace
from community_bot.domain.growth_plan import Choice, Missing, Reason, SpacePlan
from community_bot.domain.words import in_language
from community_bot.locales import Markup, Translator, key
from community_bot.platforms.port import Button
from community_bot.services.growth import Outlook
from community_bot.services.growth_words import title

MISSING: Final = {
    Missing.STAGE: key("growth.missing.stage"),
    Missing.TOPIC: key("growth.missing.topic"),
    Missing.FEED: key("growth.missing.feed"),
    Missing.PASSED_ON: key("growth.missing.passed_on"),
    Missing.NEED: key("growth.missing.need"),
}
REASONS: Final = {
    Reason.CARRIED_OVER: key("growth.reason.carried_over"),
    Reason.CHOSEN_BY_VOTE: key("growth.reason.chosen_by_vote"),
    Reason.DECIDED: key("growth.reason.decided"),
    Reason.FEED_BRINGS: key("growth.reason.feed_brings"),
}


def said_of_plan(t: Translator, outlook: Outlook, plan: SpacePlan) -> Markup:
    """Return everything the planner says of a space."""
    lines: list[str] = [_head(t, outlook, plan.space)]
    lines += [t("growth.plan.topic", title=each.title) for each in plan.space.topics]
    lines += [
        t("growth.plan.passes_on", what=each.what, space=title(outlook.cycle, each.to_space, t))
        for each in plan.passes_on
    ]
    lines += [
        t("growth.plan.comes_in", what=each.what, space=title(outlook.cycle, each.from_space, t))
        for each in plan.comes_in
    ]
    if plan.space.note is not None:
        lines.append(t("growth.plan.note", note=plan.space.note))
    lines += [t("growth.plan.missing", what=t(MISSING[each])) for each in plan.missing]
    lines += [
        t("growth.plan.late", what=each.what, space=title(outlook.cycle, each.to_space, t)) for each in plan.late
    ]
    if plan.could_feed is not None:
        lines.append(t("growth.plan.could_feed", space=title(outlook.cycle, plan.could_feed, t)))
    if plan.choices:
        lines.append(t("growth.plan.choices"))
        lines += [_choice(t, number, each) for number, each in enumerate(plan.choices, start=1)]
    elif not plan.missing:
        lines.append(t("growth.plan.nothing_missing"))
    return Markup("\n".join(lines))


def overview(t: Translator, outlook: Outlook) -> Markup:
    """Return all spaces, in a line each: what is missing, and what is best chosen next."""
    lines: list[str] = [t("growth.plan_head", number=outlook.number)]
    for plan in outlook.plans:
        facts: list[str] = [t(MISSING[each]) for each in plan.missing]
        if plan.choices:
            facts.append(t("growth.plan.best", words=plan.choices[0].words))
        if not facts:
            facts.append(t("growth.plan.whole"))
        name = in_language(plan.space.titles, t.language)
        lines.append(t("growth.words.space", space=name, facts=Markup(" · ".join(facts))))
    return Markup("\n".join(lines))


def take_up_buttons(t: Translator, outlook: Outlook, plan: SpacePlan) -> tuple[Button, ...]:
    """Return a button for each topic that can be taken into the round, and for each that is in it."""
    space = plan.space.key
    if space not in outlook.runs or outlook.cycle.round is None:
        return ()
    offered = [
        Button(t.plain("growth.take_up.button", number=number), "growth.take_up", f"{space} {each.topic}", "main")
        for number, each in enumerate(plan.choices, start=1)
        if each.topic is not None
    ]
    taken = [
        Button(
            t.plain("growth.put_back.button", title=shorten(each.title, 50)), "growth.take_up", f"{space} {each.id}"
        )
        for each in plan.space.topics
    ]
    return (*offered[:5], *taken[:5])


def _head(t: Translator, outlook: Outlook, space: CycleSpace) -> Markup:
    stage = next((each for each in outlook.cycle.stages if each.key == space.stage), None)
    name = in_language(space.titles, t.language)
    if stage is None:
        return t("growth.plan.space", space=name)
    return t("growth.plan.space_in", space=name, stage=in_language(stage.titles, t.language))


def _choice(t: Translator, number: int, choice: Choice) -> Markup:
    reason = (
        t.count("growth.reason.most_voiced", choice.voices)
        if choice.reason is Reason.MOST_VOICED
        else t(REASONS[choice.reason])
    )
    return t("growth.plan.suggestion", number=number, words=choice.words, reason=reason)
