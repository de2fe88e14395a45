"""What the log does not say: marked texts go in on every road, and none comes out (SAF-2)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import aiohttp
import pytest
import structlog
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from community_bot.logs import configure_logs, get_logger, watch_loop
from community_bot.logs.scrub import REMOVED, scrubbed
from tests.community_bot.conftest import Log

ours = get_logger("tests.ours")
library = logging.getLogger("some.library")
plain = structlog.get_logger("tests.plain")


class QuotingError(Exception):
    """An error that quotes a person in its message, its notes and its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = self.code = self.status = self.reason = text
        self.add_note(text)


def _raise(text: str) -> None:
    local_copy = text * 2
    assert local_copy
    raise QuotingError(text)


def _quoting(text: str) -> QuotingError:
    """Make an error with a chain in which every link quotes the text."""
    group = ExceptionGroup(text, [KeyError(text), OSError(1, text, text)])
    last = QuotingError(text)
    last.__cause__ = group
    try:
        _raise(text)
    except QuotingError as error:
        group.__context__ = error
    return last


def _bound(text: str) -> None:
    with structlog.contextvars.bound_contextvars(author=text, lane=text):
        ours.bind(room=text, reason=text).info("checked")


def _handling(text: str, log: Callable[[], None]) -> None:
    try:
        _raise(text)
    except QuotingError:
        log()


ROADS: dict[str, Callable[[str], object]] = {
    "event": ours.info,
    "event in a sentence": lambda text: ours.info(f"could not send {text}"),
    "event with arguments": lambda text: ours.info("could not send %s", text),
    "event by number": lambda text: ours.log(30, text),
    "field": lambda text: ours.info("checked", text=text),
    "listed field": lambda text: ours.info("checked", reason=text, lane=text, attempt=text, error_type=text),
    "nested field": lambda text: ours.info("checked", state={text: [text]}, count=[text]),
    "name of a field": lambda text: ours.info("checked", **{text: 1}),
    "name of a logger": lambda text: get_logger(text).info("checked"),
    "bound": _bound,
    "stack": lambda text: ours.info("checked", stack_info=True, stack=text, exception=text, logger=text),
    "failure": lambda text: ours.error("it failed", exc_info=_quoting(text)),
    "failure as a tuple": lambda text: ours.error("it failed", exc_info=(QuotingError, _quoting(text), None)),
    "failure being handled": lambda text: _handling(text, lambda: ours.exception("it failed")),
    "plain structlog": lambda text: plain.info(text, text=text, exc_info=_quoting(text)),
    "library message": library.warning,
    "library arguments": lambda text: library.warning("could not send %s to %s", text, text),
    "library mapping": lambda text: library.warning("could not send %(text)s", {"text": text}),
    "library sentence": lambda text: library.warning(f"could not send {text}"),
    "library object": lambda text: library.warning(QuotingError(text)),
    "library extra": lambda text: library.warning("checked", extra={"words": text}),
    "library stack": lambda text: library.warning("checked", stack_info=True),
    "library failure": lambda text: library.error("it failed", exc_info=_quoting(text)),
    "library handling": lambda text: _handling(text, lambda: library.exception("it failed")),
    "library formatting error": lambda text: library.warning("%d of %d", text),
    "library name": lambda text: logging.getLogger("x." + text.replace("%", "")).warning("checked"),
    "excepthook": lambda text: sys.excepthook(QuotingError, _quoting(text), None),
    "warning": lambda text: __import__("warnings").showwarning(UserWarning(text), UserWarning, "x.py", 1),
    "another thread": lambda text: _in_thread(lambda: ours.info(text, text=text)),
    "failing thread": lambda text: _in_thread(lambda: _raise(text)),
}


def _in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@contextlib.contextmanager
def _everything_written(format: Literal["console", "json"]) -> Iterator[io.StringIO]:
    """Collect the log, and what anything might print beside it."""
    written = Log()
    with contextlib.redirect_stderr(written), contextlib.redirect_stdout(written):
        configure_logs("debug", format, stream=written)
        yield written


SAMPLES = (
    "Come to the garden at six, Malee",
    "มาที่สวนตอนหกโมง",
    "Nos vemos en el jardín",
    "MTE5ODYyMjQ4MzQ3MTkyNTI0OA.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "https://discord.com/api/webhooks/1100000000000000001/aB3_dE-fG",
    "@malee:example.org wrote in !abcdef:example.org",
    "one\ntwo\r\nthree",
    'quotes " and \\ and \x1b[31m and { } % %s',
)


