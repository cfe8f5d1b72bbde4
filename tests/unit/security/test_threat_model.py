"""Every test that docs/threat-model.md names exists, and every threat names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

CLONE = Path(__file__).parents[3]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    page = (CLONE / "docs" / "threat-model.md").read_text(encoding="utf-8")
    lines = page[page.index("## Threats") :].splitlines()
    return [line for line in lines if line.startswith("| ")][1:]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = {match for row in rows() for match in NAMED.findall(row)}
    assert len(named) > 40
    missing = []
    for path, name in sorted(named):
        file = CLONE / path
        there = ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if file.is_file() else ()
        if name not in {node.name for node in there if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{path}::{name}")
    assert missing == []


def test_every_threat_names_what_stands_against_it_and_a_test() -> None:
    for row in rows():
        kind, threat, against, shown, _ = (cell.strip() for cell in row.strip("|").split(" |"))
        assert kind in {"Spoofing", "Tampering", "Repudiation", "Disclosure", "Denial", "Elevation"}, row
        assert threat, row
        assert against, row
        assert NAMED.findall(shown), row
