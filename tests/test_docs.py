"""The documents say what is true: what they link to, name and quote is there, and what is there is in them."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import discord
import pytest
import typer
from prometheus_client import CollectorRegistry
from typer.core import TyperCommand, TyperGroup

from bridges import line, patience
from bridges.ends import discord_home, discord_text, matrix_text
from bridges.ends.matrix_voice import BotVoice
from bridges.metrics import BridgeMetrics
from community_bot.cli import app
from community_bot.commands.registry import Registry
from community_bot.domain import growth, needs, votes
from community_bot.domain.member import ALUMNI_AFTER, ARRIVAL_KEPT, DORMANT_AFTER, VOUCHES_KEPT
from community_bot.domain.space_state import ALONE_FOR
from community_bot.languages import offered
from community_bot.locales import Language, catalogues
from community_bot.matrix.lines import MEANT
from community_bot.platforms import discord_obstacles
from community_bot.platforms.discord_check import BUILDING, NEEDED, WORDS
from community_bot.platforms.discord_extras import EXTRAS
from community_bot.services import building, effects, linking, roles
from community_bot.services.coming_in import REQUEST_HOLDS
from config import Settings, load_settings, template_values
from config.explain import known_keys
from config.models import DatabaseSettings, LearningSettings, MemberSettings
from config.values import generate_network_key
from db import dialogue_store, outbox, second_look_store
from db.tables import metadata

ROOT = Path(__file__).parent.parent
ROOMS = ("bridges", "community_bot", "config", "db", "sandbox")
ON_TOP = ("README", "CONTRIBUTING", "SECURITY", "THREAT_MODEL", "CHANGELOG")
DOCUMENTS = [*(ROOT / f"{name}.md" for name in ON_TOP), *sorted((ROOT / "docs").rglob("*.md"))]
GUIDE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SPACES = (ROOT / "docs" / "learning-spaces.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def prose(document: Path) -> str:
    """Return a document without its blocks of code."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def links(document: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(document)))


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return the anchors of a document's headings, made as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


# ── links


@each_document
def test_what_a_document_links_to_is_there(document: Path) -> None:
    missing = []
    for target in links(document):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(target)
    assert missing == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document not in reached:
            reached.add(document)
            targets = [link.partition("#")[0] for link in links(document)]
            waiting += [(document.parent / t).resolve() for t in targets if re.search(r"^(?!https?:).+\.md$", t)]
    assert set(DOCUMENTS) <= reached


# ── commands

COMMAND = re.compile(r"(?<!-u )\bcommunity-bot ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?([^\n`#;&]*)")


def commands() -> dict[str, TyperCommand]:
    """Return every command by its words: ``sandbox tour``."""
    found: dict[str, TyperCommand] = {}
    waiting: list[tuple[str, object]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, TyperGroup):
            waiting += [(f"{name} {below}".strip(), each) for below, each in command.commands.items()]
        elif isinstance(command, TyperCommand):
            found[name] = command
    return found


def options(command: TyperCommand) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts if name.startswith("--")} | {"--help"}


@each_document
def test_the_commands_it_names_exist_with_their_options(document: Path) -> None:
    known = commands()
    wrong = []
    for first, second, rest in COMMAND.findall(document.read_text(encoding="utf-8")):
        name = f"{first} {second}" if f"{first} {second}" in known else first
        if name not in known:
            wrong.append(f"{first} {second}".strip())
            continue
        wrong += [
            f"{name} {option}" for option in re.findall(r"--[a-z-]+", rest) if option not in options(known[name])
        ]
    assert wrong == []


def test_every_command_is_in_the_operators_guide() -> None:
    assert {name for name in commands() if f"`community-bot {name}" not in GUIDE} == set()


@each_document
def test_the_make_targets_it_names_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    typed = "\n".join(FENCE.findall(text))
    named = {*re.findall(r"`make ([a-z]+)", text), *re.findall(r"^ *make ([a-z]+)", typed, re.MULTILINE)}
    assert named <= targets


