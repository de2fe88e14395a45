"""How learning spaces are made and topics voted on: the settings, and what protects when nothing is said."""

from __future__ import annotations

import pytest

from config.models import USUAL_STAGES
from tests.config.conftest import Workplace

NETWORK = '[network]\nname = "River and Hill"\n'


def test_unasked_a_vote_is_open_for_five_days_and_five_people_or_15_percent_decide(workplace: Workplace) -> None:
    learning = workplace.load().learning
    assert (learning.vote_days, learning.quorum_least, learning.quorum_percent) == (5, 5, 15)
    assert (learning.templates, learning.purge_notice_days) == (None, 14)


def test_a_network_decides_otherwise(workplace: Workplace) -> None:
    workplace.toml(
        NETWORK + '[learning]\ntemplates = "ours"\nvote_days = 10\nquorum_least = 3\npurge_notice_days = 1\n'
    )
    learning = workplace.load(COMMUNITY_BOT_LEARNING__QUORUM_PERCENT="100").learning
    assert (learning.vote_days, learning.quorum_least, learning.quorum_percent) == (10, 3, 100)
    assert (learning.templates, learning.purge_notice_days) == ("ours", 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("vote_days = 2", "a whole number of days, from 3 to 10"),
        ("vote_days = 11", "a whole number of days, from 3 to 10"),
        ("quorum_least = 2", "a whole number of people, from 3 to 100"),
        ("quorum_percent = 0", "a whole number, from 1 to 100"),
        ("quorum_percent = 101", "a whole number, from 1 to 100"),
        ("purge_notice_days = 0", "a whole number of days, from 1 to 90"),
        ("purge_notice_days = 91", "a whole number of days, from 1 to 90"),
        ('templates = ""', "a folder with templates of your own, such as templates"),
    ],
)
def test_a_value_that_protects_nobody_is_refused_with_its_line(
    workplace: Workplace, line: str, expected: str
) -> None:
    workplace.toml(f"{NETWORK}[learning]\n{line}\n")
    problem = workplace.problems()[f"learning.{line.partition(' ')[0]}"]
    assert problem.expected == expected
    assert problem.where.endswith("line 4")


# ── the stages of the Growth Cycle


def test_a_network_that_names_no_stages_has_the_usual_six_in_three_languages(workplace: Workplace) -> None:
    stages = workplace.load().stages
    assert stages == USUAL_STAGES
    assert [stage.key for stage in stages] == ["listen", "choose", "learn", "practise", "reflect", "pass-on"]
    assert all(stage.title_th and stage.title_en and stage.title_es for stage in stages)


def test_a_network_names_its_own_stages_in_their_order(workplace: Workplace) -> None:
    workplace.toml(
        NETWORK + '[[stages]]\nkey = "sow"\ntitle_en = "Sow"\n[[stages]]\nkey = "reap"\ntitle_th = "เกี่ยว"\n'
    )
    assert [stage.key for stage in workplace.load().stages] == ["sow", "reap"]


def test_a_stage_has_a_title_and_a_key_of_its_own(workplace: Workplace) -> None:
    workplace.toml(NETWORK + '[[stages]]\nkey = "sow"\ntitle_en = "Sow"\n[[stages]]\nkey = "sow"\n')
    found = workplace.problems()
    assert found["stages[1]"].expected == "given a title: title_th, title_en or title_es"
    assert "different from the key of stages[0]" in found["stages[1].key"].expected


def test_there_are_no_more_stages_than_a_phone_can_show(workplace: Workplace) -> None:
    stage = '[[stages]]\nkey = "s{n}"\ntitle_en = "{n}"\n'
    workplace.toml(NETWORK + "".join(stage.format(n=number) for number in range(13)))
    problem = workplace.problems()["stages"]
    assert (problem.expected.partition(";")[0], problem.got) == (
        "a list of 1 to 12 sections, each under its own [[stages]]",
        "a list of 13",
    )
