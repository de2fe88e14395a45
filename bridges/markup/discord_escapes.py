"""Words written so that Discord reads them as words: no more is escaped than need be, for it is read too."""

from __future__ import annotations

import re

APART = "\u200b"
"""A space of no width: where a backslash cannot keep two things apart."""
EVERYONE = r"@(?=everyone|here|room(?![0-9A-Za-z_]))"
LINE_START = re.compile(r"( *)(?:(\#{1,3})(?=\s|\Z)|(-\#)(?= )|([*-])(?= )|(>)(?=(?:>>)? )|([0-9]+)\.(?= ))")


def _pattern(*, loose: bool, in_italic: bool, in_label: bool) -> re.Pattern[str]:
    kinds = [
        r"(?P<before>\\(?=[^0-9A-Za-z\s]|\Z)",
        # a star between spaces neither begins nor ends anything, but it undoes italic around it
        r"\*" if in_italic else r"(?<!\s)\*|\*(?!\s)",
        r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])" if loose else "_",
        r"(?<=~)~|~(?=~|\Z)|\A~",
        r"(?<=\|)\||\|(?=\||\Z)|\A\|",
        r"[\[\]]" if in_label or not loose else r"\](?=\(|\Z)",
        r"<(?=[:/+]|a:|t:|id:|https?:|(?:mailto|tel|sms):|[^\s<>@]+@|\Z)",
        r"(?<=[A-Za-z]):(?=//)",
        r"`)",
    ]
    pings = (rf"(?P<ping>{EVERYONE})", r"(?P<angle><[@\#])")
    return re.compile("|".join((pings[0], rf"<(?={EVERYONE})", pings[1], "|".join(kinds))))


PATTERNS = {
    (loose, in_italic, in_label): _pattern(loose=loose, in_italic=in_italic, in_label=in_label)
    for loose in (True, False)
    for in_italic in (True, False)
    for in_label in (True, False)
}
SUSPECT = re.compile(r"[\\*_~|`\[\]<@:]")


def escaped(text: str, *, line_start: bool, loose: bool, in_italic: bool, in_label: bool) -> str:
    """Return ``text`` as Discord reads it back.

    ``loose`` leaves what only other parts of the same lines could complete (``snake_case``, a bracket); whoever
    calls knows whether there are such parts.
    """
    lead = ""
    if line_start and (begins := LINE_START.match(text)):
        number = begins[6]
        sign = text[len(begins[1]) : begins.end()]
        lead = begins[1] + (f"{number}\\." if number else f"\\{sign}")
        text = text[begins.end() :]
        if not text:
            return lead
        # the sign before is escaped already: to what follows it is a letter like any other
        return lead + escaped(text, line_start=False, loose=loose, in_italic=in_italic, in_label=in_label)
    if not SUSPECT.search(text):
        return text
    return PATTERNS[loose, in_italic, in_label].sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match["ping"]:
        return f"@{APART}"
    if match["angle"]:
        # not before the bracket: the server looks for mentions too, and knows of no backslash
        return f"<\\{match['angle'][1]}"
    return f"\\{match[0]}" if match["before"] else match[0]


def apart(text: str, sign: str) -> str:
    """Return ``text`` with no two of ``sign`` side by side."""
    return re.sub(rf"{re.escape(sign)}(?={re.escape(sign)})", lambda match: match[0] + APART, text)


def code_span(code: str) -> str:
    """Write code within a line, whatever backticks are in it."""
    runs = {len(run) for run in re.findall("`+", code)}
    if 1 in runs and 2 in runs:
        code = apart(code, "`")
        runs = {1}
    ticks = "``" if 1 in runs else "`"
    front = " " if code.lstrip(" ").startswith("`") else ""
    back = " " if code.rstrip(" ").endswith("`") else ""
    return f"{ticks}{front}{code}{back}{ticks}"


def code_block(code: str, language: str) -> str:
    """Write a block of code; a fence inside it is broken up."""
    if "```" in code:
        code = apart(code, "`")
    if not re.fullmatch(r"[A-Za-z0-9_+\-.#]*", language):
        language = ""
    return f"```{language}\n{code}\n```"