def test_the_readme_names_both_commands_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = text.index("## The two commands")
    assert "make run" in text[begin : begin + 600]
    assert "make test" in text[begin : begin + 600]


def test_the_readmes_settings_load(tmp_path: Path) -> None:
    block = "".join(re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL))
    file, kept = tmp_path / "network.toml", tmp_path / "kept"
    file.write_text(f'[network]\nname = "River and Hill"\n{block}', encoding="utf-8")
    kept.mkdir(mode=0o700)
    for name, value in (
        ("network_key", generate_network_key()),
        ("discord_token", "x"),
        ("matrix_access_token", "x"),
    ):
        (kept / name).touch(mode=0o600)
        (kept / name).write_text(value, encoding="utf-8")
    settings = load_settings(file, environment={"COMMUNITY_BOT_SECRETS_DIR": str(kept)})
    assert [conversation.key for conversation in settings.conversations] == ["garden"]
    assert [space.key for space in settings.spaces] == ["radio"]
    assert len(settings.homes) == 2


def test_the_readmes_link_asks_for_the_permissions_that_are_checked_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    everything = discord.Permissions(**dict.fromkeys(WORDS, True)).value
    (asked,) = re.findall(r"permissions=(\d+)", text)
    assert int(asked) == everything
    building = discord.Permissions(**dict.fromkeys([*WORDS, *BUILDING], True)).value
    assert f"`{building}`" in text
    assert f"`{building}`" in SPACES
    assert [words for words in BUILDING.values() if f"**{words}**" not in SPACES] == []
    without_spaces = {name for use, needed in NEEDED.items() if use != "space" for name in needed}
    assert f"`{discord.Permissions(**dict.fromkeys(without_spaces, True)).value}`" in text
    assert [words for words in WORDS.values() if words.split()[0] not in text] == []


def test_the_guide_names_every_permission_that_a_joined_channel_can_do_without() -> None:
    assert [extra.words for extra in EXTRAS if f"*{extra.words}*" not in GUIDE] == []


# ── what people type


@pytest.fixture(scope="module")
def registry() -> Registry:
    return offered()


def test_the_guide_lists_every_command_with_its_names(registry: Registry) -> None:
    def names(path: tuple[str, ...], language: Language) -> str:
        t = catalogues().translator(language)
        return " ".join(t.plain(f"command.{'.'.join(path[: depth + 1])}.name") for depth in range(len(path)))

    section = GUIDE[GUIDE.index("## What people can type") : GUIDE.index("## Watching it")]
    listed = re.findall(r"^\| `/([^`]+)` \| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(
        (" ".join(path), names(path, "th"), names(path, "es")) for path in registry.commands
    )


OF_LATER = {ROOT / "docs" / "domain.md"}
"""Says what is to come as well."""
PAGES = {"/healthz", "/readyz", "/metrics"}


@each_document
def test_what_it_tells_people_to_type_is_a_command(document: Path, registry: Registry) -> None:
    groups = {(path[0],) for path in registry.commands}
    named = re.findall(r"`(/[a-z][a-z -]*)(?: [A-Z…][^`]*)?`", prose(document))
    if document in OF_LATER:
        return
    known = registry.commands.keys() | groups
    assert [text for text in named if text not in PAGES and tuple(text[1:].split()) not in known] == []


# ── what the bot tells about itself


def test_the_guide_knows_every_metric_and_no_other() -> None:
    registry = CollectorRegistry()
    BridgeMetrics(registry)
    families = {f"{f.name}_total" if f.type == "counter" else f.name for f in registry.collect()}
    assert set(re.findall(r"\bbridge_[a-z_]+\b", GUIDE)) == families


CODE = re.compile(r"(?:discord|matrix|database|task|web|effect|bridge)\.[a-z_]+")
PLAIN_CODES = {"ok", "live", "not_connected", "catching_up", "check_failed"}
OF_THE_BASE = {"database.error"}
"""Never raised: its kinds have codes of their own."""


