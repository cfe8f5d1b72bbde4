"""Later editions of a report, supplements, copies by mail; any version of a report made again as of then."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import reporting_airflow.warehouse
import yaml
from airflow.sdk.exceptions import AirflowFailException
from docx import Document as open_docx
from openpyxl import load_workbook
from reporting_airflow import approvals, forms, waits
from reporting_airflow.names import LETTER_KIND
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from reporting import archive, data_files
from reporting.cli.app import app
from reporting.cycles import work
from reporting.cycles.opening import open_cycle
from reporting.cycles.selection import Selection
from reporting.database import query
from reporting.documents import approval, dispatch, editions, extra, lifecycle, registration, replies
from reporting.documents.lifecycle import Document, RefusedEntryError
from reporting.intake.returns.withdrawal import withdraw
from reporting.letters import official
from reporting.letters.cycle import load_letter_cycle
from reporting.mail.digest import compose_digest
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.summary import contributions, rebuild
from reporting.wording import catalogue
from tests.factories import Office, SampleCycle, add_mark, register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, approve, open_cycle_of, small_regime, vn

FIRST, SECOND, SUPPLEMENT = "summary_report", "summary_report__2", "supplement_report__1"
PUBLISHED_AT = vn(2013, 1, 18, 16)
MARKS = {"quy_che": True, "de_an": False}
PDF = b"%PDF-1.4 signed %%EOF"


def send(cycle: Rehearsed, office: Office, at: datetime, marks: dict[str, bool]) -> None:
    """A workbook of an office that was accepted, with marks of 2011 and what it wrote."""
    with cycle.engine.begin() as connection:
        number = submit(
            connection, cycle.sample, office, received_at=at, data=f"{office.short_name}{at}".encode(),
            message_id_header=f"<{office.recipient_id}.{at:%d%H%M%S}@so.example>",
        )  # fmt: skip
        for indicator, is_marked in marks.items():
            add_mark(connection, number, indicator, 2011, is_marked=is_marked)


def publish(cycle: Rehearsed, kind: str, number: str, on: date) -> Document:
    """Draft, approve, register and publish a report, as its runs would."""
    work.draft_document(cycle.engine, cycle.cycle_id, kind)
    with cycle.engine.begin() as connection:
        approve(connection, cycle.cycle_id, kind)
        registration.record_registration(
            connection, cycle.cycle_id, kind, number=number, registered_on=on, signer="Đỗ Quý Doãn",
            signed_file_name="Da ky.pdf", signed_file=PDF, entered_by="van_thu",
        )  # fmt: skip
    if kind == FIRST:
        work.complete_registration(cycle.engine, cycle.cycle_id, kind)
        work.publish(cycle.engine, cycle.cycle_id)
    else:
        work.issue_letter(cycle.engine, cycle.cycle_id, kind)
    return found(cycle, kind)


def found(cycle: Rehearsed, kind: str) -> Document:
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
    assert document is not None
    return document


def words_of(cycle: Rehearsed, kind: str) -> str:
    """The text of the newest draft's Word file, tables too."""
    document = found(cycle, kind)
    with cycle.engine.connect() as connection:
        files = lifecycle.files(connection, document.document_id, document.version)
    (sha256,) = (sha for role, name, sha in files if role == "report" and name.endswith(".docx"))
    opened = open_docx(io.BytesIO(archive.read(sha256)))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in opened.paragraphs), *cells])


def rebuilt(cycle: Rehearsed, kind: str = FIRST, version: int | None = None) -> rebuild.Rebuilt:
    with cycle.engine.connect() as connection:
        return rebuild.rebuild(connection, rebuild.find_version(connection, cycle.cycle_id, kind, version))


def prepare(cycle: Rehearsed) -> Rehearsed:
    """Issue, take two of three answers, and publish the report as 117/BC-BTTTT."""
    cycle.issue()
    for office in cycle.offices[:2]:
        send(cycle, office, vn(2012, 12, 20, 9), MARKS)
    cycle.go_to(PUBLISHED_AT)
    publish(cycle, FIRST, "117/BC-BTTTT", date(2013, 1, 18))
    return cycle


@pytest.fixture
def published(small: Rehearsed) -> Rehearsed:
    return prepare(small)


def change_a_mark(cycle: Rehearsed) -> None:
    """The first office sends other figures, after the report."""
    cycle.go_to(vn(2013, 1, 25, 9))
    send(cycle, cycle.offices[0], vn(2013, 1, 25, 8), {"quy_che": False, "de_an": True})


