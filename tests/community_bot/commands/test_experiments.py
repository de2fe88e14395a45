"""What people read, fill in and press around experiments, in every language."""

from __future__ import annotations

import pytest

from community_bot.commands.experiment_replies import MEASURE_WORDS
from community_bot.commands.experiments import ExperimentCommands, ExperimentForm
from community_bot.commands.request import Request
from community_bot.domain.account import Account
from community_bot.domain.experiment import MEASURES
from community_bot.domain.refusal import Refusal
from community_bot.locales import LANGUAGES, Language, catalogues
from db.engine import Database
from tests.community_bot.services.small_network import request_in, said_in_every_language
from tests.community_bot.services.test_experiments import Trial

ANSWERS = {
    "question": ("Do evenings suit people more?",),
    "hypothesis": ("More of them come back",),
    "measure": ("MET-10",),
    "least": ("๒๐",),
    "stops_on": ("31/3/2570",),
}


class Face:
    """Somebody who uses the commands in one language."""

    def __init__(self, trial: Trial, language: Language) -> None:
        self.trial = trial
        self.language = language
        self.commands = ExperimentCommands(trial.experiments)
        self.form = ExperimentForm(trial.experiments)

    def of(self, account: Account) -> Request:
        return request_in(self.language, account)


@pytest.fixture(params=LANGUAGES)
async def face(request: pytest.FixtureRequest, sqlite_database: Database) -> Face:
    return Face(await Trial(sqlite_database).prepare(), request.param)


async def test_it_is_read_once_more_with_its_weekday_before_it_is_frozen(face: Face) -> None:
    moss = face.of(face.trial.moss)
    asked = await face.commands.register(moss, "Community radio")
    assert asked.form is not None
    assert len(asked.form.fields) <= 5
    assert len(asked.form.title) <= 45
    read = await face.form.submit(moss, asked.form.argument, ANSWERS)
    assert any(day in read.text for day in ("Wednesday 31 March 2027", "พ. 31 มี.ค. 2570", "miércoles 31 de marzo"))
    assert [each.action for each in read.buttons] == ["experiment.freeze", "form.open"]
    assert not await face.trial.is_registered()
    again = await face.form.build(moss, "s-radio", {})
    assert [field.value for field in again.fields] == [
        *(ANSWERS[name][0] for name in ("question", "hypothesis")),
        "",
        "20",
        "2027-03-31",
    ]
    assert [choice.value for choice in again.fields[2].choices if choice.chosen] == ["MET-10"]
    frozen = await face.commands.freeze(moss, read.buttons[0].argument)
    assert frozen.replaces
    assert await face.trial.is_registered()


async def test_its_seal_can_be_compared_and_its_values_are_not_made_up(face: Face) -> None:
    moss = face.of(face.trial.moss)
    digest = await face.trial.register()
    shown = (await face.commands.show(moss, "Community radio")).text
    assert f"`{digest[:8]}`" in shown
    await face.trial.open()
    t = catalogues().translator(face.language)
    running = (await face.commands.show(moss, "Community radio")).text
    assert t("experiment.not_measured") in running
    assert t("experiment.too_few") in running
    assert (await face.commands.stop(moss, "Community radio")).text
    decided = (await face.commands.decide(moss, "Community radio", "adapt", "Two came, and then the rains")).text
    assert "Two came, and then the rains" in decided
    assert t("experiment.too_few") in decided


async def test_an_arm_is_named(face: Face) -> None:
    await face.trial.cohorts.create(face.trial.moss, "Community radio", "First rains")
    await face.trial.register()
    assert "Evening" in (await face.commands.arm(face.of(face.trial.moss), "First rains", "Evening")).text


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("least", "a few", "experiment.least"),
        ("stops_on", "soon", "experiment.date"),
        ("stops_on", "31/3/70", "experiment.year"),
    ],
)
async def test_what_cannot_be_read_is_named_with_its_field(face: Face, field: str, typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        await face.form.check(face.of(face.trial.moss), "s-radio", {**ANSWERS, field: (typed,)})
    assert (refused.value.code, refused.value.field) == (code, field)
    assert all(said_in_every_language(refused.value))


@pytest.mark.parametrize("typed", ["2027-03-31", "31/3/2027", "31/3/2570", "31 มี.ค. ๒๕๗๐"])
async def test_a_day_is_read_as_people_of_either_calendar_write_it(face: Face, typed: str) -> None:
    moss = request_in("th", face.trial.moss)
    reply = await face.form.submit(moss, "s-radio", {**ANSWERS, "stops_on": (typed,)})
    assert "31 มี.ค. 2570" in reply.text


async def test_nobody_opens_the_form_of_a_space_they_do_not_run(face: Face) -> None:
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await face.form.build(face.of(face.trial.fern), "s-radio", {})


def test_every_measure_has_its_words() -> None:
    assert list(MEASURE_WORDS) == list(MEASURES)
