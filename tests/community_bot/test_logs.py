"""What the log says: enough to mend the bot."""

from __future__ import annotations

import ast
import io
import logging
import re
import warnings
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from community_bot.logs import configure_logs, get_logger, reference_of
from community_bot.logs.fields import ALLOWED, shape_of
from tests.community_bot.conftest import Log

ROOT = Path(__file__).resolve().parents[2]
ours = get_logger("tests.ours")
LANE_STOPPED = "a lane stopped"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _fail() -> None:
    raise ValueError("secret words")


def _caught() -> ValueError:
    try:
        _fail()
    except ValueError as error:
        return error
    raise AssertionError


def test_an_event_is_written_with_its_allowed_fields(log: Log) -> None:
    ours.info("a copy was sent", lane="garden:discord1", attempt=2, took_seconds=0.12345, ok=True, reason=None)
    entry = log.last()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("at"))
    assert entry == {
        "level": "info",
        "logger": "tests.ours",
        "event": "a copy was sent",
        "lane": "garden:discord1",
        "attempt": 2,
        "took_seconds": 0.123,
        "ok": True,
        "reason": None,
    }


def test_a_constant_of_the_module_is_as_good_as_a_literal(log: Log) -> None:
    ours.info(LANE_STOPPED)
    assert log.last()["event"] == "a lane stopped"


def test_a_field_that_is_not_on_the_list_keeps_its_name_only(log: Log) -> None:
    ours.info("somebody arrived", member="Malee", attempt=1)
    assert (log.last()["member"], log.last()["attempt"]) == ("[withheld]", 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", "Come to the garden at six"),
        ("reason", "สวัสดี"),
        ("reason", "two\nlines"),
        ("lane", "!room:example.org"),
        ("attempt", 1100000000000000001),
        ("attempt", "many"),
        ("attempt", True),
        ("seconds", float("nan")),
        ("error_type", "not a name"),
        ("ok", "yes"),
        ("state", ["a", "list"]),
        ("state", object()),
    ],
)
def test_a_field_on_the_list_must_have_its_shape(log: Log, field: str, value: Any) -> None:
    ours.info("checked", **{field: value})
    assert log.last()[field] == "[withheld]"


def test_bound_values_and_context_go_through_the_same_list(log: Log) -> None:
    structlog.contextvars.bind_contextvars(platform="discord", author="Malee")
    ours.bind(lane="garden:discord1", room="!abc:example.org").info("checked")
    entry = log.last()
    assert (entry["platform"], entry["lane"]) == ("discord", "garden:discord1")
    assert (entry["author"], entry["room"]) == ("[withheld]", "[withheld]")


def test_a_plain_structlog_logger_is_as_safe(log: Log) -> None:
    structlog.get_logger("bridges.lane").warning("a lane waits", seconds=3, author="Malee")
    entry = log.last()
    assert (entry["logger"], entry["event"], entry["seconds"]) == ("bridges.lane", "a lane waits", 3)
    assert entry["author"] == "[withheld]"


def test_levels_below_the_chosen_one_are_not_written(untouched_process: None) -> None:
    written = Log()
    configure_logs("warning", "json", stream=written)
    ours.info("quiet")
    ours.warning("loud")
    logging.getLogger("some.library").info("quiet")
    logging.getLogger("some.library").error("loud")
    assert [entry["event"] for entry in written.entries()] == ["loud", "loud"]


def test_debug_lines_of_libraries_are_never_written(log: Log) -> None:
    library = logging.getLogger("some.library")
    library.setLevel(logging.DEBUG)
    library.debug("executing %s", "a query")
    assert log.getvalue() == ""


def test_a_library_keeps_its_name_level_and_template(log: Log) -> None:
    logging.getLogger("discord.gateway").warning("Shard ID %s has stopped responding.", 7)
    entry = log.last()
    assert (entry["logger"], entry["level"]) == ("discord.gateway", "warning")
    assert entry["event"] == "Shard ID %s has stopped responding."


def test_a_message_a_library_put_together_is_replaced_by_its_place(log: Log) -> None:
    logging.getLogger("nio").warning(f"no such room {len(log.getvalue())}")
    entry = log.last()
    assert entry["event"] == "[event withheld: not a literal]"
    assert re.fullmatch(r"tests/community_bot/test_logs\.py:\d+", entry["source"])


def test_handlers_a_library_installed_by_itself_are_removed(untouched_process: None) -> None:
    library, elsewhere = logging.getLogger("some.eager.library"), io.StringIO()
    library.addHandler(logging.StreamHandler(elsewhere))
    library.propagate = False
    written = Log()
    configure_logs("info", "json", stream=written)
    library.warning("hello")
    assert elsewhere.getvalue() == ""
    assert written.last()["event"] == "hello"


def test_an_exception_is_its_type_its_places_and_a_reference(log: Log) -> None:
    error = _caught()
    ours.error("it failed", exc_info=error)
    entry = log.last()
    assert entry["reference"] == reference_of(error)
    (link,) = entry["chain"]
    assert (link["relation"], link["type"]) == ("raised", "ValueError")
    assert [re.sub(r":\d+", "", frame) for frame in link["frames"]] == [
        "tests/community_bot/test_logs.py in _caught",
        "tests/community_bot/test_logs.py in _fail",
    ]