def test_edition_one_is_rebuilt_bit_equal_after_marks_changed_and_edition_two_is_out(
    published: Rehearsed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = rebuilt(published)
    assert first.is_same
    assert {file.role for file in first.files} >= {"report", "appendix", "reconciliation", "snapshot"}
    change_a_mark(published)
    reason = "An Giang đính chính số liệu"
    kind = editions.reopen(published.engine, published.cycle_id, reason=reason, by="truong_phong")
    assert kind == SECOND
    second = publish(published, SECOND, "121/BC-BTTTT", date(2013, 1, 25))
    assert second.is_published
    assert found(published, FIRST).number == "117/BC-BTTTT", "edition 1 stays as it is"
    opening = words_of(published, SECOND)
    assert "Báo cáo này thay thế Báo cáo số 117/BC-BTTTT ngày 18/01/2013" in opening
    assert reason in opening
    again = rebuilt(published)
    assert again.is_same
    assert [f.data for f in again.files] == [f.data for f in first.files]
    assert rebuilt(published, SECOND).is_same

    # nor do a template and sentences that are edited later change the past
    edited = tmp_path / "templates" / "report" / "summary_report.docx"
    edited.parent.mkdir(parents=True)
    document = open_docx(str(official.TEMPLATES / "report/summary_report.docx"))
    document.add_paragraph("Một dòng mới của mẫu")
    document.save(str(edited))
    monkeypatch.setenv("REPORTING_TEMPLATES", str(tmp_path / "templates"))
    settings.cache_clear()
    other = dict(catalogue.of_today()) | {"report.opening": "Lời mở đầu khác {ministry}{addressee}{subject}"}
    monkeypatch.setattr(catalogue, "of_today", lambda: other)
    assert rebuilt(published).is_same
    with published.engine.connect() as connection:
        live = work.render_document(connection, published.cycle_id, FIRST)
        connection.rollback()
    assert "Một dòng mới của mẫu" in _docx(live.files[0].data)
    assert "mở đầu khác" in _docx(live.files[0].data)


def _docx(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return file.read("word/document.xml").decode()


def test_the_values_of_a_published_report_stand_whatever_comes_after(published: Rehearsed) -> None:
    statement = (
        "SELECT r.position, f.indicator, f.state FROM cycle.published_report p"
        " CROSS JOIN LATERAL core.values_as_of(p.document_id, p.version) f JOIN cycle.recipient r"
        " USING (recipient_id) WHERE p.kind = 'summary_report' ORDER BY 1, 2"
    )
    said = published.rows(statement)
    assert len(said) == 4
    change_a_mark(published)
    assert published.rows(statement) == said
    # even if what it rests on is read anew: the rows of then are kept
    published.run("UPDATE intake.submission SET revision = revision + 1 WHERE version = 1")
    published.run("UPDATE core.fact SET state = 'no'")
    assert published.rows(statement) == said


def test_reopening_is_done_once_and_only_after_publication(small: Rehearsed) -> None:
    with pytest.raises(RefusedEntryError, match="chưa phát hành"):
        editions.reopen(small.engine, small.cycle_id, reason="sai số liệu", by="a")
    prepare(small)
    with pytest.raises(RefusedEntryError, match="lý do"):
        editions.reopen(small.engine, small.cycle_id, reason=" ", by="a")
    for _ in range(2):
        assert editions.reopen(small.engine, small.cycle_id, reason="sai số liệu", by="a") == SECOND
    with pytest.raises(RefusedEntryError, match="lý do khác"):
        editions.reopen(small.engine, small.cycle_id, reason="khác", by="a")
    assert small.value("SELECT count(*) FROM audit.event WHERE kind = 'report_reopened'") == 1
    with pytest.raises(RefusedEntryError, match="không cần báo cáo bổ sung"):
        editions.start_supplement(small.engine, small.cycle_id, by="a")


def test_a_supplement_tells_what_came_since_and_the_next_starts_from_it(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    with pytest.raises(RefusedEntryError, match="Chưa có cơ quan nào"):
        editions.start_supplement(engine, cycle_id, by="can_bo")
    change_a_mark(published)
    send(published, published.offices[2], vn(2013, 1, 25, 8), MARKS)
    with engine.begin() as connection:
        register_signed_report(connection, published.sample, published.offices[1], date(2013, 1, 24))
    with engine.connect() as connection:
        news = editions.news(connection, cycle_id)
    assert news.counts == {"submission": 2, "signed_report": 1}
    assert news.offices == tuple(office.short_name for office in published.offices)
    for _ in range(2):
        assert editions.start_supplement(engine, cycle_id, by="can_bo") == SUPPLEMENT
    first_of_all = rebuilt(published)
    publish(published, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    said = words_of(published, SUPPLEMENT)
    a, b, c = (office.short_name for office in published.offices)
    assert "Căn cứ Báo cáo số 117/BC-BTTTT ngày 18/01/2013" in said
    assert f"01 tỉnh, thành phố gửi số liệu lần đầu: {c}." in said
    assert f"01 tỉnh, thành phố điều chỉnh số liệu đã gửi: {a}." in said
    assert f"{b} (số 97/BC-STTTT ngày 24/01/2013)" in said
    assert "3/3 tỉnh, thành phố (tại Báo cáo số 117/BC-BTTTT là 2/3)" in said
    assert said.split("\n").count("Theo Báo cáo số 117/BC-BTTTT") == 2, "the figures and the rows of offices"
    assert rebuilt(published, SUPPLEMENT).is_same
    assert [f.data for f in rebuilt(published).files] == [f.data for f in first_of_all.files]
    with engine.connect() as connection:
        assert editions.news(connection, cycle_id).offices == (), "told now"
    with pytest.raises(RefusedEntryError, match="130/BC-BTTTT"):
        editions.start_supplement(engine, cycle_id, by="can_bo")

    published.go_to(vn(2013, 2, 5, 9))
    send(published, published.offices[1], vn(2013, 2, 4, 8), {"quy_che": True, "de_an": True})
    assert editions.start_supplement(engine, cycle_id, by="can_bo") == "supplement_report__2"
    publish(published, "supplement_report__2", "140/BC-BTTTT", date(2013, 2, 5))
    second = words_of(published, "supplement_report__2")
    assert "Căn cứ Báo cáo số 130/BC-BTTTT" in second
    assert f"điều chỉnh số liệu đã gửi: {b}." in second
    assert a not in second.split("Phụ lục")[0].replace("tỉnh", ""), "what was told is not told again"


def test_a_supplement_lapses_when_nothing_is_left_or_an_edition_is_made(
    published: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    change_a_mark(published)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    with engine.begin() as connection:
        run_id = approval.open_request(connection, found(published, SUPPLEMENT)).run_id
    editions.reopen(engine, cycle_id, reason="số liệu thay đổi nhiều", by="truong_phong")
    with pytest.raises(work.LapsedError):
        work.draft_document(engine, cycle_id, SUPPLEMENT)
    with engine.connect() as connection:
        kinds = connection.execute(query("documents/open_reports"), {"cycle_id": cycle_id}).scalars().all()
    assert kinds == [SECOND], "nothing carries the supplement on"
    monkeypatch.setattr(reporting_airflow.warehouse, "engine", lambda: engine)
    monkeypatch.setattr(approvals, "engine", lambda: engine)
    assert waits.document_ready(cycle_id, SUPPLEMENT, "approved", 1), "who waits for it is told"
    assert approvals.question(run_id).is_decided, "nobody is asked about it any more"
    publish(published, SECOND, "121/BC-BTTTT", date(2013, 1, 25))
    with engine.connect() as connection:
        assert editions.news(connection, cycle_id).offices == ()


def test_what_comes_while_a_supplement_waits_lapses_its_approval(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    change_a_mark(published)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    with engine.begin() as connection:
        approve(connection, cycle_id, SUPPLEMENT)
    assert found(published, SUPPLEMENT).decision == "approved"
    send(published, published.offices[2], vn(2013, 1, 25, 8, 30), MARKS)
    assert work.draft_document(engine, cycle_id, SUPPLEMENT) == 2
    assert found(published, SUPPLEMENT).decision is None
    assert work.draft_document(engine, cycle_id, SUPPLEMENT) == 2, "the same again adds nothing"


def test_files_of_a_published_report_are_frozen(published: Rehearsed) -> None:
    before = published.rows("SELECT role, filename, sha256 FROM cycle.document_file ORDER BY 1, 2, 3")
    change_a_mark(published)
    assert work.draft_document(published.engine, published.cycle_id, FIRST) == 1
    with pytest.raises(ValueError, match="registered"), published.engine.begin() as connection:
        lifecycle.add_version(
            connection,
            published.cycle_id,
            FIRST,
            work.render_document(connection, published.cycle_id, FIRST),
        )
    work.publish(published.engine, published.cycle_id)
    assert published.rows("SELECT role, filename, sha256 FROM cycle.document_file ORDER BY 1, 2, 3") == before
    assert published.value("SELECT count(*) FROM cycle.publication") == 2  # the request and the report


@pytest.fixture
def mailed(registered: Engine) -> Rehearsed:
    """A cycle whose regime mails its report to the offices asked."""
    regime = small_regime(registered)
    assert regime.report is not None
    report = regime.report.model_copy(update={"mailed_to": ("first_few",)})
    return prepare(open_cycle_of(registered, regime.model_copy(update={"report": report})))


def test_copies_of_a_report_are_mailed_once(mailed: Rehearsed) -> None:
    names = [office.short_name for office in mailed.offices]
    assert mailed.mails("report_copy") == names
    work.publish(mailed.engine, mailed.cycle_id)
    assert mailed.mails("report_copy") == names
    (subject, body, attachments, policy, state) = mailed.rows(
        "SELECT subject, body_text, attachments, when_unknown, state FROM cycle.message"
        " WHERE step = 'report_copy' ORDER BY message_id LIMIT 1"
    )[0]
    assert "Bản sao Báo cáo số 117/BC-BTTTT" in subject
    assert "không kèm đề nghị báo cáo" in " ".join(body.split())
    assert [a["filename"] for a in attachments] == ["Da ky.pdf"]
    assert (policy, state) == ("leave", "sent")
    change_a_mark(mailed)
    editions.start_supplement(mailed.engine, mailed.cycle_id, by="can_bo")
    publish(mailed, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    work.issue_letter(mailed.engine, mailed.cycle_id, SUPPLEMENT)
    assert mailed.mails("report_copy") == [name for name in names for _ in range(2)]
    bodies = mailed.rows("SELECT body_text FROM cycle.message WHERE step = 'report_copy' AND sequence = 2")
    assert all("bổ sung Báo cáo số 117/BC-BTTTT ngày 18/1/2013" in " ".join(b.split()) for (b,) in bodies)


def test_no_copies_are_mailed_by_default(published: Rehearsed) -> None:
    assert published.mails("report_copy") == []


def test_the_commands(published: Rehearsed, tmp_path: Path) -> None:
    run = CliRunner().invoke
    cycle = published.cycle_id
    listed = run(app, ["report", "versions", cycle])
    assert listed.exit_code == 0, listed.output
    assert "117/BC-BTTTT" in listed.stdout
    made = run(app, ["report", "rebuild", cycle, "--out", str(tmp_path / "again")])
    assert made.exit_code == 0, made.output
    assert "giống bản lưu từng byte" in made.stdout
    assert (tmp_path / "again" / "bao-cao-tong-hop.docx").is_file()
    change_a_mark(published)
    news = run(app, ["report", "news", cycle])
    assert "Sau Báo cáo số 117/BC-BTTTT ngày 18/1/2013: 1 cơ quan" in news.stdout, news.output
    started = run(app, ["report", "supplement", cycle, "--by", "can_bo"])
    assert SUPPLEMENT in started.stdout, started.output
    reopened = run(app, ["report", "reopen", cycle, "--reason", "sai số liệu", "--by", "can_bo"])
    assert SECOND in reopened.stdout, reopened.output
    unknown = run(app, ["report", "rebuild", cycle, "--edition", "7"])
    assert unknown.exit_code == 2


def test_a_rebuild_that_differs_says_which_file_and_why(
    published: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reporting.summary import draft

    monkeypatch.setattr(draft, "render_tracking_csv", lambda data: b"other")
    told = CliRunner().invoke(app, ["report", "rebuild", published.cycle_id])
    assert told.exit_code == 1
    assert "tracking.csv" in told.stdout
    assert "Phần mềm vẫn cùng phiên bản" in told.stdout
    monkeypatch.setattr("reporting.summary.means.software", lambda: {"ky-bao-cao": "99.0"})
    told = CliRunner().invoke(app, ["report", "rebuild", published.cycle_id])
    assert told.exit_code == 1
    assert "→ 99.0" in told.stdout


def test_the_digest_proposes_a_supplement_and_then_says_for_whom_it_waits(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    published.run("UPDATE cycle.milestone SET done_at = due_at WHERE done_at IS NULL")
    published.run("UPDATE cycle.cycle SET mode = 'live'")
    with engine.connect() as connection:
        assert compose_digest(connection, vn(2013, 1, 26, 8)) is None
    change_a_mark(published)
    with engine.connect() as connection:
        told = compose_digest(connection, vn(2013, 1, 26, 8))
    assert told is not None
    assert "Sau Báo cáo số 117/BC-BTTTT ngày 18/1/2013, 01 cơ quan" in told.body_text
    assert f"reporting report supplement {cycle_id}" in told.body_text
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    with engine.connect() as connection:
        told = compose_digest(connection, vn(2013, 1, 26, 8))
    assert told is not None
    assert "Báo cáo bổ sung lần thứ 1" in told.body_text
    assert "reporting report supplement" not in told.body_text


def test_the_state_of_the_report_on_the_axis_is_kept(published: Rehearsed) -> None:
    cycle, at = published.cycle_id, vn(2013, 1, 18, 15, 30)

    def note(name: str, state: dispatch.State) -> bool:
        with published.engine.begin() as connection:
            return dispatch.record(connection, cycle, FIRST, name, state, at, by="van_thu")

    assert note("Văn phòng Chính phủ", "sent")
    assert not note("văn phòng chính phủ", "sent"), "noted once"
    assert note("Chính phủ", "refused")
    with pytest.raises(RefusedEntryError):
        note("Bộ Nội vụ", "sent")
    table = "Tên cơ quan;Trạng thái;Thời điểm\nVăn phòng Chính phủ;Đã tiếp nhận;18/01/2013 15:45\n"
    for new in (1, 0):
        with published.engine.begin() as connection:
            read = dispatch.import_states(connection, cycle, FIRST, table.encode(), "truc.csv", "van_thu")
        assert (len(read.new), read.refused) == (new, ())
    with published.engine.connect() as connection:
        (counted,) = (c for c in dispatch.counts(connection, cycle) if c.kind == FIRST)
    assert (counted.sent, counted.accepted, counted.refused_by) == (0, 1, ("Chính phủ",))
    shown = CliRunner().invoke(app, ["letter", "show", cycle])
    assert "Từ chối tiếp nhận: Chính phủ" in shown.stdout, shown.output


def test_a_reply_is_linked_to_the_supplement_that_it_answers(published: Rehearsed) -> None:
    reply = replies.Reply(
        number="77/VPCP-QHQT", signed_on=date(2013, 2, 1), issuer="Văn phòng Chính phủ", opinion_of="PTTg",
        signer="Nguyễn Văn A", capacity="KT. BỘ TRƯỞNG, CHỦ NHIỆM", subject="Về báo cáo", opinion="Đồng ý",
        answers=replies.Answered(number="130/BC-BTTTT"), owner="Cục TTĐN",
        directions=(replies.Direction(wording="Đôn đốc các địa phương"),),
    )  # fmt: skip

    def recorded() -> replies.RecordedReply:
        with published.engine.begin() as connection:
            replies.record_reply(connection, reply, by="van_thu")
            (one,) = replies.replies(connection)
        return one

    assert recorded().answered_kind is None, "that report is not out yet"
    change_a_mark(published)
    editions.start_supplement(published.engine, published.cycle_id, by="can_bo")
    publish(published, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    one = recorded()
    assert (one.answered_cycle, one.answered_kind, one.open_count) == (published.cycle_id, SUPPLEMENT, 1)
    shown = CliRunner().invoke(app, ["reply", "show", "77/VPCP-QHQT"])
    assert "Báo cáo bổ sung 1 (số 130/BC-BTTTT)" in shown.stdout, shown.output


class _Pushed:
    """A task instance that remembers what was pushed."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def xcom_push(self, key: str, value: str) -> None:
        self.values[key] = value


def test_the_form_in_airflow_starts_both_and_the_keeper_finds_them(
    published: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting_airflow.warehouse, "engine", lambda: published.engine)
    change_a_mark(published)
    run = SimpleNamespace(triggering_user_name="truong_phong")

    def start(**entered: str) -> str:
        pushed = _Pushed()
        cycle = forms.start_letter({"cycle_id": published.cycle_id, **entered}, "run_1", run, pushed)
        assert cycle == published.cycle_id
        return pushed.values[LETTER_KIND]

    def open_now() -> list[str]:
        with published.engine.connect() as connection:
            return [letter.kind for letter in extra.open_letters(connection)]

    assert start(family="supplement") == SUPPLEMENT
    assert open_now() == [SUPPLEMENT]
    with pytest.raises(AirflowFailException, match="lý do"):
        start(family="edition")
    assert start(family="edition", reason="đính chính số liệu") == SECOND
    assert start(kind=SECOND) == SECOND, "a run that goes on with it"
    assert open_now() == [SECOND], "the supplement lapsed"
    publish(published, SECOND, "121/BC-BTTTT", date(2013, 1, 25))
    assert open_now() == []


def test_corrected_evidence_is_told_and_a_return_that_says_the_same_is_not(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    published.go_to(vn(2013, 1, 25, 9))
    send(published, published.offices[1], vn(2013, 1, 25, 7), MARKS)  # the same once more
    with pytest.raises(RefusedEntryError, match="không thay đổi"):
        editions.start_supplement(engine, cycle_id, by="can_bo")
    with engine.begin() as connection:
        number = submit(
            connection, published.sample, published.offices[0], received_at=vn(2013, 1, 25, 8),
            data=b"evidence", message_id_header="<evidence@so.example>",
        )  # fmt: skip
        add_mark(
            connection, number, "quy_che", 2011, is_marked=True, number="99/QĐ-UBND", on=date(2011, 5, 5)
        )
        add_mark(connection, number, "de_an", 2011, is_marked=False)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    publish(published, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    said = words_of(published, SUPPLEMENT)
    assert "99/QĐ-UBND ngày 5/5/2011" in said
    assert f"01 tỉnh, thành phố điều chỉnh số liệu đã gửi: {published.offices[0].short_name}." in said
    assert published.offices[1].short_name not in said, "what it sent once more says nothing new"
    assert "99/QĐ-UBND" in _rows_of(published, SUPPLEMENT)
    assert rebuilt(published, SUPPLEMENT).is_same


def _rows_of(cycle: Rehearsed, kind: str) -> str:
    """All that stands in the workbook of a supplement."""
    document = found(cycle, kind)
    with cycle.engine.connect() as connection:
        files = lifecycle.files(connection, document.document_id, document.version)
    (sha256,) = (sha for role, _, sha in files if role == "appendix")
    book = load_workbook(io.BytesIO(archive.read(sha256)))
    return "\n".join(str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if c)


def test_rows_of_open_tables_that_changed_stand_in_the_supplement(registered: Engine) -> None:
    regime = load_regime("cthd_kl_57")
    cycle_id = open_cycle(registered, regime, regime.periods[0].code, "rehearsal")
    with registered.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT ON (r.position) r.recipient_id, r.organization_id, r.name, r.short_name,"
                " r.reference_code, k.contact_id, k.email FROM cycle.recipient r JOIN registry.contact k"
                " USING (organization_id) WHERE r.cycle_id = :c AND r.role = 'owes' ORDER BY r.position"
            ),
            {"c": cycle_id},
        )
        offices = tuple(Office(**row._mapping) for row in rows)
        form = load_letter_cycle(connection, cycle_id).form
    assert form is not None
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", offices))
    cycle.register(number="2100/BTTTT-TTĐN")
    issued_at = cycle.step("issue")[0]
    cycle.go_to(issued_at)
    work.issue(registered, cycle_id)
    table = form.lists[0]

    def propose(office: Office, at: datetime, *tasks: str) -> None:
        with registered.begin() as connection:
            number = submit(
                connection, cycle.sample, office, received_at=at, data=f"{at}{tasks}".encode(),
                message_id_header=f"<{office.recipient_id}.{at:%d%H%M%S}@so.example>",
            )  # fmt: skip
            for place, task in enumerate(tasks, 1):
                connection.execute(
                    text(
                        "INSERT INTO core.list_row (submission_id, cycle_id, recipient_id, list, position,"
                        " content, sheet, first_cell)"
                        " VALUES (:s, :c, :r, :l, :p, CAST(:x AS jsonb), 'B', 'A5')"
                    ),
                    {
                        "s": number, "c": cycle_id, "r": office.recipient_id, "l": table.code, "p": place,
                        "x": json.dumps({table.columns[0].code: task}, ensure_ascii=False),
                    },
                )  # fmt: skip

    a, b = offices[:2]
    propose(a, issued_at + timedelta(hours=3), "Xây dựng cổng thông tin", "Tổ chức hội nghị", "Mua thiết bị")
    cycle.go_to(cycle.step("close")[0])
    work.close(registered, cycle_id)
    published_at = cycle.step("publish")[0]
    cycle.go_to(published_at)
    publish(cycle, FIRST, "117/BC-BTTTT", published_at.date())
    cycle.go_to(published_at + timedelta(days=3))
    propose(b, published_at + timedelta(days=1), "Đào tạo cán bộ đối ngoại")
    propose(a, published_at + timedelta(days=2), "Tổ chức hội nghị", "Xây dựng cổng song ngữ")
    editions.start_supplement(registered, cycle_id, by="can_bo")
    publish(cycle, SUPPLEMENT, "130/BC-BTTTT", (published_at + timedelta(days=3)).date())
    for said in (words_of(cycle, SUPPLEMENT), _rows_of(cycle, SUPPLEMENT)):
        assert "Đào tạo cán bộ đối ngoại" in said
        assert "Xây dựng cổng song ngữ" in said
        assert "Nội dung cũ, tại Báo cáo số 117/BC-BTTTT" in said
        assert "Mua thiết bị" in said
        assert "Rút" in said
        assert "Tổ chức hội nghị" not in said, "that row stands as it was"
    assert f"điều chỉnh số liệu đã gửi: {a.short_name}." in words_of(cycle, SUPPLEMENT)
    assert rebuilt(cycle, SUPPLEMENT).is_same


def open_kinds(cycle: Rehearsed) -> list[str]:
    with cycle.engine.connect() as connection:
        return [letter.kind for letter in extra.open_letters(connection)]


def test_a_supplement_with_nothing_left_rests_until_something_comes(published: Rehearsed) -> None:
    engine, cycle_id, late = published.engine, published.cycle_id, published.offices[2]
    published.go_to(vn(2013, 1, 25, 9))
    send(published, late, vn(2013, 1, 25, 8), MARKS)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    assert open_kinds(published) == [SUPPLEMENT]
    withdraw(engine, cycle_id, late.reference_code, asked_by="office", reason="gửi nhầm", by="can_bo")
    with pytest.raises(work.LapsedError):
        work.draft_document(engine, cycle_id, SUPPLEMENT)
    assert open_kinds(published) == [], "nothing starts it again and again"
    send(published, late, vn(2013, 1, 25, 8, 30), MARKS)
    assert open_kinds(published) == [SUPPLEMENT]
    assert editions.start_supplement(engine, cycle_id, by="can_bo") == SUPPLEMENT


def register(cycle: Rehearsed, kind: str, number: str) -> None:
    with cycle.engine.begin() as connection:
        registration.record_registration(
            connection, cycle.cycle_id, kind, number=number, registered_on=date(2013, 1, 25), signer="A",
            signed_file_name="ky.pdf", signed_file=PDF, entered_by="van_thu",
        )  # fmt: skip


def test_a_supplement_that_lapsed_gets_no_number(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    change_a_mark(published)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    with engine.begin() as connection:
        approve(connection, cycle_id, SUPPLEMENT)
    editions.reopen(engine, cycle_id, reason="thay đổi nhiều", by="truong_phong")
    with pytest.raises(RefusedEntryError, match="không còn cần thiết"):
        register(published, SUPPLEMENT, "130/BC-BTTTT")
    publish(published, SECOND, "131/BC-BTTTT", date(2013, 1, 25))
    with pytest.raises(RefusedEntryError, match="không còn cần thiết"):
        register(published, SUPPLEMENT, "132/BC-BTTTT")
    with engine.connect() as connection:
        newest = editions.newest(connection, cycle_id)
    assert newest is not None
    assert newest.number == "131/BC-BTTTT"


def test_a_later_edition_names_the_supplements_that_it_replaces(published: Rehearsed) -> None:
    change_a_mark(published)
    editions.start_supplement(published.engine, published.cycle_id, by="can_bo")
    publish(published, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    editions.reopen(published.engine, published.cycle_id, reason="đính chính", by="truong_phong")
    publish(published, SECOND, "131/BC-BTTTT", date(2013, 1, 25))
    assert (
        "thay thế Báo cáo số 117/BC-BTTTT ngày 18/01/2013 và Báo cáo bổ sung số 130/BC-BTTTT ngày 25/01/2013"
        in words_of(published, SECOND)
    )
    assert rebuilt(published, SECOND).is_same


def test_a_reopening_is_revised_given_up_and_taken_up_again(published: Rehearsed) -> None:
    engine, cycle_id, run = published.engine, published.cycle_id, CliRunner().invoke
    editions.reopen(engine, cycle_id, reason="nhầm", by="truong_phong")
    work.draft_document(engine, cycle_id, SECOND)
    with engine.begin() as connection:
        approve(connection, cycle_id, SECOND)
    by = ["--by", "truong_phong"]
    revised = run(app, ["report", "revise", cycle_id, "--reason", "đính chính số liệu", *by])
    assert revised.exit_code == 0, revised.output
    assert work.draft_document(engine, cycle_id, SECOND) == 2
    assert found(published, SECOND).decision is None, "what was approved gave another reason"
    assert "đính chính số liệu" in words_of(published, SECOND)

    given_up = run(app, ["report", "abandon", cycle_id, "--reason", "lập nhầm", *by])
    assert given_up.exit_code == 0, given_up.output
    assert open_kinds(published) == []
    with pytest.raises(work.LapsedError):
        work.draft_document(engine, cycle_id, SECOND)
    with engine.begin() as connection:
        approve(connection, cycle_id, SECOND)
    with pytest.raises(RefusedEntryError, match="không còn cần thiết"):
        register(published, SECOND, "131/BC-BTTTT")
    change_a_mark(published)
    assert editions.start_supplement(engine, cycle_id, by="can_bo") == SUPPLEMENT
    publish(published, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    with pytest.raises(RefusedEntryError, match="đã có số 130/BC-BTTTT"):
        editions.abandon(engine, cycle_id, SUPPLEMENT, reason="nhầm", by="can_bo")

    assert editions.reopen(engine, cycle_id, reason="lập lại", by="truong_phong") == SECOND
    publish(published, SECOND, "131/BC-BTTTT", date(2013, 1, 25))
    assert "Báo cáo bổ sung số 130/BC-BTTTT" in words_of(published, SECOND)
    with engine.connect() as connection:
        assert editions.news(connection, cycle_id).offices == ()


def test_words_confirmed_after_the_report_are_news(small: Rehearsed) -> None:
    engine, cycle_id, office = small.engine, small.cycle_id, small.offices[0]
    small.issue()
    with engine.begin() as connection:
        form = load_letter_cycle(connection, cycle_id).form
        assert form is not None
        number = submit(connection, small.sample, office, received_at=vn(2012, 12, 20, 9), data=b"words")
        for indicator, is_marked in MARKS.items():
            add_mark(connection, number, indicator, 2011, is_marked=is_marked)
        connection.execute(
            text(
                "INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body,"
                " sheet, cell)"
                " VALUES (:s, :c, :r, :section, 'Kinh phí còn hạn hẹp so với nhu cầu.', 'TM', 'B2')"
            ),
            {"s": number, "c": cycle_id, "r": office.recipient_id, "section": form.sections[0].code},
        )
    small.go_to(PUBLISHED_AT)
    publish(small, FIRST, "117/BC-BTTTT", date(2013, 1, 18))
    assert "hạn hẹp" not in words_of(small, FIRST)
    with engine.connect() as connection:
        assert editions.news(connection, cycle_id).offices == ()
    small.go_to(vn(2013, 1, 25, 9))
    chosen = Selection(codes=(office.reference_code,))
    assert contributions.confirm(engine, cycle_id, chosen, how="điện thoại", by="can_bo") == 1
    with engine.connect() as connection:
        assert editions.news(connection, cycle_id).counts == {"contribution": 1}
    editions.start_supplement(engine, cycle_id, by="can_bo")
    publish(small, SUPPLEMENT, "130/BC-BTTTT", date(2013, 1, 25))
    said = words_of(small, SUPPLEMENT)
    assert "hạn hẹp" in said
    assert f"thuyết minh, kiến nghị đã gửi: {office.short_name}." in said


def test_an_office_without_contact_gets_its_copy_when_it_has_one(registered: Engine) -> None:
    regime = small_regime(registered)
    assert regime.report is not None
    report = regime.report.model_copy(update={"mailed_to": ("first_few",)})
    cycle = open_cycle_of(registered, regime.model_copy(update={"report": report}))
    cycle.issue()
    for office in cycle.offices[:2]:
        send(cycle, office, vn(2012, 12, 20, 9), MARKS)
    cycle.go_to(PUBLISHED_AT)
    last = cycle.offices[2]
    state = "UPDATE registry.contact SET state = :state WHERE organization_id = :o"
    cycle.run(state, state="retired", o=last.organization_id)
    publish(cycle, FIRST, "117/BC-BTTTT", date(2013, 1, 18))
    names = [office.short_name for office in cycle.offices]
    assert cycle.mails("report_copy") == names[:2]
    assert work.queue_late_copies(cycle.engine) == [], "it has steps left"
    cycle.run("UPDATE cycle.milestone SET done_at = due_at WHERE done_at IS NULL")
    assert work.queue_late_copies(cycle.engine) == [cycle.cycle_id]
    assert cycle.mails("report_copy") == names[:2]
    cycle.run(state, state="active", o=last.organization_id)
    for _ in range(2):
        work.catch_up(cycle.engine, cycle.cycle_id)
        work.queue_late_copies(cycle.engine)
        assert cycle.mails("report_copy") == names


def test_of_two_runs_that_carry_a_supplement_one_asks(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    change_a_mark(published)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    work.draft_document(engine, cycle_id, SUPPLEMENT)
    both = threading.Barrier(2)

    def ask() -> str:
        with engine.begin() as connection:
            document = lifecycle.find(connection, cycle_id, SUPPLEMENT)
            assert document is not None
            known = approval.newest_request(connection, document)
            both.wait(10)
            return approval.open_request(connection, document, after=known).run_id

    with ThreadPoolExecutor(2) as runs:
        asked = [run.result() for run in [runs.submit(ask), runs.submit(ask)]]
    assert asked[0] == asked[1]
    assert published.value("SELECT count(*) FROM cycle.approval_request WHERE run_id = :r", r=asked[0]) == 1


def test_data_files_that_are_edited_later_do_not_change_the_past(
    published: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rebuilt(published).is_same
    of_today = data_files.today

    def edited(path: Path) -> bytes:
        content = of_today(path)
        if path.name == "scorecard.yaml":
            raw = yaml.safe_load(content)
            raw["criteria"][0]["weight"] -= 10
            raw["criteria"][1]["weight"] += 10
            return yaml.safe_dump(raw, allow_unicode=True).encode()
        if path.name == "topics.yaml":
            raw = yaml.safe_load(content)
            raw["topics"] = [*reversed(raw["topics"][:-1]), raw["topics"][-1]]
            return yaml.safe_dump(raw, allow_unicode=True).encode()
        return content

    monkeypatch.setattr(data_files, "today", edited)
    again = rebuilt(published)
    assert again.is_same
    assert "scorecard.yaml" in again.edited
    told = CliRunner().invoke(app, ["report", "rebuild", published.cycle_id])
    assert told.exit_code == 0, told.output
    assert "include/scorecard.yaml" in told.stdout
    with published.engine.connect() as connection:
        live = work.render_document(connection, published.cycle_id, FIRST)
        connection.rollback()
    before = {file.filename: file.data for file in again.files}
    assert any(f.data != before[f.filename] for f in live.files if f.role != "snapshot"), (
        "edited for new ones"
    )
