"""No run of code stands in two functions of the product: what two places do is done in one that both call."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import indent

from tests.unit.test_layers import modules

#: So many lines in a row are a copy; comments, docstrings, signatures and the form of a line do not count.
COPIED_LINES = 5


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield each function and method; one inside another is a part of it."""
    for each in ast.iter_child_nodes(tree):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each
        elif not isinstance(each, ast.expr):
            yield from functions(each)


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the statements of a function in one form, a line each."""
    text = "\n".join(map(ast.unparse, function.body[ast.get_docstring(function) is not None :]))
    return [line.strip() for line in text.splitlines() if line.strip() not in ("try:", "else:", "finally:")]


def copies(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by the first line of each run that stands more than once where it stands."""
    places = defaultdict[tuple[str, ...], set[str]](set)
    for name, source in sources.items():
        for function in functions(ast.parse(source)):
            lines = code_lines(function)
            for start in range(len(lines) - COPIED_LINES + 1):
                run = tuple(lines[start : start + COPIED_LINES])
                places[run].add(f"{name}:{function.name}:{function.lineno}")
    return {run[0]: where for run, where in places.items() if len(where) > 1}


def test_no_code_stands_twice() -> None:
    sources = {
        name: path.read_text("utf-8") for name, path in modules().items() if ".migrations." not in name
    }
    assert len(sources) > 700, "the product is read"
    assert copies(sources) == {}


def test_a_copy_is_found_whatever_stands_around_it() -> None:
    body = "    a = 1\n    b = a\n    c = f(b,\n        a)\n    d = c  # why\n    return d\n"
    one = f"def one():\n    '''Says.'''\n{body}"
    other = "class X:\n" + indent(f"def other(self):\n    x = 0\n{body}", "    ")
    [where] = copies({"p": one, "q": other}).values()
    assert where == {"p:one:1", "q:other:2"}
    assert copies({"p": one, "q": other.replace("b = a", "b = 2")}) == {}
