"""Secrets and folders of an installation."""

from __future__ import annotations

import stat
from dataclasses import asdict
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from local_stack.layout import CLONE, Layout


def test_secrets_are_drawn_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "stack")
    first = layout.secrets()
    assert layout.secrets() == first
    assert stat.S_IMODE(layout.secrets_file.stat().st_mode) == 0o600
    assert [path.name for path in layout.root.iterdir()] == ["secrets.json"]


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    one = asdict(Layout(tmp_path / "one").secrets())
    two = asdict(Layout(tmp_path / "two").secrets())
    values = [*one.values(), *two.values()]
    assert len(set(values)) == len(values)
    assert min(len(value) for value in values) >= 16


def test_the_fernet_key_is_one_airflow_can_use(tmp_path: Path) -> None:
    key = Layout(tmp_path).secrets().fernet_key
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x"


def test_a_damaged_secrets_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.secrets_file.write_text('{"postgres_password": "x", "no_such_secret": "y"}')
    with pytest.raises(ValueError, match=r"secrets\.json cannot be used.*restore it, or remove"):
        layout.secrets()


def test_folders_of_peoples_data_are_for_their_owner_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "stack")
    layout.create()
    for folder in (layout.mail, layout.archive, layout.airflow, layout.home, layout.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folder_is_chosen_by_argument_then_variable_then_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPORTING_LOCAL_DIR", raising=False)
    assert Layout.choose().root == CLONE / ".local"
    monkeypatch.setenv("REPORTING_LOCAL_DIR", str(tmp_path / "variable"))
    assert Layout.choose().root == tmp_path / "variable"
    assert Layout.choose(tmp_path / "argument").root == tmp_path / "argument"


def test_no_temporary_folder_where_socket_paths_would_not_fit(tmp_path: Path) -> None:
    assert Layout(Path("/srv/clone/.local")).temporary == Path("/srv/clone/.local/tmp")
    assert Layout(Path("/srv") / ("a" * 60)).temporary is None
