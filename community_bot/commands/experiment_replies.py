"""Saying what an experiment is, where it stands, and what was decided."""

from __future__ import annotations

from typing import Final

from community_bot.domain.experiment import MARK, Decision, ExperimentState
from community_bot.locales import Markup, Translator, key
from community_bot.services.experiments import Arm, ExperimentView

MEASURE_WORDS: Final = {
    "MET-2b": key("experiment.measure.active"),
    "MET-3": key("experiment.measure.organisations"),
    "MET-4": key("experiment.measure.teaching"),
    "MET-4b": key("experiment.measure.need_fit"),
    "MET-5": key("experiment.measure.outside_capital"),
    "MET-6": key("experiment.measure.relationships"),
    "MET-6b": key("experiment.measure.shape"),
    "MET-7": key("experiment.measure.review_depth"),
    "MET-8": key("experiment.measure.experts"),
    "MET-9": key("experiment.measure.new_work"),
    "MET-10": key("experiment.measure.retained"),
    "MET-11": key("experiment.measure.onboarding"),
    "MET-12": key("experiment.measure.load"),
    "MET-13": key("experiment.measure.outcomes"),
    "MET-14": key("experiment.measure.coalitions"),
    "MET-15": key("experiment.measure.knowledge"),
    "MET-16": key("experiment.measure.safety"),
}
"""What each measure (DOMAIN 5.1) is called."""
STATES: Final = {
    ExperimentState.DRAFT: key("experiment.state.draft"),
    ExperimentState.REGISTERED: key("experiment.state.registered"),
    ExperimentState.RUNNING: key("experiment.state.running"),
    ExperimentState.STOPPED: key("experiment.state.stopped"),
    ExperimentState.DECIDED: key("experiment.state.decided"),
}
DECISIONS: Final = {
    Decision.KEEP: key("experiment.decision.keep"),
    Decision.ADAPT: key("experiment.decision.adapt"),
    Decision.STOP: key("experiment.decision.stop"),
}


def said_of_experiment(t: Translator, view: ExperimentView) -> Markup:
    """Return an experiment, line by line; with its seal, so that people can compare what they were told."""
    design = view.design
    lines: list[str] = [
        t("experiment.head", space=view.space.title(t.language), state=t(STATES[view.state])),
        t("experiment.question_line", question=design.question),
        t("experiment.hypothesis_line", hypothesis=design.hypothesis),
        t("experiment.measure_line", measure=t(MEASURE_WORDS[design.measure]), code=design.measure),
        t.count("experiment.least_line", design.least),
        t("experiment.stops_line", day=design.stops_on),
    ]
    if view.starts_on is not None:
        lines.append(t("experiment.started_line", day=view.starts_on))
    lines += [_arm(t, each) for each in view.arms]
    if view.state not in (ExperimentState.DRAFT, ExperimentState.REGISTERED):
        lines.append(t("experiment.not_measured"))
        if view.too_few:
            lines.append(t("experiment.too_few"))
    if view.digest is not None:
        lines.append(t("experiment.seal" if view.whole else "experiment.seal_broken", mark=view.digest[:MARK]))
    if view.decision is not None:
        decision = t(DECISIONS[view.decision])
        lines.append(t("experiment.decided_line", decision=decision, day=view.decided_on, note=view.note))
    return Markup("\n".join(lines))


def _arm(t: Translator, arm: Arm) -> Markup:
    people = t("experiment.few_people") if arm.people is None else t.count("experiment.people", arm.people)
    return t("experiment.arm_line", name=arm.name, people=people)
