"""SimCord's internals are leaned on in one package and nowhere else."""

import ast
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def test_only_the_world_package_imports_simcord() -> None:
    strangers = [
        str(module.relative_to(_ROOT))
        for module in _ROOT.glob("sandbox/**/*.py")
        if "simcord" in _imported(module) and _ROOT / "sandbox" / "discord" / "world" not in module.parents
    ]
    assert strangers == []


def _imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
