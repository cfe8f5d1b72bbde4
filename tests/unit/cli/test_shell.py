"""The command line as such: quick, documented, and plain about what goes wrong."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typer.main
from sqlalchemy.exc import ProgrammingError

from reporting.cli.app import app
from reporting.cli.cycles import step_name
from reporting.cli.errors import explain
from reporting.cli.output import aligned
from reporting.documents.lifecycle import RefusedEntryError
from reporting.intake.desk import DeskError
from tests.unit.cli.shell import refused, run

DOCS = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"


def _commands(group: object | None = None, prefix: str = "") -> dict[str, object]:
    """Every command by its full name; typer makes groups, which have commands."""
    found: dict[str, object] = {}
    inside = getattr(group or typer.main.get_command(app), "commands", {})
    for name, command in inside.items():
        named = f"{prefix}{name}"
        found |= _commands(command, f"{named} ") if hasattr(command, "commands") else {named: command}
    return found


def test_every_command_is_there_and_described() -> None:
    commands = _commands()
    assert set(commands) == {
        "archive verify",
        "contact aliases",
        "contact forget-alias",
        "desk confidential",
        "desk nil",
        "desk undo-confidential",
        "desk undo-nil",
        "intake conflicts",
        "intake decide",
        "intake diff",
        "intake prose",
        "intake replay",
        "intake show",
        "intake withdraw",
        "archive due",
        "archive dispose",
        "archive hold",
        "archive holds",
        "archive release",
        "backup after-restore",
        "backup list",
        "backup make",
        "backup recollect",
        "backup restore",
        "backup settle",
        "backup verify",
        "contributions list",
        "contributions confirm",
        "contributions unconfirm",
        "contact confirm",
        "contact dismiss",
        "contact export",
        "contact import",
        "contact list",
        "contact log",
        "contact proposals",
        "contact test",
        "dictionary",
        "digest",
        "export",
        "query",
        "trace",
        "letter template check",
        "letter template list",
        "cycle list",
        "cycle show",
        "cycle open",
        "cycle extend",
        "cycle close",
        "cycle undo-extension",
        "cycle waive",
        "cycle undo-waiver",
        "cycle move-deadline",
        "cycle move-close",
        "cycle withdraw",
        "cycle add-obligation",
        "cycle add-office",
        "cycle pause",
        "cycle unpause",
        "cycle call",
        "cycle log",
        "cycle zalo",
        "cycle check",
        "cycle override",
        "cycle answers",
        "request check",
        "request rehearse",
        "request open",
        "question ask",
        "question answers",
        "rehearse",
        "desk reply",
        "resolve",
        "letter show",
        "letter draft",
        "letter files",
        "letter register",
        "letter send-back",
        "letter axis",
        "letter notice",
        "letter erratum",
        "letter replacement",
        "letter recall",
        "letter revise",
        "reply record",
        "reply list",
        "reply show",
        "reply draft-letter",
        "follow-up list",
        "follow-up set",
        "follow-up close",
        "follow-up reopen",
        "marts rebuild",
        "marts refresh",
        "marts status",
        "metrics",
        "report abandon",
        "report news",
        "report rebuild",
        "report reopen",
        "report revise",
        "report supplement",
        "report text",
        "report versions",
        "workbook make",
        "workbook blank",
        "check",
        "intake files",
        "intake collect",
        "intake health",
        "intake waiting",
        "intake settle",
        "desk register",
        "desk enter",
        "mail stop",
        "mail start",
        "mail status",
        "mail list",
        "mail preview",
        "migrate",
        "registry load",
        "rules list",
        "rules waive",
        "rules unwaive",
        "rules waivers",
    }
    page = DOCS.read_text("utf-8")
    for name, command in commands.items():
        assert getattr(command, "help", ""), name
        assert f"`reporting {name}" in page, f"{name} is missing on docs/command-line.md"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from reporting.cli.app import app\n"
        "try: app(['--help'], prog_name='reporting')\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'pandas', 'airflow', 'great_expectations', 'openpyxl', 'yaml', 'pydantic'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "resolve" in ended.stdout


def test_without_warehouse_or_stack_the_remedy_is_told(tmp_path: Path) -> None:
    message = refused("cycle", "list")
    assert str(tmp_path / "no stack") in message
    assert "make up" in message
    assert "AIRFLOW_CONN_REPORTING_WAREHOUSE" in message
    assert not (tmp_path / "no stack").exists()


def test_a_warehouse_that_is_away_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "postgres://nobody:secret@127.0.0.1:1/none")
    message = refused("mail", "status")
    assert "does not answer" in message
    assert "make up" in message
    assert "secret" not in message


def test_a_warehouse_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "mysql://nobody@127.0.0.1/none")
    assert "must be PostgreSQL" in refused("cycle", "list")


@pytest.mark.parametrize(
    "error",
    [
        LookupError("There is no cycle."),
        ValueError("There is no\n  cycle."),
        DeskError("There is no cycle."),
        RefusedEntryError("There is no cycle."),
        FileExistsError("There is no cycle."),
    ],
)
def test_errors_of_the_domain_are_one_line(error: Exception) -> None:
    assert explain(error) == "There is no cycle."


def test_an_error_of_the_system_names_its_file() -> None:
    assert explain(FileNotFoundError(2, "No such file or directory", "a.xlsx")) == (
        "a.xlsx: No such file or directory."
    )


@pytest.mark.parametrize("error", [KeyError("x"), IndexError("x"), TypeError("x"), RuntimeError("x")])
def test_faults_of_ours_keep_their_traceback(error: Exception) -> None:
    assert explain(error) is None


def test_tables_are_aligned_by_what_the_eye_sees(capsys: pytest.CaptureFixture[str]) -> None:
    aligned(
        ["STT", "Cơ quan", "Hạn"],
        [[1, unicodedata.normalize("NFD", "Đồng Nai"), "x"], [12, "Bà Rịa - Vũng Tàu", "y"], [3, None, "z"]],
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines] == [
        "STT  Cơ quan            Hạn",
        "───  ─────────────────  ───",
        "  1  Đồng Nai           x",
        " 12  Bà Rịa - Vũng Tàu  y",
        "  3                     z",
    ]


def test_steps_have_names_and_never_stop_a_list() -> None:
    assert step_name("reminder__t_minus_7") == "Nhắc trước hạn 7 ngày làm việc"
    assert step_name("reminder__t_plus_1") == "Nhắc sau hạn 1 ngày làm việc"
    assert step_name("urging_letter") == "Công văn đôn đốc"
    assert step_name("step_of_tomorrow") == "step_of_tomorrow"


def test_a_deadline_is_given_once() -> None:
    common = ["cycle", "extend", "c", "r", "--asked-how", "mail", "--reason", "x", "--agreed-by", "y"]
    for given in ([], ["--through", "2013-01-05", "--before", "6/1/2013"]):
        result = run(*common, *given)
        assert result.exit_code == 2
        assert "--through 2013-01-05, or --before" in result.stderr


def test_an_unknown_regime_or_period_is_told_with_those_there_are() -> None:
    assert "there are: ct_hanh_dong_nq_47, cthd_kl_57" in refused("cycle", "open", "nope", "2011_2012")
    assert "it has: 2011_2012" in refused("cycle", "open", "ttdn_dia_phuong", "1999")


def test_a_table_that_is_lacking_is_named() -> None:
    class Lacking(Exception):
        pgcode = "42P01"

    cause = Lacking('relation "cycle.asked_value" does not exist\nLINE 7: FROM cycle.asked_value a')
    told = explain(ProgrammingError("SELECT 1", {}, cause))
    assert told is not None
    assert 'relation "cycle.asked_value" does not exist. Run `reporting migrate`' in told
