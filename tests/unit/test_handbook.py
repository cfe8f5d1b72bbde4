"""The Vietnamese handbook names what there is: pictures, pages, commands, DAGs."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from reporting.cli.app import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
BOOKS = ("so-tay-can-bo.md", "so-tay-van-hanh.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)")
COMMAND = re.compile(r"`reporting ([a-z][^`]*)`")
MAKE = re.compile(r"`make ([a-z]+)")
NAMED = re.compile(r"(?<!\*)\*([A-ZĐ][^*]{5,})\*(?!\*)")


@pytest.mark.parametrize("book", BOOKS)
def test_every_link_leads_somewhere(book: str) -> None:
    links = LINK.findall((DOCS / book).read_text("utf-8"))
    assert len(links) >= 5
    assert [link for link in links if "://" not in link and not (DOCS / link).exists()] == []


@pytest.mark.parametrize("book", BOOKS)
def test_every_command_is_one(book: str) -> None:
    named = COMMAND.findall((DOCS / book).read_text("utf-8"))
    assert len(named) >= 8
    assert [words for words in named if not _is_command(words)] == []


def _is_command(words: str) -> bool:
    """Whether the words before the first argument are a command of the shell, and its options are its own."""
    found: Any = get_command(app)
    rest = words.split()
    while commands := getattr(found, "commands", None):
        if not rest or rest[0] not in commands:
            return False
        found = commands[rest.pop(0)]
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word in options for word in rest if word.startswith("--"))


@pytest.mark.parametrize("book", BOOKS)
def test_every_target_of_make_is_one(book: str) -> None:
    makefile = (DOCS.parent / "Makefile").read_text("utf-8")
    for target in MAKE.findall((DOCS / book).read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("book", BOOKS)
def test_what_is_named_on_the_screen_is_called_so_there(book: str) -> None:
    files = [*(DOCS.parent / "dags").glob("*.py"), *(DOCS.parent / "plugins").rglob("*.py")]
    files += [*(DOCS.parent / "include").glob("*.yaml"), *(DOCS.parent / "include/wording").glob("*.yaml")]
    files += (DOCS.parent / "include/regimes").glob("*.yaml")
    screen = "\n".join(file.read_text("utf-8") for file in files)
    named = {" ".join(name.split()) for name in NAMED.findall((DOCS / book).read_text("utf-8"))}
    assert len(named) >= 5
    assert sorted(name for name in named if name not in screen) == []


@pytest.mark.parametrize("book", BOOKS)
def test_it_is_written_in_composed_letters(book: str) -> None:
    text = (DOCS / book).read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)


def test_every_picture_is_shown_somewhere() -> None:
    shown = {link for book in BOOKS for link in LINK.findall((DOCS / book).read_text("utf-8"))}
    taken = {f"images/so-tay/{path.name}" for path in (DOCS / "images" / "so-tay").glob("*.png")}
    assert taken, "make handbook takes them"
    assert taken - shown == set()
