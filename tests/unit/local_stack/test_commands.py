"""The commands a person types."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_stack.__main__ import app
from local_stack.layout import CLONE
from local_stack.processes import open_log

MAKEFILE = CLONE / "Makefile"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_every_command_with_what_it_does() -> None:
    listed = subprocess.run(["make"], cwd=CLONE, capture_output=True, text=True, check=True).stdout
    (commands,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE.read_text("utf-8"), re.MULTILINE)
    described = dict(re.findall(r"^  make (\S+) +(\S.*)$", listed, re.MULTILINE))
    assert sorted(described) == sorted(commands.split())


def test_status_of_a_stack_never_started(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--directory", str(tmp_path / "none")])
    assert (result.exit_code, result.output) == (3, "The stack is down.\n")


def test_down_of_a_stack_never_started(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["down", "--directory", str(tmp_path / "none")])
    assert (result.exit_code, result.output) == (0, "The stack was not up.\n")


def test_running_a_command_needs_a_stack_that_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--directory", str(tmp_path / "none"), "--", "true"])
    assert result.exit_code == 1
    assert "make up" in result.output


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["up", "--directory", str(tmp_path / "file" / "below")])
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.output


def test_a_log_grown_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_bytes(b"x" * (20 * 1024 * 1024 + 1))
    with open_log(log) as file:
        file.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "part.log.1").stat().st_size > 20 * 1024 * 1024
