"""The daily digest: what the officer in charge reads, once per working day, if there is anything."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from reporting import clock
from reporting.clock import VIETNAM
from reporting.cycles import status
from reporting.mail import digest
from reporting.mail.digest import Digest, DigestNotSent, compose_digest, send_digest
from reporting.settings import settings
from tests.factories import Office, SampleCycle, make_cycle, register_signed_report, submit
from tests.integration.mail.conftest import Server
from tests.unit.cli.shell import run

OFFICER = "chuyen-vien@bo-chu-tri.example"
MORNING = datetime(2012, 12, 27, 8, 30, tzinfo=VIETNAM)  # a Thursday; the deadline is Monday the 31st


@pytest.fixture
def officer(surroundings: dict[str, str], capture: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An installation whose officer in charge has an address, on the morning of a working day."""
    monkeypatch.setenv("REPORTING_OFFICER_ADDRESS", OFFICER)
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "rehearsal")
    settings.cache_clear()
    at(monkeypatch, MORNING)
    return capture


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let the machine's clock stand at a moment."""
    monkeypatch.setattr(clock, "wall_now", lambda: moment)


@pytest.fixture
def live(warehouse: Engine) -> SampleCycle:
    """A live cycle of three offices, asked on 3 December."""
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, mode="live", at=MORNING)
        done = {"request_letter": True, "issue": True, "close": False}
        for step, is_done in done.items():
            run_sql(
                connection,
                "INSERT INTO cycle.milestone (cycle_id, step, due_at, done_at)"
                " VALUES (:c, :s, :d, CASE WHEN :is_done THEN CAST(:d AS timestamptz) END)"
                " ON CONFLICT (cycle_id, step) DO UPDATE SET done_at = excluded.done_at",
                c=cycle.cycle_id, s=step, d=MORNING - timedelta(days=20), is_done=is_done,
            )  # fmt: skip
    return cycle


def run_sql(connection: Connection, statement: str, **values: object) -> Any:
    return connection.execute(text(statement), values)


def composed(warehouse: Engine, now: datetime = MORNING) -> Digest | None:
    with warehouse.connect() as connection:
        return compose_digest(connection, now)


def body(warehouse: Engine, now: datetime = MORNING) -> str:
    made = composed(warehouse, now)
    assert made is not None
    return made.body_text


def answer(warehouse: Engine, cycle: SampleCycle, office: Office) -> None:
    """Everything that an office owes."""
    with warehouse.begin() as connection:
        submit(connection, cycle, office)
        register_signed_report(connection, cycle, office)
        run_sql(
            connection,
            "INSERT INTO intake.document_answer SELECT d.incoming_document_id, o.recipient_id, o.deliverable"
            " FROM intake.incoming_document d JOIN cycle.obligation o USING (recipient_id)"
            " WHERE o.recipient_id = :r AND o.deliverable = 'signed_report' ON CONFLICT DO NOTHING",
            r=office.recipient_id,
        )


# -- what it says ----------------------------------------------------------------------------------


def test_it_counts_the_answers_and_names_who_is_outstanding_and_how_pressing_it_is(
    warehouse: Engine, live: SampleCycle
) -> None:
    answer(warehouse, live, live.offices[0])
    said = body(warehouse)
    assert "- Đã hoàn thành: 1/3 cơ quan. Thời hạn báo cáo: đến hết ngày 31/12/2012." in said
    assert "- Sắp đến hạn, chậm nhất hết ngày 31/12/2012 (thứ Hai) (2): Bà Rịa - Vũng Tàu, Bắc Giang." in said
    assert "Quá hạn" not in said
    early = body(warehouse, datetime(2012, 12, 20, 8, 30, tzinfo=VIETNAM))
    assert "- Chưa đến hạn (2): Bà Rịa - Vũng Tàu, Bắc Giang." in early
    late = body(warehouse, datetime(2013, 1, 2, 8, 30, tzinfo=VIETNAM))
    assert "- Quá hạn (2): Bà Rịa - Vũng Tàu, Bắc Giang." in late
    made = composed(warehouse)
    assert made is not None
    assert made.subject == "Tình hình báo cáo ngày 27/12/2012: 2 cơ quan chưa hoàn thành"


