"""Who may do what: the table, the file of accounts, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from local_stack import accounts
from local_stack.accounts import AccountsError, first_password, load_accounts, load_table
from local_stack.layout import CLONE, Layout
from local_stack.office import write_accounts

TABLE = load_table()
DAGS = ["cycle_letter", "document_approval", "housekeeping", "reporting_cycle__a", "reporting_cycle__b"]


def may(role: str) -> frozenset[tuple[str, str]]:
    return TABLE.permissions(role, DAGS)


def test_the_page_shows_the_table() -> None:
    page = (CLONE / "docs" / "accounts.md").read_text("utf-8")
    assert TABLE.markdown() in page, "python -m local_stack.accounts --table"


def test_who_only_looks_changes_nothing_but_their_password() -> None:
    for role in ("nguoi_xem", "phan_tich"):
        changes = {p for p in may(role) if p[0] not in {"can_read", "menu_access"}}
        assert changes == {("can_edit", "My Password")}


def test_the_officer_starts_and_answers_and_neither_pauses_nor_mends() -> None:
    assert ("can_create", "DAG Run:reporting_cycle__b") in may("can_bo")
    assert ("can_edit", "HITL Detail") in may("can_bo")
    assert not {("can_edit", "DAGs"), ("can_edit", "Task Instances"), ("can_edit", "DAG Runs")} & may(
        "can_bo"
    )


def test_the_operator_cannot_bring_about_an_approval() -> None:
    assert ("can_edit", "HITL Detail") not in may("van_hanh")
    assert not {p for p in may("van_hanh") if p[1] == "XComs" and p[0] != "can_read"}, "an answer is an XCom"
    assert not {p for p in may("van_hanh") if p[0] == "can_create" and p[1] == "DAG Runs"}
    assert ("can_create", "DAG Run:reporting_cycle__a") not in may("van_hanh")


def test_every_dag_of_the_clone_can_be_started_by_somebody_or_starts_by_itself() -> None:
    patterns = {pattern.rstrip("*") for group in TABLE.dags.values() for pattern in group}
    for path in (CLONE / "dags").glob("*.py"):
        assert any(path.stem.startswith(pattern.rstrip("_")) for pattern in patterns), path.stem


def test_the_stack_writes_accounts_that_can_be_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    file = write_accounts(layout)
    found = load_accounts(file, TABLE)
    assert {a.role for a in found} == {*TABLE.roles, TABLE.administrator}
    for account in found:
        assert first_password(layout.accounts, account.name)
        assert account.email.endswith(".example")


def write(folder: Path, *people: dict[str, str]) -> Path:
    file = folder / "accounts.yaml"
    file.write_text(yaml.safe_dump({"accounts": list(people)}), "utf-8")
    return file


CHIEF = {"name": "quan_tri", "full_name": "A B", "email": "a@bo.example", "role": "Admin"}


@pytest.mark.parametrize(
    ("person", "complaint"),
    [
        ({**CHIEF, "name": "b", "email": "b@bo.example"}, "accounts.1.name"),
        ({**CHIEF, "name": "ba", "email": "b"}, "accounts.1.email"),
        ({**CHIEF, "name": "ba", "email": "b@bo.example", "role": "sep"}, "there is no role sep"),
        ({**CHIEF, "name": "ba"}, "email given twice: a@bo.example"),
        ({**CHIEF, "email": "b@bo.example"}, "name given twice: quan_tri"),
        ({**CHIEF, "name": "ba", "email": "b@bo.example", "phone": "1"}, "accounts.1.phone"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, person: dict[str, str], complaint: str) -> None:
    file = write(tmp_path, CHIEF, person)
    with pytest.raises(AccountsError, match=complaint) as raised:
        load_accounts(file, TABLE)
    assert str(file) in str(raised.value)


def test_somebody_must_administrate(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match="name an administrator"):
        load_accounts(write(tmp_path, {**CHIEF, "role": "can_bo"}), TABLE)


def test_a_missing_file_and_a_short_password_are_named(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match=r"cannot be read .*docs/accounts\.md"):
        load_accounts(tmp_path / "none.yaml", TABLE)
    with pytest.raises(AccountsError, match="write its first one into"):
        first_password(tmp_path, "ba")
    (tmp_path / "ba_password").write_text("short\n")
    with pytest.raises(AccountsError, match="at least 12 characters"):
        first_password(tmp_path, "ba")


def test_a_table_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    content = yaml.safe_load(accounts.TABLE.read_text("utf-8"))
    content["abilities"]["answer"]["roles"] = ["sep"]
    wrong = tmp_path / "accounts.yaml"
    wrong.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(AccountsError, match=r"abilities\.answer\.roles: no such role: sep"):
        load_table(wrong)
    content["abilities"]["answer"] |= {"roles": [], "permissions": [["can_edit", "DAG:{nothing}"]]}
    wrong.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(AccountsError, match="no such group of DAGs: nothing"):
        load_table(wrong)


def test_roles_are_not_brought_while_a_dag_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow import settings

    (tmp_path / "cycle_letter.py").write_text(
        "from airflow.sdk import DAG\nraise ValueError('torn')\n", "utf-8"
    )
    monkeypatch.setattr(settings, "DAGS_FOLDER", str(tmp_path))
    with pytest.raises(AccountsError, match=r"cycle_letter\.py: ValueError: torn"):
        accounts.dag_ids()


class Refusing:
    """A security manager with one open account, which it does not let go."""

    def __init__(self) -> None:
        self.user = SimpleNamespace(username="da_nghi", email="da_nghi@bo.example", active=True)

    def get_all_users(self) -> list[SimpleNamespace]:
        return [self.user]

    def update_user(self, user: object) -> bool:
        return False


def test_an_account_that_stays_open_is_not_said_to_be_closed(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match="da_nghi could not be changed"):
        accounts.Book(Refusing()).bring_accounts([], tmp_path)  # type: ignore[arg-type]