def strings(path: Path) -> Iterator[str]:
    """Give every string of a module that is not a docstring, the pieces of f-strings among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from (ROOT / room).rglob("*.py")


def test_the_guide_knows_every_code_and_no_other() -> None:
    told = {text for path in sources("bridges", "community_bot", "db") for text in strings(path)}
    settings = {".".join(key) for key in known_keys(Settings)}
    # keys of texts and columns of tables look alike; none may be called like a code, or that would be missed here
    columns = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}
    others = catalogues().keys("en") | {MEANT} | columns
    codes = {text for text in told if CODE.fullmatch(text)} - OF_THE_BASE - others - settings
    documented = {text for text in re.findall(r"`([^`\n]+)`", GUIDE) if CODE.fullmatch(text)} - settings
    # a piece of an f-string, which ends with "_", begins several codes
    beginnings = tuple(code for code in codes if code.endswith("_"))
    assert {code for code in codes - documented if not any(d.startswith(code) for d in documented)} == set()
    assert {code for code in documented - codes if not code.startswith(beginnings)} == set()
    assert documented & others == set()
    assert all(code in told and f"`{code}`" in GUIDE for code in PLAIN_CODES)


def test_the_log_events_in_the_guide_are_those_of_the_code() -> None:
    told = {text for path in sources("bridges", "community_bot") for text in strings(path)}
    section = GUIDE[GUIDE.index("### The log") : GUIDE.index("## Backup and restore")]
    rows = re.findall(r"^\| (`.+?`) \| ", section, re.MULTILINE)
    events = {event for row in rows for event in re.findall(r"`([^`]+)`", row)}
    assert len(events) >= 6
    assert events <= told


# ── what documents and code say about one another


@cache
def members() -> dict[str, set[str]]:
    """Return the names in every class of ours, and in every module under the module's name."""
    found: dict[str, set[str]] = {}
    for path in sources(*ROOMS, "tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(_names(node))
    return found


def _names(owner: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(owner):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            yield from (t.id for t in targets if isinstance(t, ast.Name))
            yield from (t.attr for t in targets if isinstance(t, ast.Attribute))


@each_document
def test_the_files_and_functions_it_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    files = re.findall(rf"`((?:{'|'.join(ROOMS)}|tests|deploy)/[\w./-]+\.(?:py|toml|yaml|md))", text)
    made_by_others = {"config/network.toml", "db/migrations/versions/000N_what_it_brings.py"}
    assert [name for name in files if not (ROOT / name).exists() and name not in made_by_others] == []
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", text)
    known = members()
    assert [f"{owner}.{name}" for owner, name in named if owner in known and name not in known[owner]] == []


def test_what_the_code_cites_stands_in_the_documents() -> None:
    domain = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
    requirements = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    missing = set[str]()
    for path in (*sources(*ROOMS, "tests"), ROOT / "docker-compose.yml", ROOT / "config" / "network.example.toml"):
        text = path.read_text(encoding="utf-8")
        for section in re.findall(r"\bDOMAIN (\d+(?:\.\d+)?)", text):
            if re.search(rf"^##+ {re.escape(section)}\.? ", domain, re.MULTILINE) is None:
                missing.add(f"DOMAIN {section}")
        for cited in re.findall(r"\b(?:SAF|BRG|MEM|PRV|NET|ORG|MOD|OPS|LNG|EVT|PAR|UX|COM|GOV)-\d+", text):
            if f"| {cited} |" not in requirements:
                missing.add(cited)
        for name, heading in re.findall(r'(docs/[\w-]+\.md), "([^"]+)"', text):
            if f"## {heading}\n" not in (ROOT / name).read_text(encoding="utf-8"):
                missing.add(f"{name}, {heading}")
    assert missing == set()


def test_the_numbers_the_documents_quote_are_those_of_the_code() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    quoted = (
        f"at\nmost {line.WINDOW} intents",
        f"every {patience.BLOCKED_SECONDS:.0f} s it looks |",
        f"{discord_text.CONTENT_LIMIT:,} UTF-16 units",
        f"{matrix_text.PART_LIMIT:,} on Matrix",
        f"at most {discord_text.NAME_LIMIT} characters",
        f"`relay_map_days`, {DatabaseSettings().relay_map_days} unless changed",
        f"{_hours(ARRIVAL_KEPT) + 24} hours without consent",
        f"`erase_hours`, {MemberSettings().erase_hours} unless changed",
        f"`keep_days`, {MemberSettings().keep_days} unless changed",
        f"{DORMANT_AFTER.days} days without an act",
        f"{ALUMNI_AFTER.days} days without an act",
        f"{VOUCHES_KEPT.days} days after admission",
        f"holds for {linking.CODE_HOLDS.total_seconds() / 60:.0f} minutes",
        f"good for {_hours(roles.OFFICE_CODE_HOLDS)} hours",
        f"an unfinished form for {_hours(dialogue_store.KEPT)} hours",
        f"tried {effects.TRIES} times",
        f"kept for {outbox.KEPT.days} days at most",
    )
    assert [words for words in quoted if words.replace("\n", " ") not in architecture.replace("\n", " ")] == []
    guide = (
        f"in one or two sentences ({needs.SHORTEST} to {needs.LONGEST} characters)",
        f"{votes.FEWEST_TOPICS} to {votes.MOST_TOPICS} topics, for {votes.FEWEST_DAYS} to {votes.MOST_DAYS} days",
        f"**A server holds {discord_obstacles.MOST_CHANNELS} channels, categories counted,",
        f"and {discord_obstacles.MOST_ROLES} roles; a category {discord_obstacles.MOST_IN_CATEGORY} channels.**",
        f"rules that are checked: 1 to {template_values.MOST_ROOMS} rooms",
        f"after {ALONE_FOR.days} days it is paused",
        f"`learning.purge_notice_days` days, {LearningSettings().purge_notice_days} unless changed",
        f"within {_hours(second_look_store.HOLDS)} hours one of them says yes",
        f"in **rounds** of {growth.SHORTEST_ROUND} to {growth.LONGEST_ROUND} days, {growth.USUAL_ROUND} unless",
        f"lapses after {REQUEST_HOLDS.days} days, and whoever asked is told",
    )
    plain = SPACES.replace("\n  ", " ").replace("\n", " ").casefold()
    assert [words for words in guide if words.casefold() not in plain] == []
    assert (building.AT_ONCE, building.ROUNDS, building.TRIES) == (8, 4, 60), "say architecture and guides"
    assert discord_home.OVERLAP.total_seconds() == 600, "ten minutes, says the architecture"
    assert BotVoice.repeatable_for.total_seconds() == 12 * 3600, "twelve hours, say architecture and contributing"


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)


def test_the_architecture_says_of_every_table_what_it_keeps() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = architecture[architecture.index("## What is kept") : architecture.index("## What is never stored")]
    listed = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert listed == metadata.tables.keys()


# ── what must not be in any file

OF_A_MACHINE = re.compile(r"(?<![\w.~])/(?:home|Users|work|root)/[A-Za-z]|[A-Z]:\\Users\\")
OF_AN_INDEX = re.compile(
    r"py" r"pi\.org|python" r"hosted\.|registry\.np" r"mjs|--(?:extra-)?index-url[ =]|/simp" r"le/"
)


def kept_files() -> list[Path]:
    """List what git keeps, and what it would keep if asked now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_a_machine_or_a_package_index() -> None:
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}: {match.group()}"
            for pattern in (OF_A_MACHINE, OF_AN_INDEX)
            for match in pattern.finditer(text)
        ]
    assert found == []
