"""Signed files of real drafts: what is asked, what stands only with a reason, what is kept."""

from __future__ import annotations

import io
import shutil
from datetime import date
from typing import Any

import pytest
from docx import Document
from reporting_airflow import approvals
from reporting_airflow.names import APPROVE_OPTION

from reporting import archive
from reporting.cycles import work
from reporting.documents import approval, lifecycle, registration
from reporting.documents.lifecycle import RefusedEntryError, UnconfirmedError
from reporting.pdf import to_pdf
from reporting.settings import settings
from tests.integration.intake import scanner
from tests.integration.rehearsed import Rehearsed, vn
from tests.integration.rehearsed import approve as approve_draft

needs_libreoffice = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice makes the PDF"
)
KEPT = "SELECT text_check, text_difference, difference_accepted_because FROM cycle.document_registration"


def approve(cycle: Rehearsed, kind: str = "request_letter") -> bytes:
    """Draft and approve a document; returns its Word file."""
    work.draft_document(cycle.engine, cycle.cycle_id, kind)
    with cycle.engine.begin() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
        assert document is not None
        approve_draft(connection, cycle.cycle_id, kind, "don_vi")
        found = lifecycle.files(connection, document.document_id, document.version)
        return archive.read(next(sha for _, name, sha in found if name.endswith(".docx")))


def register(cycle: Rehearsed, signed: bytes, kind: str = "request_letter", **changes: Any) -> None:
    entry: dict[str, Any] = {
        "number": "3621/BTTTT-TTĐN",
        "registered_on": date(2012, 12, 3),
        "signer": "Đỗ Quý Doãn",
        "signed_file_name": "Da ky.pdf",
        "signed_file": signed,
        "entered_by": "van_thu",
    }
    with cycle.engine.begin() as connection:
        registration.record_registration(connection, cycle.cycle_id, kind, **(entry | changes))


def rewritten(draft: bytes, *pairs: tuple[str, str]) -> bytes:
    """The Word file with other words in its paragraphs and cells."""
    document = Document(io.BytesIO(draft))
    cells = [c for t in document.tables for r in t.rows for c in r.cells]
    for paragraph in [*document.paragraphs, *(p for c in cells for p in c.paragraphs)]:
        for run in paragraph.runs:
            for old, new in pairs:
                run.text = run.text.replace(old, new)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def pdf(data: bytes) -> bytes:
    made = to_pdf(data, ".docx")
    assert made is not None
    return made


@needs_libreoffice
@pytest.mark.parametrize("kind", ["request_letter", "summary_report"])
def test_the_pdf_of_a_real_draft_passes_without_a_question(small: Rehearsed, kind: str) -> None:
    if kind == "summary_report":
        small.issue()
        small.go_to(vn(2013, 1, 18, 8))
    draft = approve(small, kind)
    number, day = ("117/BC-BTTTT", date(2013, 1, 18)) if kind == "summary_report" else (None, None)
    changes = {} if number is None else {"number": number, "registered_on": day}
    register(small, pdf(draft), kind, **changes)
    assert small.rows(
        f"{KEPT} JOIN cycle.document d USING (document_id) WHERE d.cycle_id = :c AND d.kind = :k", k=kind
    ) == [("same", None, None)]


def test_a_word_file_in_place_of_the_signed_one_passes_in_a_rehearsal(small: Rehearsed) -> None:
    register(small, approve(small), signed_file_name="Da ky.docx")
    assert small.rows(KEPT) == [("same", None, None)]


def test_a_changed_text_stands_only_with_a_reason_and_both_are_kept(small: Rehearsed) -> None:
    signed = rewritten(approve(small), ("Nguyễn", "Nguyen"), ("khó khăn, vướng mắc", "khó khăn"))
    with pytest.raises(UnconfirmedError) as asked:
        register(small, signed, difference_reason="  ")
    assert "Bản duyệt: “" in str(asked.value)
    assert "[vướng mắc,]" in str(asked.value)
    assert "ghi rõ lý do chấp nhận khác biệt" in str(asked.value)
    assert small.rows(KEPT) == []
    register(small, signed, difference_reason="Lãnh đạo Bộ sửa khi ký")
    ((check, difference, reason),) = small.rows(KEPT)
    assert (check, reason) == ("differs", "Lãnh đạo Bộ sửa khi ký")
    assert "[vướng mắc,]" in difference
    assert (
        small.value(
            "SELECT detail ->> 'accepted_because' FROM audit.event WHERE kind = 'document_registered'"
        )
        == "Lãnh đạo Bộ sửa khi ký"
    )


def test_another_number_or_date_than_printed_is_asked_again(small: Rehearsed) -> None:
    signed = rewritten(
        approve(small), ("Số:        /", "Số: 3612/"), ("ngày      tháng      năm", "ngày 02 tháng 12 năm")
    )
    with pytest.raises(UnconfirmedError) as asked:
        register(small, signed)
    assert "Số, ký hiệu nhập là 3621/BTTTT-TTĐN nhưng trên tệp đã ký ghi 3612/BTTTT-TTĐN" in str(asked.value)
    assert "Ngày văn bản nhập là 3/12/2012 nhưng trên tệp đã ký ghi 2/12/2012" in str(asked.value)
    assert "Bản duyệt" not in str(asked.value)
    with pytest.raises(UnconfirmedError, match="trước ngày đơn vị thống nhất trình ký"):
        register(small, signed, number="3612/BTTTT-TTĐN", registered_on=date(2012, 12, 2))


