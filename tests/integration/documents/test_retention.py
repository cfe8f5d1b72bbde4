"""The archive over the years: what may go goes on a decision by name, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner
from upath import UPath

from reporting import archive, clock, database, retention
from reporting.database import query
from reporting.retention import KINDS, KindOfContent, Retention, RetentionError, load_retention
from reporting.settings import INCLUDE, settings
from tests.integration.rehearsed import Rehearsed, vn


def rules(years: int = 2, *, confirmed: bool = True) -> Retention:
    kind = KindOfContent(what="x", years=years, ground="y", confirmed="Số 1/QĐ" if confirmed else None)
    return Retention(kinds=dict.fromkeys(KINDS, kind))


@pytest.fixture
def arrive(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], str]:
    """Let a mail that belongs to no cycle arrive on 12/12/2012, and the day be 1/1/2015; gives its hash."""
    monkeypatch.setattr(clock, "wall_now", lambda: vn(2015, 1, 1))

    def arrived(data: bytes, handled: str | None = "2012-12-12 10:00+07") -> str:
        with registered.begin() as connection:
            sha256 = archive.store(connection, data, "message/rfc822")
            connection.execute(
                text(
                    "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, received_at,"
                    " handled_at, outcome)"
                    " VALUES ('mail', 'live', :s, 'k', '2012-12-12', :h, 'no_submission')"
                ),
                {"s": sha256, "h": handled},
            )
            connection.execute(
                text("UPDATE intake.archived_file SET archived_at = '2012-12-12' WHERE sha256 = :s"),
                {"s": sha256},
            )
        return sha256

    return arrived


def listed(engine: Engine, wanted: Retention) -> dict[str, str]:
    with engine.connect() as connection:
        return {file.sha256: file.state for file in retention.over_its_time(connection, wanted)}


def test_the_rules_in_use_are_whole_and_let_nothing_go_unconfirmed() -> None:
    found = load_retention()
    assert all(kind.what and kind.ground for kind in found.kinds.values())
    assert not any(kind.confirmed for kind in found.kinds.values())


def test_rules_that_forget_a_kind_are_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "retention.yaml"
    broken.write_text((INCLUDE / "retention.yaml").read_text("utf-8").replace("  sent:", "  sendt:"), "utf-8")
    with pytest.raises(RetentionError, match=r"retention\.yaml.*sendt, sent"):
        load_retention(broken)


def test_every_place_that_names_a_file_is_asked_before_it_may_go(warehouse_url: str) -> None:
    with database.engine(warehouse_url).connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE column_name LIKE '%sha256' AND t.table_type = 'BASE TABLE'"
            )
        ).all()
        used = connection.execute(text("SELECT pg_get_viewdef('intake.file_use'::regclass)")).scalar_one()
    asked = (INCLUDE / "sql" / "queries" / "archive" / "retention.sql").read_text("utf-8") + used
    about_files = {"audit.archive_hold", "intake.virus_scan"}  # what is said of a file is no use of it
    columns = [row for row in columns if row[0] not in about_files]
    for name, column in columns:
        assert re.search(rf"\b{re.escape(name)}\b", asked), (
            f"{name}.{column} keeps files that could be removed"
        )


def test_a_file_goes_after_full_years_counted_from_the_next_new_year(
    registered: Engine, arrive: Callable[[bytes], str]
) -> None:
    sha256 = arrive(b"old")
    assert listed(registered, rules(3)) == {}
    assert listed(registered, rules(2)) == {sha256: "due"}
    with registered.connect() as connection:
        (file,) = retention.over_its_time(connection, rules(2))
    assert (file.keep_until, file.kinds, file.cycles) == (date(2015, 1, 1), ["unrelated"], [])
    assert listed(registered, rules(2, confirmed=False)) == {sha256: "unconfirmed"}


def test_disposal_removes_bytes_alone_and_keeps_on_record_who_and_why(
    registered: Engine, arrive: Callable[[bytes], str]
) -> None:
    sha256 = arrive(b"old")
    assert retention.dispose(registered, "Quyết định số 5/QĐ", "Văn thư A", rules=rules()) == [sha256]
    assert not archive.path_of(sha256).exists()
    with registered.connect() as connection:
        row = connection.execute(text("SELECT * FROM intake.archived_file")).one()
        assert (row.sha256, row.byte_count) == (sha256, 3)
        assert (row.disposed_by, row.disposed_because) == ("Văn thư A", "Quyết định số 5/QĐ")
        assert row.removed_at is not None
        (event,) = connection.execute(text("SELECT kind, actor, detail FROM audit.event")).all()
        assert tuple(event) == (
            "files_disposed", "Văn thư A", {"reason": "Quyết định số 5/QĐ", "hashes": [sha256]}
        )  # fmt: skip
        assert list(retention.verify(connection)) == []
    assert retention.dispose(registered, "x", "y", rules=rules()) == []


@pytest.mark.parametrize(
    ("wanted", "handled", "state"),
    [
        (rules(3), "2012-12-12 10:00+07", "running"),
        (rules(2, confirmed=False), "2012-12-12 10:00+07", "unconfirmed"),
        (rules(2), None, "open"),
    ],
)
def test_what_has_to_be_kept_is_refused_with_the_reason(
    registered: Engine, arrive: Callable[..., str], wanted: Retention, handled: str | None, state: str
) -> None:
    kept, due = arrive(b"kept", handled), arrive(b"due")
    with pytest.raises(RetentionError, match=f"{kept}: {state}"):
        retention.dispose(registered, "x", "y", [due, kept], wanted)
    assert archive.read(due) == b"due"
    with pytest.raises(RetentionError, match="unknown"):
        retention.dispose(registered, "x", "y", ["ab" * 32], wanted)
    assert kept not in retention.dispose(registered, "x", "y", rules=wanted)


def test_files_of_a_cycle_stay_until_it_is_over_and_while_it_is_held(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.issue()
    monkeypatch.setattr(clock, "wall_now", lambda: vn(2090, 1, 1))
    assert listed(small.engine, rules()) == {}
    small.run("UPDATE cycle.milestone SET done_at = due_at WHERE done_at IS NULL")
    found = listed(small.engine, rules())
    assert found
    assert set(found.values()) == {"due"}
    number = retention.hold(small.engine, "thanh tra", "Lưu trữ B", cycle_id=small.cycle_id)
    assert set(listed(small.engine, rules()).values()) == {"held"}
    assert retention.dispose(small.engine, "x", "y", rules=rules()) == []
    retention.release(small.engine, number, "kết luận thanh tra", "Lưu trữ B")
    assert sorted(retention.dispose(small.engine, "x", "y", rules=rules())) == sorted(found)


def test_a_hold_has_name_and_reason_and_an_end(registered: Engine, arrive: Callable[[bytes], str]) -> None:
    held, free = arrive(b"held"), arrive(b"free")
    number = retention.hold(registered, "Quyết định thanh tra số 7", "Lưu trữ B", sha256=held)
    with pytest.raises(RetentionError, match=f"{held}: held"):
        retention.dispose(registered, "x", "y", [free, held], rules())
    assert retention.dispose(registered, "x", "y", rules=rules()) == [free]
    with registered.connect() as connection:
        (found,) = retention.holds(connection)
    assert (found.scope, found.subject, found.held_by, found.file_count) == ("file", held, "Lưu trữ B", 1)
    assert (found.reason, found.released_at) == ("Quyết định thanh tra số 7", None)
    retention.release(registered, number, "Kết luận số 9", "Lưu trữ C")
    with registered.connect() as connection:
        (found,) = retention.holds(connection)
    assert (found.released_by, found.released_because, found.file_count) == ("Lưu trữ C", "Kết luận số 9", 0)
    with pytest.raises(RetentionError, match="no hold"):
        retention.release(registered, number, "x", "y")
    assert retention.dispose(registered, "x", "y", rules=rules()) == [held]


def test_a_period_and_an_office_are_held_and_strangers_refused(
    registered: Engine, arrive: Callable[[bytes], str], small: Rehearsed
) -> None:
    sha256 = arrive(b"in the period")
    number = retention.hold(
        registered, "lịch sử", "Lưu trữ B", period=(date(2012, 12, 12), date(2012, 12, 12))
    )
    assert listed(registered, rules())[sha256] == "held"
    retention.release(registered, number, "x", "Lưu trữ B")
    retention.hold(registered, "lịch sử", "Lưu trữ B", period=(date(2012, 12, 13), date(2012, 12, 31)))
    assert listed(registered, rules())[sha256] == "due"
    small.issue()
    first = small.offices[0]
    retention.hold(registered, "khiếu nại", "Lưu trữ B", organization_id=first.organization_id)
    with registered.connect() as connection:
        found = set(
            connection.scalars(
                text(
                    "SELECT u.recipient_id FROM intake.held_file h JOIN intake.file_use u USING (sha256)"
                    " JOIN audit.archive_hold a USING (hold_id) WHERE a.scope = 'office'"
                    " AND u.recipient_id IS NOT NULL AND u.kind = 'sent'"
                )
            )
        )
    assert first.recipient_id in found
    for stranger in ({"cycle_id": "none"}, {"organization_id": "none"}, {"sha256": "ab" * 32}):
        with pytest.raises(RetentionError, match="There is no"):
            retention.hold(registered, "x", "y", **stranger)
    with pytest.raises(RetentionError, match="Name one of"):
        retention.hold(registered, "x", "y")


def test_a_hold_that_comes_while_files_are_disposed_of_keeps_them(
    registered: Engine, arrive: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256, other = arrive(b"one"), arrive(b"other")
    placed: list[int] = []

    def in_between(name: str) -> object:
        if name == "archive/to_remove":  # decided and committed; the bytes are there still
            placed.append(retention.hold(registered, "thanh tra", "Lưu trữ B", sha256=sha256))
        return query(name)

    monkeypatch.setattr(retention, "query", in_between)
    retention.dispose(registered, "x", "y", rules=rules())
    assert archive.read(sha256) == b"one"
    assert not archive.path_of(other).exists()
    assert placed
    monkeypatch.undo()
    with registered.connect() as connection:
        assert [damage for damage in retention.verify(connection) if damage] == []


def test_a_disposal_waits_for_a_hold_and_a_hold_for_a_disposal(
    registered: Engine, arrive: Callable[[bytes], str]
) -> None:
    sha256 = arrive(b"one")
    with ThreadPoolExecutor(1) as other, registered.begin() as holding:
        holding.execute(
            text(
                "INSERT INTO audit.archive_hold (scope, sha256, reason, held_by)"
                " VALUES ('file', :s, 'thanh tra', 'Lưu trữ B')"
            ),
            {"s": sha256},
        )
        disposal = other.submit(retention.dispose, registered, "x", "y", [sha256], rules())
        with pytest.raises(TimeoutError):
            disposal.result(0.5)
        holding.commit()
        with pytest.raises(RetentionError, match="held"):
            disposal.result(30)
    with (
        registered.connect() as connection,
        pytest.raises(DBAPIError, match="is held and cannot be disposed of"),
    ):
        # whoever goes past `dispose`
        connection.execute(
            text(
                "UPDATE intake.archived_file"
                " SET disposed_at = now(), disposed_by = 'x', disposed_because = 'y'"
            )
        )


def test_nothing_is_disposed_of_while_a_backup_copies(
    registered: Engine, arrive: Callable[[bytes], str]
) -> None:
    sha256 = arrive(b"one")
    with registered.connect() as backing_up:
        backing_up.execute(query("backup/hold_alone"))
        with pytest.raises(RetentionError, match="backup is being made"):
            retention.dispose(registered, "x", "y", rules=rules())
        backing_up.invalidate()
    assert retention.dispose(registered, "x", "y", rules=rules()) == [sha256]


def test_holds_in_the_file_of_rules_are_refused_with_the_remedy(tmp_path: Path) -> None:
    old = tmp_path / "retention.yaml"
    old.write_text((INCLUDE / "retention.yaml").read_text("utf-8") + "\nholds: []\n", "utf-8")
    with pytest.raises(RetentionError, match="reporting archive hold"):
        load_retention(old)


def test_a_kill_between_the_decision_and_the_removal_is_made_good_by_the_next_call(
    registered: Engine, arrive: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted([arrive(b"one"), arrive(b"two")])

    def killed(sha256: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archive, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.dispose(registered, "x", "y", rules=rules())
    assert archive.path_of(first).exists()
    assert retention.dispose(registered, "x", "y", rules=rules()) == []
    assert not archive.path_of(first).exists()
    assert not archive.path_of(second).exists()


def test_content_that_comes_again_is_kept_again(registered: Engine, arrive: Callable[[bytes], str]) -> None:
    sha256 = arrive(b"old")
    retention.dispose(registered, "x", "y", rules=rules())
    with registered.begin() as connection:
        assert archive.store(connection, b"old", "text/plain") == sha256
    assert archive.read(sha256) == b"old"
    with registered.connect() as connection:
        assert list(retention.verify(connection)) == [None]


def test_content_that_comes_again_between_decision_and_removal_is_not_removed(
    registered: Engine, arrive: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = arrive(b"old")
    query = retention.query

    def in_between(name: str) -> object:
        if name == "archive/to_remove":
            with registered.begin() as connection:
                archive.store(connection, b"old", "text/plain")
        return query(name)

    monkeypatch.setattr(retention, "query", in_between)
    assert retention.dispose(registered, "x", "y", rules=rules()) == [sha256]
    assert archive.read(sha256) == b"old"


def test_verifying_names_what_is_missing_or_altered(
    registered: Engine, arrive: Callable[[bytes], str]
) -> None:
    whole, missing, altered = arrive(b"whole"), arrive(b"missing"), arrive(b"altered")
    path = archive.path_of(altered)
    path.chmod(0o640)
    path.write_bytes(b"changed")
    archive.path_of(missing).unlink()
    ended = CliRunner().invoke(_app(), ["archive", "verify", "--json"])
    assert ended.exit_code == 1
    told = json.loads(ended.stdout)
    assert told["checked"] == 3
    assert {d["sha256"]: d["problem"] for d in told["damaged"]} == {missing: "missing", altered: "altered"}
    assert whole not in ended.stdout
    due = CliRunner().invoke(_app(), ["archive", "due", "--json"])
    assert {file["state"] for file in json.loads(due.stdout)} == {"unconfirmed"}
    assert "thời hạn chưa được xác nhận" in CliRunner().invoke(_app(), ["archive", "due"]).stdout
    refused = CliRunner().invoke(_app(), ["archive", "dispose", whole, "--reason", "x", "--by", "y"])
    assert refused.exit_code == 2
    assert f"{whole}: unconfirmed" in refused.stderr


def _app() -> object:
    from reporting.cli.app import app

    return app


# ---- object storage


@pytest.fixture
def bucket(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> UPath:
    """An archive in a bucket that lies in memory."""
    monkeypatch.setenv("REPORTING_ARCHIVE", "memory://kho/luu")
    settings.cache_clear()
    root = UPath("memory://kho/luu")
    if root.exists():
        root.fs.rm("/kho", recursive=True)
    return root


def test_an_archive_in_a_bucket_keeps_and_gives_back(registered: Engine, bucket: UPath) -> None:
    with registered.begin() as connection:
        sha256 = archive.store(connection, b"a report", "application/pdf")
        assert archive.store(connection, b"a report", "application/pdf") == sha256
    assert archive.read(sha256) == b"a report"
    assert (bucket / sha256[:2] / sha256).read_bytes() == b"a report"
    assert archive.path_of(sha256).stat().st_size == 8
    archive.remove(sha256)
    archive.remove(sha256)
    with pytest.raises(FileNotFoundError, match=sha256):
        archive.read(sha256)


def test_an_object_is_never_rewritten_unless_it_was_not_whole(registered: Engine, bucket: UPath) -> None:
    sha256 = archive.sha256_of(b"a report")
    (bucket / sha256[:2]).mkdir(parents=True)
    (bucket / sha256[:2] / sha256).write_bytes(b"A REPORT")
    with registered.begin() as connection:
        archive.store(connection, b"a report", "application/pdf")
    with pytest.raises(OSError, match="was altered"):
        archive.read(sha256)
    (bucket / sha256[:2] / sha256).write_bytes(b"a rep")
    with registered.begin() as connection:
        archive.store(connection, b"a report", "application/pdf")
    assert archive.read(sha256) == b"a report"
