"""Database and archive are lost in the middle of a cycle and restored: nothing that came is lost, nothing is
sent twice unawares, and the report is that of the cycle undisturbed.
"""

from __future__ import annotations

import mailbox
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from local_stack.capture import CaptureHandler, MaildirStore
from local_stack.ports import free_ports
from local_stack.postgres import EmbeddedPostgres
from rehearsal import figures
from reporting import clock, database, registry, retention
from reporting.backup import after_restore, making, restoring
from reporting.backup.place import place_at
from reporting.cycles import conducting
from reporting.cycles.opening import open_cycle
from reporting.database import query
from reporting.forms.models import Form
from reporting.mail.delivery import RestoreNotReadError, deliver, is_stopped, start_mail
from reporting.settings import settings
from tests.integration.backup.catalogue import rows
from tests.integration.backup.conftest import OWNER, PIPELINE
from tests.integration.conftest import _Controller
from tests.integration.rehearsed import PERIOD, small_regime, vn

CLOCK = "lost"
AT_THE_BACKUP, AT_THE_LOSS = vn(2012, 12, 17, 10), vn(2012, 12, 24, 12)
ANSWERS_AFTER = vn(2012, 12, 27, 9)


@pytest.fixture
def captured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """A capture server; gives the Message-IDs of everything it took, in no order."""
    folder, (port,) = tmp_path / "mail", free_ports(1)
    controller = _Controller(
        CaptureHandler(MaildirStore(folder, stamp_from_date=True), "token"), hostname="127.0.0.1", port=port
    )
    controller.start()
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("REPORTING_CAPTURE_TOKEN", "token")

    def taken() -> list[str]:
        boxes = {path.parent for path in folder.rglob("new")}
        return [str(m["Message-ID"]) for box in boxes for m in mailbox.Maildir(box, create=False)]

    yield taken
    controller.stop()


def go_to(engine: Engine, cycle_id: str, moment: datetime) -> None:
    """Carry the cycle on up to a moment; everything due on the way is done."""
    while True:
        conducting.do_all_due(engine, [cycle_id], conducting.RehearsalApprover())
        with engine.connect() as connection:
            now = clock.now(connection, cycle_id)
        if now >= moment:
            return
        conducting.advance(engine, CLOCK, [cycle_id], until=moment)


def answer_of(engine: Engine, cycle_id: str, place: int, at: datetime) -> bytes:
    """The mail with which the office at this place of the list answers its request."""
    with engine.connect() as connection:
        codes = connection.execute(
            text("SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c ORDER BY position"),
            {"c": cycle_id},
        ).scalars()
        wanted = [list(codes)[place]]
        row = connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one()
        (request,) = connection.execute(
            query("rehearsal/requests_to_answer"), {"cycle_id": cycle_id, "reference_codes": wanted}
        ).all()
    form = Form.model_validate(row.form_content)
    answer = figures._answer(request, form, row.period_to)
    return figures._mail(request, answer, form, at, is_faulty=False)


def report(engine: Engine, cycle_id: str) -> dict[str, str]:
    """The files of the published report by their role, but for what only says how it was made."""
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT f.role || ' ' || f.filename, f.sha256 FROM cycle.document_file f"
                " JOIN cycle.document d USING (document_id)"
                " WHERE d.cycle_id = :c AND d.kind = 'summary_report' AND f.role <> 'snapshot'"
            ),
            {"c": cycle_id},
        )
        return {str(name): str(sha256) for name, sha256 in found}


def ledger(engine: Engine, *states: str) -> Counter[str]:
    with engine.connect() as connection:
        return Counter(
            connection.execute(
                text("SELECT message_id_header FROM cycle.message WHERE state = ANY (:s)"),
                {"s": list(states)},
            ).scalars()
        )


