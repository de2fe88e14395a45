"""``community-bot convert``, as somebody uses it: text in, text out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "community_bot", "convert"]


def run(*options: str, text: str | bytes) -> subprocess.CompletedProcess[bytes]:
    given = text.encode() if isinstance(text, str) else text
    return subprocess.run([*COMMAND, *options], input=given, capture_output=True, timeout=60, check=False)


def converted(source: str, target: str, text: str) -> str:
    done = run("--from", source, "--to", target, text=text)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_text_of_discord_becomes_html_or_stays_plain() -> None:
    assert converted("discord", "matrix", "**hola** ||น้ำ||\n") == (
        "<strong>hola</strong> <span data-mx-spoiler>น้ำ</span>\n"
    )
    assert converted("discord", "matrix", "hola <@123>, ¿qué tal?") == "hola @123, ¿qué tal?\n"
    assert converted("discord", "matrix", "<b>no\nes</b>") == "<p>&lt;b&gt;no<br>es&lt;/b&gt;</p>\n"


def test_html_of_matrix_becomes_discords_markup() -> None:
    assert converted("matrix", "discord", "hola <b>mañana</b>") == "hola **mañana**\n"
    assert converted("matrix", "discord", "5 < 6 & _no_") == "5 < 6 & \\_no\\_\n"


def test_text_of_one_platform_for_the_same_platform_is_written_anew() -> None:
    assert converted("matrix", "matrix", "<b>a<script>x</script></b>") == "<strong>a</strong>\n"
    assert converted("discord", "discord", "_a_") == "*a*\n"


def test_lines_are_answered_one_by_one_in_order() -> None:
    lines = [
        {"content": "**uno** \u2028 ๑"},
        {"content": "dos"},
        {"content": ""},
        {"content": None},
        {"content": "a\nb\ud800"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = run("--from", "discord", "--to", "matrix", "--jsonl", text="\ufeff" + text.rstrip())
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line) for line in done.stdout.split(b"\n") if line] == [
        {
            "body": "**uno** \u2028 ๑",
            "format": "org.matrix.custom.html",
            "formatted_body": "<strong>uno</strong> \u2028 ๑",
        },
        {"body": "dos"},
        {"body": ""},
        {"body": ""},
        {"body": "a\nb"},
    ]


def test_an_event_is_read_as_it_stands_on_the_wire() -> None:
    events = [
        {"msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html", "formatted_body": "<i>hola</i>"},
        {
            "msgtype": "m.text",
            "body": "> <@a:e.org> x\n\nsí",
            "m.relates_to": {"m.in_reply_to": {"event_id": "$e"}},
        },
        {"body": "* b", "m.new_content": {"body": "b"}, "m.relates_to": {"rel_type": "m.replace"}},
        {"body": 5},
    ]
    done = run("--from", "matrix", "--to", "discord", "--jsonl", text="\n".join(map(json.dumps, events)))
    assert [json.loads(line)["content"] for line in done.stdout.splitlines()] == ["*hola*", "sí", "b", ""]


@pytest.mark.parametrize("line", [b"no", b"[1]", b'"x"', b"", b"\xff\xfe", b'{"content": "x"', b"[" * 100_000])
def test_a_line_that_is_no_object_is_told_and_the_others_are_converted(line: bytes) -> None:
    done = run(
        "--from",
        "discord",
        "--to",
        "discord",
        "--jsonl",
        text=b'{"content": "a"}\n' + line + b'\n{"content": "b"}\n',
    )
    assert done.returncode == 1
    assert [json.loads(each) for each in done.stdout.splitlines()] == [
        {"content": "a"},
        {"error": "line 2 is no JSON object"},
        {"content": "b"},
    ]
    assert "line 2 is no JSON object" in done.stderr.decode()


def test_a_line_is_answered_before_the_next_one_comes() -> None:
    with subprocess.Popen(
        [*COMMAND, "--from", "discord", "--to", "matrix", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in ("uno", "dos"):
            process.stdin.write(json.dumps({"content": word}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"body": word}
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_platform_that_nobody_knows_is_refused() -> None:
    done = run("--from", "irc", "--to", "matrix", text="x")
    assert done.returncode == 2
    assert b"irc" in done.stderr


def test_no_platform_library_is_loaded_and_no_settings_are_read(tmp_path: Path) -> None:
    program = (
        "import sys; from community_bot.cli import app\n"
        "try: app(['convert', '--from', 'matrix', '--to', 'discord'])\n"
        "except SystemExit as left: assert left.code == 0\n"
        "assert not {'discord', 'nio', 'aiohttp', 'sqlalchemy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=b"<b>x</b>",
        capture_output=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"**x**\n", b"")