def test_a_scan_is_asked_about_in_a_live_cycle_only(small: Rehearsed) -> None:
    approve(small)
    scan = b"%PDF-1.7 a scan\n%%EOF\n"
    small.run("UPDATE cycle.cycle SET mode = 'live'")
    with pytest.raises(UnconfirmedError, match="Không đọc được nội dung của tệp đã ký"):
        register(small, scan)
    small.run("UPDATE cycle.cycle SET mode = 'rehearsal'")
    register(small, scan)
    assert small.rows(KEPT) == [("unread", None, None)]


def test_the_second_of_two_people_changes_nothing_and_is_on_record(small: Rehearsed) -> None:
    draft = approve(small)
    register(small, draft)
    register(small, draft)
    register(small, draft, number="3622/BTTTT-TTĐN", entered_by="van_thu_2")
    assert small.rows("SELECT number FROM cycle.document_registration") == [("3621/BTTTT-TTĐN",)]
    assert small.rows(
        "SELECT actor, detail ->> 'number' FROM audit.event WHERE kind = 'registration_not_kept'"
    ) == [("van_thu_2", "3622/BTTTT-TTĐN")]


def test_a_process_killed_between_file_and_row_leaves_an_entry_that_can_be_made_again(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = approve(small)
    real = registration.events.record

    def killed(*arguments: Any, **detail: Any) -> None:
        if arguments[2] == "document_registered":
            raise KeyboardInterrupt
        real(*arguments, **detail)

    monkeypatch.setattr(registration.events, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        register(small, draft)
    assert small.rows(KEPT) == []
    monkeypatch.undo()
    register(small, draft)
    assert small.rows(KEPT) == [("same", None, None)]


def test_the_form_shows_the_difference_and_takes_the_reason(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "engine", lambda: small.engine)
    draft = approve(small)
    with small.engine.begin() as connection:
        document = lifecycle.find(connection, small.cycle_id, "request_letter")
        assert document is not None
        run_id = approval.open_request(connection, document).run_id
    settings().desk.mkdir(parents=True)
    (settings().desk / "Da ky.docx").write_bytes(rewritten(draft, ("khó khăn, vướng mắc", "khó khăn")))
    assert approvals.record_decision(run_id, {"chosen_options": [APPROVE_OPTION]})
    entered = {
        "number": "3621/BTTTT-TTĐN",
        "registered_on": "2012-12-03",
        "signer": "Đỗ Quý Doãn",
        "signed_file": "Da ky.docx",
        "difference_reason": "",
    }
    user = {"responded_by_user": {"id": "9", "name": "van_thu"}}
    assert "Bản duyệt" in approvals.record_registration(run_id, {"params_input": entered, **user})
    shown = approvals.registration_question(f"{run_id}__lan_2").body
    assert "- Bản duyệt: “" in shown
    assert "lý do chấp nhận khác biệt" in shown
    entered["difference_reason"] = "Lãnh đạo Bộ sửa khi ký"
    assert (
        approvals.record_registration(f"{run_id}__lan_2", {"params_input": entered, **user})
        == "3621/BTTTT-TTĐN"
    )


def test_a_document_without_number_is_done_when_it_is_approved(small: Rehearsed) -> None:
    with small.engine.begin() as connection:
        version = lifecycle.add_version(
            connection,
            small.cycle_id,
            "notice_letter__1",
            lifecycle.Draft("Câu hỏi", "Kính gửi", "a hash", (), is_numbered=False),
        )
        document = lifecycle.find(connection, small.cycle_id, "notice_letter__1")
        assert document is not None
        assert not document.is_done
        approval.record_decision(
            connection, small.cycle_id, document.kind, version, document.content_hash, "approved", "don_vi"
        )
        document = lifecycle.find(connection, small.cycle_id, document.kind)
        assert document is not None
        assert (document.is_numbered, document.is_done) == (False, True)
    with pytest.raises(RefusedEntryError, match="không phải là văn bản cấp số"):
        register(small, b"x", "notice_letter__1")
    assert work.complete_registration(small.engine, small.cycle_id, "notice_letter__1")
    with small.engine.begin() as connection:
        lifecycle.publish(connection, small.cycle_id, "notice_letter__1", "pipeline")
        with pytest.raises(ValueError, match="was sent and cannot be redrafted"):
            lifecycle.add_version(
                connection, small.cycle_id, "notice_letter__1", lifecycle.Draft("Câu hỏi", "x", "other", ())
            )


def test_a_signed_file_with_a_virus_goes_to_nobody(small: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = approve(small)
    said = {"file": b"stream: Some.Virus FOUND"}
    with scanner.fake(lambda data: b"ClamAV 1/1" if data is None else said["file"]) as address:
        monkeypatch.setenv("REPORTING_CLAMAV", address)
        settings.cache_clear()
        with pytest.raises(RefusedEntryError, match=r"Some\.Virus"):
            register(small, draft)
        assert small.rows(KEPT) == []
        said["file"] = b"stream: OK"  # a false alarm, mended
        register(small, draft)
    assert len(small.rows(KEPT)) == 1