def test_a_cycle_restored_in_its_middle_ends_in_the_same_report(
    postgres: EmbeddedPostgres,
    empty_database: Callable[[], str],
    _migrated_template: str,  # noqa: PT019 - its value is used
    use: Callable[[str, Path], None],
    captured: Callable[[], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "original"
    postgres.ensure_role("backup", "read everything", member_of="pg_read_all_data")
    postgres.ensure_database(
        name, OWNER, template=_migrated_template, workers=(PIPELINE,), readers=("backup",)
    )
    use(name, tmp_path / "archive")
    monkeypatch.setenv("REPORTING_BACKUP_WAREHOUSE", postgres.url(name, "backup"))
    settings.cache_clear()
    owner, engine = database.engine(postgres.url(name, OWNER)), database.engine()
    registry.load(owner)
    conducting.create_clock(engine, CLOCK, vn(2012, 12, 3, 8))
    cycle_id = open_cycle(engine, small_regime(owner, 4), PERIOD, "rehearsal", 1, clock_id=CLOCK)
    go_to(engine, cycle_id, AT_THE_BACKUP)
    inbox = mailbox.Maildir(tmp_path / "inbox", create=True)
    answers = {place: answer_of(engine, cycle_id, place, AT_THE_BACKUP) for place in range(2)}
    later = answer_of(engine, cycle_id, 2, ANSWERS_AFTER)
    inbox.add(answers[0])
    go_to(engine, cycle_id, AT_THE_BACKUP)

    place = place_at(tmp_path / "backups")
    at_the_backup = rows(owner)
    kept = {path.name for path in (tmp_path / "archive").rglob("*") if path.is_file()}
    first, made = making.make(place), making.make(place)
    assert first.new_files == first.manifest.file_count == len(kept)
    assert (made.new_files, made.removed) == (0, [first.manifest.name])  # of a day the newest stays
    assert made.manifest.is_signed
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "backups").rglob("*.*")} == {0o600}
    sent_before = Counter(captured())

    # what the backup does not know: an answer and its receipt, reminders to those who were silent
    inbox.add(answers[1])
    go_to(engine, cycle_id, AT_THE_LOSS)
    in_the_gap = Counter(captured()) - sent_before
    assert len(in_the_gap) == 5  # a receipt; reminders of what each office owes besides
    shutil.copytree(tmp_path / "inbox", tmp_path / "inbox_after")

    # undisturbed
    def finish(warehouse: Engine, box: Path) -> dict[str, str]:
        go_to(warehouse, cycle_id, ANSWERS_AFTER)
        mailbox.Maildir(box).add(later)
        while not conducting.is_finished(warehouse, [cycle_id]):
            conducting.do_all_due(warehouse, [cycle_id], conducting.RehearsalApprover())
            conducting.advance(warehouse, CLOCK, [cycle_id])
        return report(warehouse, cycle_id)

    undisturbed = finish(engine, tmp_path / "inbox")
    sent_undisturbed, ledger_undisturbed = Counter(captured()), ledger(owner, "sent")
    assert undisturbed
    engine.dispose()
    owner.dispose()
    postgres.drop_database(name)
    shutil.rmtree(tmp_path / "archive")

    # lost, and restored
    target = empty_database()
    use(target, tmp_path / "restored")
    monkeypatch.setenv("REPORTING_CHANNELS", f"maildir:{tmp_path / 'inbox_after'}")
    settings.cache_clear()
    done = restoring.restore(place, made.manifest, by="van_hanh", rehearsals_lost_at=AT_THE_LOSS)
    assert done.parts == ["archive", "warehouse"]
    assert (done.files, done.kept, done.lost) == (len(kept), 0, [])
    owner, engine = database.engine(postgres.url(target, OWNER)), database.engine()
    known = {"audit.restore", "audit.backup", "cycle.switch", "audit.event"}
    assert rows(owner, frozenset(known)) == {t: found for t, found in at_the_backup.items() if t not in known}
    assert {path.name for path in (tmp_path / "restored").rglob("*") if path.is_file()} == kept
    with engine.connect() as connection:
        assert list(retention.verify(connection)) == [None] * len(kept)
        assert is_stopped(connection)
        assert after_restore.doubts(connection) == []
    with pytest.raises(RestoreNotReadError, match="reporting backup recollect"):
        start_mail(engine, "van_hanh")

    (again,) = after_restore.recollect(engine, "van_hanh")
    assert (again.kept, again.new, again.unfit) == (2, 1, ())
    assert after_restore.recollect(engine, "van_hanh")[0].new == 0
    start_mail(engine, "van_hanh")
    before = Counter(captured())
    go_to(engine, cycle_id, AT_THE_LOSS)
    with engine.connect() as connection:
        doubts = after_restore.doubts(connection)
    assert {doubt.message_id_header for doubt in doubts} == in_the_gap.keys()
    assert Counter(captured()) == before  # none of them left by itself
    reminder = next(doubt for doubt in doubts if doubt.step.startswith("reminder__"))
    log = f"postfix/cleanup[1]: 4Z: message-id={reminder.message_id_header}\npostfix/smtp[1]: 4Z: status=sent"
    settled = after_restore.settle(
        engine, "van_hanh", "nhật ký", sent=after_restore.message_ids(log), by_policy=True
    )
    decisions = Counter((doubt.step.partition("__")[0], decision) for doubt, decision in settled)
    assert decisions == {("reminder", "sent"): 1, ("reminder", "leave"): 3, ("receipt", "send_again"): 1}
    deliver(engine)
    assert after_restore.close(engine, "van_hanh") == [made.manifest.name]
    assert finish(engine, tmp_path / "inbox_after") == undisturbed

    # each mail of the undisturbed cycle was sent, and twice only the one that was decided so
    (sent_again,) = [doubt.message_id_header for doubt, decision in settled if decision == "send_again"]
    assert ledger(owner, "sent", "ambiguous") == ledger_undisturbed
    after_the_loss = Counter(captured()) - before
    twice = set(after_the_loss) & (sent_before + in_the_gap).keys()
    assert twice == {sent_again}
    assert set(after_the_loss) | set(sent_before) | set(in_the_gap) == set(sent_undisturbed)
