"""Code that is too long to be read in a conversation, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bridges.markup.tree import Block, CodeBlock, Details, Document, Listing, Paragraph, Quote, Text

ENDINGS = {
    **dict.fromkeys(("bash", "console", "shell", "shell-session", "zsh"), "sh"),
    **dict.fromkeys(("c++", "cxx"), "cpp"),
    **dict.fromkeys(("c#", "csharp"), "cs"),
    "golang": "go",
    "javascript": "js",
    "kotlin": "kt",
    "latex": "tex",
    "markdown": "md",
    "perl": "pl",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
    "typescript": "ts",
    "yml": "yaml",
}
"""How files of a language end, where that is not the language's name."""
PLAIN_ENDINGS = frozenset(
    """
    c cpp cs css csv diff go html ini java js json jsx kt lua md php pl py r rb rs scss sh sql svg swift tex toml
    ts tsx txt xml yaml
    """.split()  # noqa: SIM905 - as a list it would take forty lines
)


@dataclass(frozen=True, slots=True)
class CodeFile:
    """Code as a file; ``text`` ends without a line break."""

    name: str
    text: str = field(repr=False)


def without_long_code(
    document: Document, is_long: Callable[[CodeBlock], bool]
) -> tuple[Document, tuple[CodeFile, ...]]:
    """Take out the code blocks that are long, wherever they stand; a line with the file's name stays in place."""
    files: list[CodeFile] = []
    return tuple(_taken_out(document, is_long, files)), tuple(files)


def _taken_out(blocks: Document, is_long: Callable[[CodeBlock], bool], files: list[CodeFile]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case CodeBlock(text, language) if is_long(block):
                number = f"-{len(files) + 1}" if files else ""
                file = CodeFile(f"code{number}.{_ending(language)}", text)
                files.append(file)
                yield Paragraph((Text(f"📎 {file.name}"),))
            case Quote(children):
                yield Quote(tuple(_taken_out(children, is_long, files)))
            case Details(summary, children):
                yield Details(summary, tuple(_taken_out(children, is_long, files)))
            case Listing(items, start):
                yield Listing(tuple(tuple(_taken_out(item, is_long, files)) for item in items), start)
            case _:
                yield block


def _ending(language: str) -> str:
    ending = ENDINGS.get(language.lower(), language.lower())
    return ending if ending in PLAIN_ENDINGS else "txt"