@pytest.mark.parametrize("format", ["console", "json"])
@pytest.mark.parametrize("road", ROADS)
def test_no_marked_text_comes_out_on_any_road(
    untouched_process: None, road: str, format: Literal["console", "json"]
) -> None:
    for sample in SAMPLES:
        marked = f"CANARY {sample}"
        with _everything_written(format) as written:
            ROADS[road](marked)
        assert written.getvalue(), "the road leads somewhere"
        assert "CANARY" not in written.getvalue()
        assert sample not in written.getvalue()
        assert json.dumps(sample)[1:-1] not in written.getvalue()


# the fixture puts the process back once, after all examples, and each example configures the log anew
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=40), road=st.sampled_from(sorted(ROADS)))
def test_no_text_whatever_it_is_comes_out_on_any_road(untouched_process: None, text: str, road: str) -> None:
    with _everything_written("json") as written:
        ROADS[road](f"CANARY {text}")
    assert "CANARY" not in written.getvalue()
    assert all(isinstance(json.loads(line), dict) for line in written.getvalue().splitlines())


async def test_a_task_nobody_waits_for_is_told_without_its_words(log: Log) -> None:
    loop = asyncio.get_running_loop()
    watch_loop(loop)
    watching, both_told = loop.get_exception_handler(), asyncio.Event()
    assert watching is not None

    def watch(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        watching(loop, context)
        if len(log.entries()) == 2:
            both_told.set()

    async def fail() -> None:
        _raise("CANARY words")

    loop.set_exception_handler(watch)
    async with asyncio.timeout(5):
        task = loop.create_task(fail(), name="CANARY name")
        await asyncio.wait([task])
        del task
        loop.call_soon(_raise, "CANARY words")
        await both_told.wait()
    loop.set_exception_handler(None)
    assert "CANARY" not in log.getvalue()
    assert all(entry["chain"][0]["type"].endswith("QuotingError") for entry in log.entries())


async def test_a_real_web_server_that_fails_tells_its_place_only(log: Log) -> None:
    async def handler(request: web.Request) -> web.Response:
        _raise(request.query["text"])
        return web.Response()

    application = web.Application()
    application.router.add_get("/", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{host}:{port}/", params={"text": "CANARY words"}) as answer,
    ):
        assert answer.status == 500
    await runner.cleanup()
    failed = next(entry for entry in log.entries() if entry["logger"] == "aiohttp.server")
    assert failed["event"] == "Error handling request from %s"
    assert "test_logs_keep_secrets.py" in failed["chain"][0]["frames"][-1]
    assert "CANARY" not in log.getvalue()
    assert "127.0.0.1" not in log.getvalue()


async def test_a_handler_a_library_installs_later_finds_nothing_either(log: Log) -> None:
    library_logger = logging.getLogger("sqlalchemy")
    before = list(library_logger.handlers)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        # `echo` gives SQLAlchemy's logger a handler of its own that prints statements and rows
        engine = create_async_engine("sqlite+aiosqlite://", echo="debug")
        async with engine.begin() as connection:
            await connection.execute(text("create table words (word)"))
            await connection.execute(text("insert into words values (:word)"), {"word": "CANARY words"})
            assert (await connection.execute(text("select 'CANARY', word from words"))).all()
            with pytest.raises(OperationalError):
                await connection.execute(text("select CANARY"))
        await engine.dispose()
    logging.getLogger("sqlalchemy.engine.Engine").setLevel(logging.NOTSET)
    library_logger.handlers[:] = before
    assert "sqlalchemy.engine.Engine" in printed.getvalue()
    assert "CANARY" not in printed.getvalue() + log.getvalue()


def test_a_record_made_before_the_log_was_configured_is_not_trusted(log: Log) -> None:
    record = logging.LogRecord("early.library", logging.WARNING, "x.py", 1, "CANARY %s", ("CANARY",), None)
    logging.getLogger("early.library").handle(record)
    assert log.last()["event"] == "[event withheld: not a literal]"
    assert "CANARY" not in log.getvalue()


def test_a_process_that_dies_quotes_nobody() -> None:
    program = textwrap.dedent(
        """
        import asyncio, logging, sys, threading, warnings
        from community_bot.logs import configure_logs, watch_loop

        configure_logs("debug", sys.argv[1])

        class Leaving:
            def __del__(self):
                raise ValueError("CANARY in a destructor")

        def fail(text):
            raise ValueError(text)

        async def main():
            watch_loop(asyncio.get_running_loop())
            asyncio.get_running_loop().call_soon(fail, "CANARY in a callback")
            await asyncio.sleep(0)
            raise RuntimeError("CANARY at the end")

        Leaving()
        warnings.warn("CANARY in a warning")
        logging.getLogger("x").warning("%d", "CANARY in an argument")
        thread = threading.Thread(target=fail, args=("CANARY in a thread",))
        thread.start()
        thread.join()
        asyncio.run(main())
        """
    )
    for format in ("json", "console"):
        ended = subprocess.run(
            [sys.executable, "-c", program, format], capture_output=True, text=True, check=False, timeout=60
        )
        assert ended.returncode == 1
        assert "CANARY" not in ended.stdout + ended.stderr
        for event in (
            "a failure could not be raised",
            "a library warns",
            "%d",
            "a thread ended because of a failure",
            "something failed with nobody waiting for it",
            "the process ends because of a failure nobody caught",
        ):
            assert event in ended.stderr


def test_before_it_is_configured_the_log_is_as_silent(
    untouched_process: None, capsys: pytest.CaptureFixture[str]
) -> None:
    # put together here, because a literal of the caller is what the log trusts
    words = " ".join(["CAN" + "ARY".lower().upper(), SAMPLES[0]])
    ours.warning(words, text=words)
    shown = capsys.readouterr().err
    assert words not in shown
    assert "tests.ours: [event withheld: not a literal] text=[withheld]" in shown


IDENTIFIERS = {
    "Discord token": "MTE5ODYyMjQ4MzQ3MTkyNTI0OA.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "webhook": "https://discord.com/api/webhooks/1100000000000000001/aB3_dE-fG",
    "snowflake": "1100000000000000001",
    "snowflake in Thai digits": "๑๑๐๐๐๐๐๐๐๐๐๐๐๐๐๐๐๐๑",
    "Matrix user": "@malee:example.org",
    "Matrix room": "!abcDEF:example.org:8448",
    "Matrix room without a server": "!" + "aB3_dE-fGhI" * 3 + "0123456789",
    "Matrix event": "$" + "aB3_dE-fGhI" * 3 + "0123456789",
    "old Matrix event": "$1234abcd:example.org",
    "Matrix alias": "#garden:example.org",
    "Matrix media": "mxc://example.org/abcDEF",
    "Synapse token": "syt_Y29tbXVuaXR5_aBcDeFgHiJkLmNoPqRsT_1a2b3c",
    "Matrix token": "mct_abcdefGHIJK123",
    "bearer": "Bearer abc.def",
    "e-mail": "malee.river+garden@mail.example.org",
    "IPv4": "192.0.2.17",
    "IPv6": "2001:db8::8a2e:370:7334",
    "whole IPv6": "2001:0db8:0000:0000:0000:8a2e:0370:7334",
    "IPv6 of this machine": "::1",
    "key": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJ",
}


@pytest.mark.parametrize("kind", IDENTIFIERS)
def test_identifiers_that_slip_into_a_line_are_removed(kind: str) -> None:
    identifier = IDENTIFIERS[kind]
    for line in ("{}", "sent to {} at once", '{{"lane": "{}", "count": 1}}', "at={}", "({}),"):
        cleaned = scrubbed(line.format(identifier))
        assert identifier not in cleaned
        assert REMOVED in cleaned


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-31T10:20:30.123Z warning  bridges.lane: a lane waits lane=garden:discord1 seconds=0.123",
        '{"at": "2026-01-31T10:20:30.123Z", "count": 999999999999, "reference": "K7F2QD", "version": "1.163.2"}',
        "        discord/http.py:123 in HTTPClient.request",
        "        tests/config/test_load.py:7 in test_the_environment_wins_over_the_file_key_by_key",
        "    raised aiohttp.client_exceptions.ClientConnectorCertificateError (status=403)",
    ],
)
def test_what_the_operator_needs_is_left_alone(line: str) -> None:
    assert scrubbed(line) == line


def _numbers() -> st.SearchStrategy[int]:
    return st.integers(10**16, 2**63)


@given(_numbers(), st.text("ab {}\"',.=/", max_size=5), st.text("ab {}\"',.=/", max_size=5))
def test_no_snowflake_survives_wherever_it_stands(snowflake: int, before: str, after: str) -> None:
    assert str(snowflake) not in scrubbed(f"{before}{snowflake}{after}")


def test_even_an_identifier_written_in_the_code_is_removed(log: Log) -> None:
    ours.info("moved from @malee:example.org", lane="garden:discord1")
    assert log.last()["event"] == f"moved from {REMOVED}"