def test_a_long_list_of_names_is_cut_and_counted(
    warehouse: Engine, live: SampleCycle, monkeypatch: Any
) -> None:
    monkeypatch.setattr(digest, "_NAMES_SHOWN", 2)
    assert "(3): An Giang, Bà Rịa - Vũng Tàu và 1 cơ quan khác." in body(warehouse)


def test_it_tells_what_was_agreed_for_today(warehouse: Engine, live: SampleCycle) -> None:
    first, second, third = live.offices
    with warehouse.begin() as connection:
        run_sql(
            connection,
            "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)"
            " SELECT obligation_id, '2012-12-28 00:00+07', 'phone', 'bão', 'Lãnh đạo', :at"
            " FROM cycle.obligation WHERE recipient_id = :r",
            r=first.recipient_id, at=MORNING,
        )  # fmt: skip
        run_sql(
            connection,
            "INSERT INTO cycle.contact_log (cycle_id, recipient_id, channel, spoke_with, summary,"
            " promised_on, logged_by, occurred_at)"
            " VALUES (:c, :r, 'phone', 'Chị Mai', 'Hẹn gửi', '2012-12-27', 'Hoa', :at)",
            c=live.cycle_id, r=second.recipient_id, at=MORNING,
        )  # fmt: skip
        submit(connection, live, third, outcome="to_complete")
    said = body(warehouse)
    assert "- Hết thời hạn được lùi trong hôm nay (1): An Giang." in said
    assert "- Hẹn gửi trong hôm nay (1): Bà Rịa - Vũng Tàu." in said
    assert "- Đã đề nghị hoàn thiện, chưa gửi lại (1): Bắc Giang." in said
    tomorrow = body(warehouse, MORNING + timedelta(days=1))
    assert "trong hôm nay" not in tomorrow


def test_it_tells_which_documents_wait_for_approval_and_for_a_number(
    warehouse: Engine, live: SampleCycle
) -> None:
    with warehouse.begin() as connection:
        for kind, title, decision in (
            ("urging_letter", "Đôn đốc báo cáo", None),
            ("escalation_letter", "Đề nghị chỉ đạo", "approved"),
            ("summary_report", "Báo cáo tổng hợp", "approved"),
            ("follow_up_letter", "Rà soát số liệu", "sent_back"),
        ):
            number = run_sql(
                connection,
                "INSERT INTO cycle.document (cycle_id, kind, title) VALUES (:c, :k, :t)"
                " RETURNING document_id",
                c=live.cycle_id, k=kind, t=title,
            ).scalar_one()  # fmt: skip
            run_sql(
                connection,
                "INSERT INTO cycle.document_version (document_id, version, content_hash, data_hash,"
                " source_fingerprint, body_markdown, drafted_at) VALUES (:d, 1, 'c', 'd', '', '', :at)",
                d=number, at=MORNING,
            )  # fmt: skip
            if decision:
                run_sql(
                    connection,
                    "INSERT INTO cycle.document_decision (document_id, version, step, decision, content_hash,"
                    " decided_by, decided_at) VALUES (:d, 1, 'unit', :x, 'c', 'Hoa', :at)",
                    d=number, x=decision, at=MORNING,
                )  # fmt: skip
    said = body(warehouse)
    assert "- Chờ ý kiến của đơn vị: Đôn đốc báo cáo, dự thảo lập lúc 08:30 27/12/2012." in said
    assert "- Chờ Văn thư cấp số: Đề nghị chỉ đạo, thống nhất trình ký lúc 08:30 27/12/2012." in said
    report = "- Chờ ý kiến của Lãnh đạo Bộ: Báo cáo tổng hợp, bước trước thống nhất lúc 08:30 27/12/2012."
    assert report in said
    assert "Rà soát số liệu" not in said
    assert "Đề nghị báo cáo," not in said, "the request letter has its number"