def test_the_exception_being_handled_is_found_without_being_named(log: Log) -> None:
    try:
        _fail()
    except ValueError:
        ours.exception("it failed")
    assert log.last()["chain"][0]["type"] == "ValueError"


def test_the_same_fault_has_the_same_reference_and_another_one_another() -> None:
    first, again = _caught(), _caught()
    assert reference_of(first) == reference_of(again)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{6}", reference_of(first))
    assert reference_of(KeyError("x")) != reference_of(first)


def test_causes_contexts_and_groups_are_told(log: Log) -> None:
    try:
        try:
            _fail()
        except ValueError as cause:
            raise ExceptionGroup("words", [KeyError("words"), OSError(2, "words")]) from cause
    except ExceptionGroup:
        ours.exception("it failed")
    chain = log.last()["chain"]
    assert [(link["relation"], link["type"]) for link in chain] == [
        ("raised", "ExceptionGroup"),
        ("member", "KeyError"),
        ("member", "FileNotFoundError"),
        ("caused by", "ValueError"),
    ]
    assert chain[2]["errno"] == 2


def test_a_chain_that_bites_its_tail_ends(log: Log) -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    ours.error("it failed", exc_info=first)
    assert len(log.last()["chain"]) == 2


def test_a_very_deep_failure_is_told_shortly(log: Log) -> None:
    def deeper() -> None:
        deeper()

    try:
        deeper()
    except RecursionError:
        ours.exception("it failed")
    frames = log.last()["chain"][0]["frames"]
    assert len(frames) == 15
    assert re.fullmatch(r"\(\d+ more\)", frames[2])


def test_numbers_of_http_errors_are_told(log: Log) -> None:
    address = URL("https://example.org")
    info = aiohttp.RequestInfo(address, "GET", CIMultiDictProxy(CIMultiDict()), address)
    ours.error("it failed", exc_info=aiohttp.ClientResponseError(info, (), status=403, message="words"))
    link = log.last()["chain"][0]
    assert (link["type"], link["status"]) == ("aiohttp.client_exceptions.ClientResponseError", 403)


def test_warnings_are_told_by_kind_and_place(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # pytest listens in a way of its own inside this block; Python's way is what the bot has
        warnings.showwarning(UserWarning("secret words"), UserWarning, __file__, 12)
    entry = log.last()
    assert (entry["error_type"], entry["source"]) == ("UserWarning", "tests/community_bot/test_logs.py:12")


def test_people_get_lines_and_machines_get_json(untouched_process: None) -> None:
    terminal, file = _Terminal(), io.StringIO()
    configure_logs("info", "auto", stream=file)
    ours.info("ready", port=8080)
    assert file.getvalue().startswith('{"at": ')
    configure_logs("info", "auto", stream=terminal)
    ours.info("ready", port=8080)
    assert "tests.ours: ready port=8080" in terminal.getvalue()
    assert "\x1b[32minfo" in terminal.getvalue()


def test_a_failure_reads_well_in_a_terminal(untouched_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = _Terminal()
    configure_logs("info", "console", stream=terminal)
    error = _caught()
    ours.error("it failed", exc_info=error, attempt=3)
    first, raised, *frames = terminal.getvalue().splitlines()
    assert first.endswith(f"error    tests.ours: it failed attempt=3 reference={reference_of(error)}")
    assert raised == "    raised ValueError"
    assert len(frames) == 2
    assert all(frame.startswith("        tests/community_bot/test_logs.py:") for frame in frames)


def test_a_stream_that_is_gone_stops_nothing(untouched_process: None) -> None:
    gone = io.StringIO()
    configure_logs("info", "json", stream=gone)
    gone.close()
    ours.info("nobody hears this")


@pytest.mark.parametrize(("level", "format"), [("loud", "json"), ("info", "xml")])
def test_an_unknown_level_or_format_is_refused(level: str, format: Any) -> None:
    with pytest.raises(ValueError, match="debug, info, warning or error"):
        configure_logs(level, format)


def _log_calls() -> list[tuple[str, ast.Call]]:
    """Return every call such as ``log.warning(…)`` in our rooms, with its place."""
    methods = {"debug", "info", "warning", "error", "critical", "exception"}
    found = []
    for room in ("bridges", "community_bot", "config", "db"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in methods
                    and ast.unparse(node.func.value).split(".")[-1].strip("_") in {"log", "logger"}
                ):
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def test_every_event_in_our_code_is_a_literal_with_fields_from_the_list() -> None:
    calls = _log_calls()
    assert calls
    for place, call in calls:
        assert len(call.args) == 1, place
        event = call.args[0]
        assert isinstance(event, ast.Constant) or (isinstance(event, ast.Name) and event.id.isupper()), place
        for keyword in call.keywords:
            known = keyword.arg in {"exc_info"} or (keyword.arg is not None and shape_of(keyword.arg) is not None)
            assert known, f"{place}: {keyword.arg} would be withheld; see community_bot/logs/fields.py"


def test_no_field_on_the_list_is_named_after_a_person_a_place_or_words() -> None:
    private = re.compile(
        r"(^|_)(id|ids|user|member|author|name|alias|room|channel|guild|text|content|body|message|url|path|host"
        r"|address|email|token|key|password|title|note|query|args)($|_)"
    )
    assert not [field for field in ALLOWED if private.search(field)]
