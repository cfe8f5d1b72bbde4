"""The simulated offices read their mail and answer it, once, whatever is killed."""

from __future__ import annotations

import smtplib
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from rehearsal.answers import OfficeAnswer, read_answers
from rehearsal.offices import EntryOnBehalf, Offices, OfficesError, SignedReport
from rehearsal.scenario import load_scenario
from reporting.clock import VIETNAM
from reporting.forms.models import load_form
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from reporting.workbook.read import read_workbook
from tests.unit.rehearsal.test_answers import TABLE

MINISTRY = "baocao@ttdn.bo-chu-tri.example"
SCENARIO = load_scenario("tracking_2011_2012")
FORM = load_form(SCENARIO.form_code, SCENARIO.form_version)
ANSWERS = read_answers(TABLE, FORM, SCENARIO.index)
REQUESTED = datetime(2012, 12, 3, 14, tzinfo=VIETNAM)
XLSX = {"maintype": "application", "subtype": "vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Postman:
    """Carries mail between the ministry and the offices' Maildirs, in place of a server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sent: list[EmailMessage] = []
        self.breaks_after: int | None = None
        self._number = 0

    def deliver(self, address: str, message: EmailMessage) -> None:
        folder = self.root / address / "new"
        folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        (folder / f"{self._number:06d}.test").write_bytes(message.as_bytes())

    def ask(
        self, organization_id: str, subject: str, at: datetime, workbook: bytes | None = None, number: int = 1
    ) -> None:
        """A mail of the ministry to an office."""
        office = SCENARIO.behaviours[organization_id].office
        message = EmailMessage()
        message["From"] = f"Cục Thông tin đối ngoại <{MINISTRY}>"
        message["To"] = office.address
        message["Subject"] = f"DIỄN TẬP – [TTDN12-DT{number}-{office.position:02d}] {subject}"
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{office.position}.{number}.{at:%m%d%H}@ttdn.bo-chu-tri.example>"
        message.set_content("Kính gửi Quý Sở.")
        if workbook is not None:
            message.add_attachment(workbook, **XLSX, filename="bieu.xlsx")
        self.deliver(office.address, message)

    def request(self, organization_id: str, number: int = 1) -> None:
        self.ask(
            organization_id,
            "Đề nghị báo cáo tình hình",
            REQUESTED,
            blank_workbook(organization_id, number),
            number,
        )


def blank_workbook(organization_id: str, number: int = 1) -> bytes:
    office = SCENARIO.behaviours[organization_id].office
    code = f"TTDN12-DT{number}-{office.position:02d}"
    cover = CoverPage(
        "tình hình", "3456/BTTTT-TTĐN", date(2012, 12, 3), "năm 2011 - 2012", "đến hết ngày 31/12/2012",
        "ngày 31/12/2012 (thứ Hai)", office.name, "Bộ", "Cục", "đầu mối",
    )  # fmt: skip
    return build_workbook(FORM, WorkbookIdentity("c", code, FORM.code, FORM.version), cover, "key")


@pytest.fixture
def postman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Postman:
    carrier = Postman(tmp_path / "mail")

    class Session:
        def __init__(self, *_: Any, **__: Any) -> None: ...
        def set_debuglevel(self, level: int) -> None: ...
        def quit(self) -> None: ...
        def send_message(self, message: EmailMessage) -> None:
            carrier.sent.append(message)
            carrier.deliver(MINISTRY, message)
            if carrier.breaks_after == len(carrier.sent):
                raise smtplib.SMTPServerDisconnected("the connection broke after the message was taken")

    monkeypatch.setattr(smtplib, "SMTP", Session)
    return carrier


def _offices(postman: Postman, *organization_ids: str) -> Offices:
    answers: dict[str, OfficeAnswer] = {o: ANSWERS[o] for o in organization_ids}
    return Offices(postman.root, SCENARIO, answers, "127.0.0.1:25")


def _workbook(message: EmailMessage) -> Any:
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    (part,) = parsed.iter_attachments()
    return read_workbook(part.get_content(), str(part.get_filename()), FORM)


def test_an_office_answers_the_request_on_its_day_with_its_own_workbook(postman: Postman) -> None:
    postman.request("so_tttt_dong_nai")
    offices = _offices(postman, "so_tttt_dong_nai")
    assert offices.receive(REQUESTED) == 1
    moment = offices.next_moment()
    assert moment == datetime(2012, 12, 12, 17, tzinfo=VIETNAM)
    assert offices.act(moment) == 1

    (message,) = postman.sent
    assert message["From"].addresses[0].addr_spec == "dau-moi@so-tttt-dong-nai.example"
    assert message["To"] == MINISTRY
    assert message["Subject"].startswith("Re: DIỄN TẬP – [TTDN12-DT1-19]")
    assert message["In-Reply-To"] == "<19.1.120314@ttdn.bo-chu-tri.example>"
    assert message["Date"].datetime.date() == date(2012, 12, 12)
    assert message["Date"].datetime < moment
    read = _workbook(message)
    assert read.cover["organization_name"].text == "Đông Nai"
    assert read.cover["remark"].text == "SỐ LIỆU MẪU"
    assert read.blank_means_no is True
    marked = {(row.indicator, row.year) for row in read.marks if row.mark.text}
    assert marked == set(ANSWERS["so_tttt_dong_nai"].marks)

    (entry,) = offices.desk_entries(moment)
    assert isinstance(entry, SignedReport)
    assert entry.document.document_number == read.cover["report_number"].text
    assert entry.document.received_on == date(2012, 12, 12)
    offices.entered(entry)
    assert offices.next_moment() is None


def test_a_faulty_workbook_is_completed_in_the_one_that_came_back(postman: Postman) -> None:
    postman.request("so_tttt_ca_mau")
    offices = _offices(postman, "so_tttt_ca_mau")
    offices.receive(REQUESTED)
    first = offices.next_moment()
    assert first is not None
    offices.act(first)
    faulty = _workbook(postman.sent[0])
    assert "đang làm" in {row.mark.text for row in faulty.marks}

    postman.ask(
        "so_tttt_ca_mau", "Đề nghị rà soát, hoàn thiện số liệu", first, blank_workbook("so_tttt_ca_mau")
    )
    offices.receive(first)
    for entry in offices.desk_entries(first):
        offices.entered(entry)
    second = offices.next_moment()
    assert second == datetime(2012, 12, 12, 17, tzinfo=VIETNAM)
    offices.act(second)
    read = _workbook(postman.sent[1])
    assert {(row.indicator, row.year) for row in read.marks if row.mark.text} == set(
        ANSWERS["so_tttt_ca_mau"].marks
    )


def test_faults_are_in_the_first_workbook(postman: Postman) -> None:
    faulty = ("so_tttt_ninh_thuan", "so_tttt_binh_dinh", "so_tttt_quang_ninh", "so_tttt_quang_binh")
    for organization_id in faulty:
        postman.request(organization_id)
    offices = _offices(postman, *faulty)
    offices.receive(REQUESTED)
    offices.act(datetime(2012, 12, 28, 17, tzinfo=VIETNAM))
    sent = {
        m["From"].addresses[0].addr_spec.partition(".")[0][len("dau-moi@so-tttt-") :]: m for m in postman.sent
    }

    evidence = [
        row for row in _workbook(sent["ninh-thuan"]).marks if row.mark.text and not row.document_number.text
    ]
    assert len(evidence) == 1
    assert _workbook(sent["binh-dinh"]).form_version == "2010.1"
    assert _workbook(sent["quang-ninh"]).cover["reference_code"].text.endswith("-45")  # Quảng Bình's
    assert not _workbook(sent["quang-binh"]).findings


def test_who_waits_for_a_reminder_answers_the_first_of_that_day(postman: Postman) -> None:
    postman.request("so_tttt_phu_tho")
    offices = _offices(postman, "so_tttt_phu_tho")
    offices.receive(REQUESTED)
    signed_on = offices.next_moment()
    assert signed_on == datetime(2012, 12, 28, 17, tzinfo=VIETNAM)
    (entry,) = offices.desk_entries(signed_on)
    offices.entered(entry)
    assert offices.next_moment() is None

    at = datetime(2012, 12, 27, 9, tzinfo=VIETNAM)
    postman.ask("so_tttt_phu_tho", "Nhắc thời hạn gửi báo cáo", at)
    offices.receive(at)
    assert offices.next_moment() is None
    at = datetime(2013, 1, 2, 9, tzinfo=VIETNAM)
    postman.ask("so_tttt_phu_tho", "Đề nghị sớm gửi báo cáo", at)
    offices.receive(at)
    assert offices.next_moment() == datetime(2013, 1, 3, 17, tzinfo=VIETNAM)
    assert offices.desk_entries(datetime(2013, 1, 3, 17, tzinfo=VIETNAM)) == []


def test_the_ministry_enters_for_the_office_that_never_writes(postman: Postman) -> None:
    postman.request("so_tttt_bac_giang")
    offices = _offices(postman, "so_tttt_bac_giang")
    offices.receive(REQUESTED)
    moment = offices.next_moment()
    assert moment == datetime(2013, 1, 9, 17, tzinfo=VIETNAM)
    assert offices.act(moment) == 0
    signed, entry = offices.desk_entries(moment)
    assert isinstance(signed, SignedReport)
    assert signed.document.signed_on < signed.document.received_on
    assert isinstance(entry, EntryOnBehalf)
    assert not read_workbook(entry.data, entry.filename, FORM).findings


def test_offices_without_an_answer_stay_silent_and_strangers_are_an_error(postman: Postman) -> None:
    postman.request("so_tttt_an_giang")
    offices = _offices(postman)
    assert offices.receive(REQUESTED) == 1
    assert offices.next_moment() is None
    stranger = OfficeAnswer("so_tttt_atlantis", "X", {}, {})
    with pytest.raises(OfficesError, match="so_tttt_atlantis"):
        Offices(postman.root, SCENARIO, {"so_tttt_atlantis": stranger}, "127.0.0.1:25")


def test_a_driver_killed_in_the_middle_of_sending_sends_nothing_twice(postman: Postman) -> None:
    both = ("so_tttt_dong_nai", "so_tttt_ninh_thuan")
    for organization_id in both:
        postman.request(organization_id)
    moment = datetime(2012, 12, 12, 17, tzinfo=VIETNAM)
    offices = _offices(postman, *both)
    offices.receive(REQUESTED)
    postman.breaks_after = 1
    with pytest.raises(OfficesError, match=r"127\.0\.0\.1:25"):
        offices.act(moment)

    again = _offices(postman, *both)
    again.receive(moment)
    assert again.next_moment() == moment
    assert again.act(moment) == 1
    assert len({str(m["Message-ID"]) for m in postman.sent}) == len(postman.sent) == 2
    assert _offices(postman, *both).next_moment() is None


def test_a_second_rehearsal_in_the_same_mailboxes_is_answered_by_itself(postman: Postman) -> None:
    postman.request("so_tttt_dong_nai", number=1)
    postman.request("so_tttt_dong_nai", number=2)
    offices = _offices(postman, "so_tttt_dong_nai")
    offices.receive(REQUESTED)
    moment = offices.next_moment()
    assert moment is not None
    assert offices.act(moment) == 1
    assert "[TTDN12-DT2-19]" in str(postman.sent[0]["Subject"])