def test_it_tells_of_mails_that_failed_deliveries_put_aside_and_contacts(
    warehouse: Engine, live: SampleCycle
) -> None:
    first, second, _ = live.offices
    with warehouse.begin() as connection:
        run_sql(
            connection,
            "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address, subject,"
            " body_text, body_html, message_id_header, when_unknown, state, dated_at)"
            " VALUES (:c, :r, :k, 'request', :e, 'Đề nghị báo cáo', '', '', '<m@x>', 'leave', 'failed', :at)",
            c=live.cycle_id, r=first.recipient_id, k=first.contact_id, e=first.email, at=MORNING,
        )  # fmt: skip
        run_sql(
            connection,
            "INSERT INTO intake.archived_file (sha256, byte_count, media_type) VALUES ('a', 1, 'text/plain')",
        )
        for mode in ("live", "rehearsal"):
            run_sql(
                connection,
                "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address,"
                " received_at, handled_at, outcome, note)"
                " VALUES (:ch, :m, 'a', 'k', :f, :at, :at, 'quarantined', 'Chưa rõ')",
                ch="mail" if mode == "live" else "folder", m=mode, f=f"la@{mode}.example", at=MORNING,
            )  # fmt: skip
        run_sql(
            connection,
            "UPDATE registry.contact SET state = 'bouncing' WHERE contact_id = :k",
            k=second.contact_id,
        )
        sent = submit(connection, live, first)
        run_sql(
            connection,
            "INSERT INTO intake.cover_field VALUES (:s, 'contact_changed', 'X'), (:s, 'contact_name', 'Lan'),"
            " (:s, 'contact_email', 'lan@so.example')",
            s=sent,
        )
    said = body(warehouse)
    assert "Việc chờ xử lý (2)" in said
    failed = (
        f"- Thư không gửi được hoặc không đến được người nhận, An Giang, {first.email}, từ 08:30 27/12/2012: "
    )
    assert f'{failed}Thư "Đề nghị báo cáo"' in said
    assert "- Thư, tệp chờ xử lý, la@live.example, từ 08:30 27/12/2012: Chưa rõ" in said
    assert "la@rehearsal.example" not in said
    assert f"- Không nhận được thư (1): {second.organization_id} <{second.email}>." in said
    assert f"- Chưa có đầu mối nhận chính đang dùng (1): {second.name}." in said
    assert f"- An Giang ({first.reference_code}) đề nghị thay đổi đầu mối: Lan <lan@so.example>." in said


def test_who_was_let_off_or_whose_file_is_being_checked_counts_as_having_sent_nothing(
    warehouse: Engine, live: SampleCycle
) -> None:
    let_off, in_check, _ = live.offices
    with warehouse.begin() as connection:
        run_sql(
            connection,
            "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
            " SELECT obligation_id, 'letter', 'không có nội dung', 'lãnh đạo', :at FROM cycle.obligation"
            " WHERE recipient_id = :r",
            r=let_off.recipient_id,
            at=MORNING,
        )
        register_signed_report(connection, live, in_check)
        submit(connection, live, in_check, outcome="system_fault")
    assert "- Đã hoàn thành: 0/2 cơ quan." in body(warehouse)
    with warehouse.connect() as connection:
        (listed,) = status.cycles(connection)
    assert (listed.recipients, listed.outstanding) == (2, 1)


def test_rehearsals_and_cycles_where_nothing_is_left_to_do_are_not_in_it(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        make_cycle(connection, mode="rehearsal", at=MORNING)
    assert composed(warehouse) is None


# -- when it is sent -------------------------------------------------------------------------------


def test_it_is_sent_once_a_day_to_the_officer(
    warehouse: Engine, live: SampleCycle, officer: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send_digest(warehouse)
    assert not send_digest(warehouse)
    at(monkeypatch, MORNING + timedelta(hours=5))
    assert not send_digest(warehouse), "also later on that day"
    (mail,) = officer.to(OFFICER)
    assert mail["Subject"] == "Tình hình báo cáo ngày 27/12/2012: 3 cơ quan chưa hoàn thành"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "- Đã hoàn thành: 0/3 cơ quan." in plain.get_content()
    assert ">Đã hoàn thành: 0/3 cơ quan." in html.get_content()
    at(monkeypatch, MORNING + timedelta(days=1))
    assert send_digest(warehouse), "the next day"
    assert len(officer.to(OFFICER)) == 2


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (MORNING.replace(hour=7, minute=59), "before the office opens"),
        (datetime(2012, 12, 30, 8, 30, tzinfo=VIETNAM), "a Sunday"),
        (datetime(2013, 1, 1, 8, 30, tzinfo=VIETNAM), "New Year"),
    ],
)
def test_it_waits_for_the_office_to_open_on_a_working_day(
    warehouse: Engine,
    live: SampleCycle,
    officer: Server,
    monkeypatch: pytest.MonkeyPatch,
    moment: datetime,
    why: str,
) -> None:
    at(monkeypatch, moment)
    assert not send_digest(warehouse), why
    assert officer.captured == []


