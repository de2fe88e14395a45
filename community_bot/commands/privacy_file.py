"""The file in which a member takes their data away: a page to read and lines of JSON, in one archive.

The page needs nothing from anywhere: no picture, no script, no address. It may be opened without a connection, in
the dark, and printed.
"""

from __future__ import annotations

import html
import io
import zipfile

from community_bot.commands.privacy_words import RowWords, last_day
from community_bot.locales import Markup, Translator, light_html
from community_bot.platforms.port import Attachment
from community_bot.services.privacy import Export

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, "Noto Sans Thai", sans-serif; }
body { margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .5rem .75rem .5rem 0; text-align: start; vertical-align: top; }
td { overflow-wrap: anywhere; }
td:last-child, th:last-child { padding-right: 0; width: 11rem; }
tr { break-inside: avoid; }
@media print { body { margin: 0; max-width: none; } }
""".strip()


def my_data_file(export: Export, t: Translator) -> Attachment:
    """Return the archive: ``my-data.html`` in the language of ``t``, ``my-data.jsonl``."""
    day = export.data.day
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("my-data.html", page(export, t).encode()), ("my-data.jsonl", export.lines)):
            # the day stands inside; the time of day belongs to nobody
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return Attachment(f"my-data-{day.isoformat()}.zip", packed.getvalue(), "application/zip")


def page(export: Export, t: Translator) -> str:
    """Return the page."""
    words = RowWords(t, export.data.titles)
    title = html.escape(t.plain("privacy.page.heading", network=export.data.network))
    made = _html(t("privacy.page.made", day=export.data.day))
    rows = "\n".join(
        f"<tr><td>{_html(words.say(row))}</td><td>{_html(t('privacy.page.day', day=last_day(row)))}</td></tr>"
        for row in export.data.rows
    )
    heads = "".join(
        f'<th scope="col">{_html(head)}</th>' for head in (t("privacy.page.what"), t("privacy.page.until"))
    )
    return f"""<!DOCTYPE html>
<html lang="{t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{STYLE}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{made}</p>
<p>{_html(t("privacy.page.about"))}</p>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p>{_html(t("privacy.page.lines"))}</p>
</body>
</html>
"""


def _html(text: Markup) -> str:
    return light_html(text)[1]
