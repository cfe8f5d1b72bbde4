"""Cells that look empty and are not: formulas that nobody calculated, and errors such as #REF!.

The reader of values gives nothing for both, and a blank may mean "not yet"; so the sheets' XML is asked.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

_SUSPECT = re.compile(rb"<(?:\w+:)?f[\s>/]|\bt=\"e\"")
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def unresolved_cells(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet name and zero-based row and column: the error, or the formula that has no stored result.

    Only .xlsx packages are looked into; a formula whose stored result is an empty text is a blank and is
    not named.
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {}
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = set(package.namelist())
        if not {_WORKBOOK, _RELATIONS} <= names:
            return {}
        for sheet, part in _sheets(package).items():
            if part in names and _SUSPECT.search(xml := package.read(part)):
                found[sheet] = _in_sheet(xml)
    return found


def _sheets(package: zipfile.ZipFile) -> dict[str, str]:
    """The part of the package that holds each sheet, by the sheet's name."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in ElementTree.fromstring(package.read(_RELATIONS))
    }
    parts: dict[str, str] = {}
    for element in ElementTree.fromstring(package.read(_WORKBOOK)).iter():
        if _local(element.tag) == "sheet":
            relation = next((value for key, value in element.attrib.items() if _local(key) == "id"), None)
            target = targets.get(relation, "")
            parts[element.get("name", "")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return parts


def _in_sheet(xml: bytes) -> dict[tuple[int, int], str]:
    cells: dict[tuple[int, int], str] = {}
    for element in ElementTree.fromstring(xml).iter():
        place = _ADDRESS.fullmatch(element.get("r", "")) if _local(element.tag) == "c" else None
        if place is None:
            continue
        children = {_local(child.tag): child.text or "" for child in element}
        kind, value = element.get("t"), children.get("v", "")
        if kind == "e":
            cells[_position(place)] = value
        elif "f" in children and not value and kind != "str":
            cells[_position(place)] = f"={children['f']}"
    return cells


def _position(place: re.Match[str]) -> tuple[int, int]:
    column = 0
    for letter in place.group(1):
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(place.group(2)) - 1, column - 1


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