def test_without_anything_to_say_or_an_address_nothing_is_sent(
    warehouse: Engine, officer: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not send_digest(warehouse)
    with warehouse.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit.digest")) == 0
    monkeypatch.delenv("REPORTING_OFFICER_ADDRESS")
    settings.cache_clear()
    with warehouse.begin() as connection:
        make_cycle(connection, mode="live", at=MORNING)
    assert not send_digest(warehouse)
    assert officer.captured == []


def test_with_the_mail_server_down_it_is_kept_and_sent_when_it_is_back(
    warehouse: Engine, live: SampleCycle, officer: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", "127.0.0.1:1")
    settings.cache_clear()
    with pytest.raises(DigestNotSent, match="2012-12-27"):
        send_digest(warehouse)
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", f"127.0.0.1:{officer.port}")
    settings.cache_clear()
    at(monkeypatch, MORNING + timedelta(hours=2))
    answer(warehouse, live, live.offices[0])
    assert send_digest(warehouse)
    (mail,) = officer.to(OFFICER)
    assert "3 cơ quan chưa hoàn thành" in mail["Subject"], "as it was put together in the morning"


KILLED = """
import os, sys
from datetime import datetime, timedelta, timezone
from reporting import clock
from reporting.database import engine
from reporting.mail import digest
clock.wall_now = lambda: datetime(2012, 12, 27, 8, 30, tzinfo=clock.VIETNAM)
send = digest.Transport.send
def kill(*given):
    if sys.argv[1] == "after":
        send(*given)
    os._exit(9)
digest.Transport.send = kill
digest.send_digest(engine())
"""


@pytest.mark.parametrize(("when", "copies"), [("before", 1), ("after", 2)])
def test_a_kill_while_it_is_sent_loses_nothing_and_a_second_copy_bears_the_same_id(
    warehouse: Engine, live: SampleCycle, officer: Server, when: str, copies: int
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, when], check=False)
    assert ended.returncode == 9
    assert send_digest(warehouse)
    mails = officer.to(OFFICER)
    assert len(mails) == copies
    assert len({mail["Message-ID"] for mail in mails}) == 1
    assert not send_digest(warehouse)


def test_the_shell_shows_it_and_sends_nothing(warehouse: Engine, live: SampleCycle, officer: Server) -> None:
    shown = run("digest", "--day", "27/12/2012").stdout
    assert "Tình hình báo cáo ngày 27/12/2012: 3 cơ quan chưa hoàn thành" in shown
    assert "- Đã hoàn thành: 0/3 cơ quan." in shown
    assert officer.captured == []
    assert send_digest(warehouse)


def test_a_review_that_was_ordered_is_told_of_when_its_day_is_near(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        run_sql(
            connection,
            "INSERT INTO cycle.government_reply (number, signed_on, issuer, opinion_of, signer, capacity,"
            " subject, opinion, entered_by)"
            " VALUES ('1/VPCP-QHQT', '2026-01-05', 'a', 'b', 'c', 'd', 'e', 'f', 'g')",
        )
        run_sql(
            connection,
            "INSERT INTO cycle.follow_up_item (reply_id, position, wording, owner, due_on)"
            " SELECT reply_id, 1, 'Sơ kết 3 năm', 'Cục TTĐN', '2026-12-01' FROM cycle.government_reply",
        )
        near = compose_digest(connection, datetime(2026, 11, 10, 9, tzinfo=VIETNAM))
        far = compose_digest(connection, datetime(2026, 10, 1, 9, tzinfo=VIETNAM))
    assert near is not None
    assert "- Sơ kết 3 năm (Cục TTĐN), hạn 01/12/2026." in near.body_text.replace("hạn 1/12", "hạn 01/12")
    assert far is None
