"""The code's budgets: small modules, functions and classes, few bases, imports at the top, names that say something."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "demo", "analytics", "payments", "orders", "shipping", "products", "authentication", "common")
MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 40
MOST_BASES = 3
MOST_CLASS_LINES = 60  # of views, viewsets and serializers: more is a service's or a queryset's work
BOUNDED_CLASSES = ("View", "ViewSet", "Serializer")
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "misc"}

MODULES = [
    path
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.relative_to(ROOT).parts
]


def breaches(path: Path, source: str) -> Iterator[str]:
    if len(source.splitlines()) > MOST_MODULE_LINES:
        yield f"more than {MOST_MODULE_LINES} lines"
    if path.stem in NAMES_THAT_SAY_NOTHING:
        yield "a name that says nothing"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _breaches_of_function(node)
        if isinstance(node, ast.ClassDef):
            yield from _breaches_of_class(node)


def _breaches_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    if _lines(node) > MOST_FUNCTION_LINES:
        yield f"{node.name} has {_lines(node)} lines, more than {MOST_FUNCTION_LINES}"
    if any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)):
        yield f"{node.name} imports something"


def _breaches_of_class(node: ast.ClassDef) -> Iterator[str]:
    if len(node.bases) > MOST_BASES:
        yield f"{node.name} has {len(node.bases)} bases, more than {MOST_BASES}"
    if node.name.endswith(BOUNDED_CLASSES) and _lines(node) > MOST_CLASS_LINES:
        yield f"{node.name} has {_lines(node)} lines, more than {MOST_CLASS_LINES}"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_module_keeps_to_the_budgets() -> None:
    found = [f"{path.relative_to(ROOT)}: {breach}" for path in MODULES for breach in breaches(path, path.read_text())]

    assert len(MODULES) > 100
    assert found == []


@pytest.mark.parametrize(
    ("name", "source", "breach"),
    [
        ("long.py", "x = 1\n" * 401, "more than 400 lines"),
        ("utils.py", "", "a name that says nothing"),
        ("a.py", "def f():\n" + "    x = 1\n" * 40, "f has 41 lines, more than 40"),
        ("a.py", "def f():\n    import os", "f imports something"),
        ("a.py", "class A(B, C, D, E): ...", "A has 4 bases, more than 3"),
        ("a.py", "class AViewSet:\n" + "    x = 1\n" * 60, "AViewSet has 61 lines, more than 60"),
        ("a.py", "class ASerializer:\n" + "    x = 1\n" * 60, "ASerializer has 61 lines, more than 60"),
    ],
)
def test_what_is_too_much_is_found(name: str, source: str, breach: str) -> None:
    assert list(breaches(Path(name), source)) == [breach]
