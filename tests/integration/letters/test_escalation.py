"""The last rungs of the ladder: the letter to the committees themselves, and the sheet for the leadership."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from sqlalchemy import Engine

from reporting.clock import VIETNAM
from reporting.cycles import plan
from reporting.database import engine as make_engine
from reporting.documents import approval, lifecycle, registration
from reporting.documents.extra import compose, start_letter
from reporting.documents.lifecycle import Draft
from reporting.letters.defaults import default_letter
from reporting.letters.free import render_free_letter
from reporting.letters.leadership import OFFICES_SHOWN
from reporting.letters.request import render_request_letter
from reporting.letters.urging import (
    ADDRESSEES_NAMED,
    NobodyLate,
    late_offices,
    render_escalation_letter,
    render_urging_letter,
)
from reporting.pdf import to_pdf
from reporting.regimes.models import Addressees, DeadlineRule, UrgingStep
from tests.integration.letters.ladder import Opened, ladder_regime, open_ladder, urge
from tests.unit.letters.pages import page_count

ESCALATED_AT = datetime(2013, 1, 10, 8, tzinfo=VIETNAM)
MANY = (
    "An Giang", "Bà Rịa - Vũng Tàu", "Bắc Giang", "Bắc Kạn", "Bạc Liêu", "Bắc Ninh", "Bến Tre", "Bình Định",
    "Bình Dương", "Bình Phước", "Bình Thuận", "Cà Mau", "Cao Bằng", "Đắk Lắk", "Đắk Nông", "Điện Biên",
    "Đồng Nai", "Đồng Tháp", "Gia Lai", "Thừa Thiên Huế", "TP. Hồ Chí Minh", "Hà Giang",
)  # fmt: skip


@pytest.fixture
def engine(warehouse_url: str) -> Engine:
    return make_engine(warehouse_url)


def outstanding(engine: Engine, *names: str) -> Opened:
    """The cycle on the day of the letter to the committees, with these offices outstanding and urged once."""
    opened = open_ladder(engine)
    opened.only_outstanding(*names)
    urge(opened)
    opened.go_to(ESCALATED_AT)
    return opened


def escalate(opened: Opened) -> Draft:
    with opened.engine.begin() as connection:
        return render_escalation_letter(connection, opened.cycle_id)


def document(draft: Draft, file: int = 0) -> DocumentObject:
    return Document(io.BytesIO(draft.files[file].data))


def lines(made: DocumentObject) -> list[str]:
    return [" ".join(p.text.split()) for p in made.paragraphs if p.text.strip()]


def rows(made: DocumentObject) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in made.tables[-1].rows]


def log_call(opened: Opened, name: str, summary: str, promised_on: date | None, hour: int) -> None:
    opened.run(
        "INSERT INTO cycle.contact_log (cycle_id, recipient_id, channel, spoke_with, summary, promised_on,"
        " logged_by, occurred_at) SELECT :c, recipient_id, 'phone', 'Chánh Văn phòng', :summary, :promised,"
        " 'chuyen_vien', :at FROM cycle.recipient WHERE short_name = :name",
        name=name, summary=summary, promised=promised_on, at=datetime(2013, 1, 8, hour, tzinfo=VIETNAM),
    )  # fmt: skip


def test_the_letter_about_one_department_goes_to_its_committee_without_a_list(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn")
    draft = escalate(opened)
    letter = document(draft)
    assert lines(letter) == [
        "Kính gửi: Ủy ban nhân dân tỉnh Bắc Kạn",
        "Bộ Thông tin và Truyền thông đã có các Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012, số "
        "05/BTTTT-TTĐN ngày 04/01/2013 đề nghị gửi báo cáo tình hình công tác thông tin đối ngoại địa phương "
        "năm 2011 - 2012 đến hết ngày 31/12/2012. Đến hết ngày 10/01/2013, Bộ Thông tin và Truyền thông chưa "
        "nhận được báo cáo có chữ ký số; tệp số liệu (Excel) của Sở Thông tin và Truyền thông tỉnh Bắc Kạn.",
        "Để có đủ cơ sở tổng hợp, trình Chính phủ đúng thời hạn được giao tại Chỉ thị số 21/CT-TTg ngày "
        "06/8/2012, Bộ Thông tin và Truyền thông trân trọng đề nghị Quý Ủy ban quan tâm, chỉ đạo Sở Thông "
        "tin và Truyền thông tỉnh Bắc Kạn hoàn thành, gửi báo cáo về Bộ Thông tin và Truyền thông (qua Cục "
        "Thông tin đối ngoại) chậm nhất hết ngày 15/1/2013 (thứ Ba) và thông báo cán bộ lãnh đạo phụ trách "
        "để thuận tiện phối hợp. Trường hợp đã gửi, đề nghị cho biết số, ký hiệu, ngày ban hành của văn bản "
        "để đối chiếu. Thông tin chi tiết xin liên hệ chuyên viên đầu mối, Cục Thông tin đối ngoại (thư điện "
        "tử dau-moi@ttdn.bo-chu-tri.example).",
        "Bộ Thông tin và Truyền thông trân trọng cảm ơn và mong tiếp tục nhận được sự phối hợp của Quý Ủy "
        "ban./.",
    ]
    assert len(letter.sections) == 1
    assert len(letter.tables) == 2
    assert "KT. BỘ TRƯỞNG" in letter.tables[1].cell(0, 1).text
    assert "- Thứ trưởng Đỗ Quý Doãn (để b/c);" in letter.tables[1].cell(0, 0).text
    assert [f.role for f in draft.files] == ["letter", "leadership_sheet"]
    assert {(d.deliverable, d.new_last_day) for d in draft.listed} == {
        ("signed_report", date(2013, 1, 15)),
        ("data_form", date(2013, 1, 15)),
    }


def test_the_letter_about_several_names_their_committees_and_lists_the_departments(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn", "An Giang", "TP. Hồ Chí Minh")
    letter = document(escalate(opened))
    assert lines(letter)[:4] == [
        "Kính gửi:",
        "- Ủy ban nhân dân tỉnh An Giang;",
        "- Ủy ban nhân dân tỉnh Bắc Kạn;",
        "- Ủy ban nhân dân Thành phố Hồ Chí Minh.",
    ]
    assert "chưa nhận được đầy đủ báo cáo của 03 Sở (danh sách kèm theo)." in "\n".join(lines(letter))
    assert "chỉ đạo các Sở có tên trong danh sách hoàn thành" in "\n".join(lines(letter))
    assert rows(letter)[1] == [
        "1",
        "Sở Thông tin và Truyền thông tỉnh An Giang",
        "Báo cáo có chữ ký số; tệp số liệu (Excel)",
    ]


def test_more_committees_than_fit_the_salutation_are_greeted_as_those_of_the_list(engine: Engine) -> None:
    opened = outstanding(engine, *MANY[: ADDRESSEES_NAMED + 1])
    letter = document(escalate(opened))
    assert lines(letter)[0] == (
        "Kính gửi: Ủy ban nhân dân các tỉnh, thành phố trực thuộc Trung ương (theo danh sách kèm theo)"
    )
    assert len(rows(letter)) == ADDRESSEES_NAMED + 2


def test_a_late_committee_is_addressed_itself(engine: Engine) -> None:
    group = Addressees(
        group="provincial_committees", role="owes", salutation="Ủy ban nhân dân các tỉnh, thành phố"
    )
    opened = open_ladder(engine, ladder_regime(addressees=(group,)))
    opened.only_outstanding("Bắc Kạn")
    urge(opened)
    opened.go_to(ESCALATED_AT)
    said = lines(document(escalate(opened)))
    assert said[0] == "Kính gửi: Ủy ban nhân dân tỉnh Bắc Kạn"
    assert "chưa nhận được báo cáo có chữ ký số; tệp số liệu (Excel) của Quý Ủy ban." in said[1]
    assert "chỉ đạo cơ quan chuyên môn hoàn thành" in said[2]


def test_a_late_ministry_is_addressed_as_an_office(engine: Engine) -> None:
    asked_on = date(2022, 12, 5)
    period = ladder_regime().period("2011_2012")
    period = period.model_copy(
        update={
            "request_on": asked_on,
            "deadline": DeadlineRule(kind="through", day=date(2022, 12, 30)),
            "close_on": date(2023, 1, 17),
            "report_on": date(2023, 1, 18),
        }
    )
    group = Addressees(group="ministries", role="owes", salutation="Các bộ, cơ quan ngang bộ")
    opened = open_ladder(engine, ladder_regime(addressees=(group,), periods=(period,)), asked_on)
    opened.only_outstanding("Bộ Ngoại giao", "Bộ Tài chính")
    opened.go_to(datetime(2023, 1, 10, 8, tzinfo=VIETNAM))
    with opened.engine.begin() as connection:
        urging = render_urging_letter(connection, opened.cycle_id)
    assert lines(document(urging))[0] == "Kính gửi: Các bộ, cơ quan ngang bộ (theo danh sách kèm theo)"
    said = lines(document(escalate(opened)))
    assert said[1:3] == ["- Bộ Ngoại giao;", "- Bộ Tài chính."]
    assert "đã có Công văn số 3621/BTTTT-TTĐN ngày 05/12/2022 đề nghị" in said[3]
    assert "trân trọng đề nghị Quý Cơ quan quan tâm, chỉ đạo các đơn vị liên quan" in "\n".join(said)


@pytest.mark.parametrize("kind", ["through", "open"])
def test_the_default_request_is_whole_with_and_without_a_day_or_a_task(engine: Engine, kind: str) -> None:
    period = ladder_regime().period("2011_2012").model_copy(update={"upstream": None})
    changes: dict[str, object] = {"request_letter": default_letter("request_letter"), "periods": (period,)}
    deadline = " đến hết ngày 31/12/2012"
    if kind == "open":
        period = period.model_copy(update={"deadline": DeadlineRule(kind="open")})
        changes |= {"periods": (period,), "reminders": (), "urging": None, "escalation": None}
        deadline = ""
    opened = open_ladder(engine, ladder_regime(**changes))
    with opened.engine.begin() as connection:
        made = document(render_request_letter(connection, opened.cycle_id))
    title = "tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012"
    assert " ".join(made.tables[0].cell(1, 0).text.split()) == f"Số: /BTTTT-TTĐN V/v báo cáo {title}"
    assert lines(made)[1:6] == [
        "Để có cơ sở tổng hợp, báo cáo Chính phủ, Bộ Thông tin và Truyền thông đề nghị Quý Cơ quan:",
        f"1. Xây dựng báo cáo {title}, nêu rõ kết quả đạt được, khó khăn, vướng mắc, nguyên nhân và đề xuất, "
        "kiến nghị.",
        "2. Cho biết họ tên, chức vụ, điện thoại, thư điện tử công vụ của cán bộ đầu mối.",
        "Báo cáo có chữ ký số của người có thẩm quyền gửi về Bộ Thông tin và Truyền thông (qua Cục Thông tin "
        f"đối ngoại){deadline}. Thông tin chi tiết xin liên hệ chuyên viên đầu mối, Cục Thông tin đối ngoại "
        "(thư điện tử dau-moi@ttdn.bo-chu-tri.example).",
        "Trân trọng cảm ơn sự phối hợp của Quý Cơ quan./.",
    ]
    assert made.tables[1].cell(0, 0).text.splitlines()[1:] == [
        "- Như trên;", "- Bộ trưởng (để b/c);", "- Lưu: VT, TTĐN.",
    ]  # fmt: skip


def test_where_no_day_is_fixed_nothing_is_said_to_have_passed(engine: Engine) -> None:
    tracking = ladder_regime()
    period = tracking.period("2011_2012").model_copy(update={"deadline": DeadlineRule(kind="open")})
    opened = open_ladder(
        engine,
        ladder_regime(
            periods=(period,),
            reminders=(),
            urging=UrgingStep(working_days=20, new_deadline_working_days=3, anchor="issue"),
            escalation=UrgingStep(working_days=24, new_deadline_working_days=3, anchor="issue"),
        ),
    )
    opened.only_outstanding("Bắc Kạn", "An Giang")
    draft = urge(opened)
    said = lines(document(draft))
    assert said[1].startswith(
        "Ngày 03/12/2012, Bộ Thông tin và Truyền thông có Công văn số 3621/BTTTT-TTĐN về việc báo cáo tình "
        "hình công tác thông tin đối ngoại địa phương năm 2011 - 2012. Tính đến ngày 04/01/2013, "
    )
    assert len(draft.listed) == 4
    opened.go_to(ESCALATED_AT)
    letter = escalate(opened)
    everything = "\n".join([*said, *lines(document(letter)), *lines(document(letter, 1))])
    assert "hết thời hạn" not in everything
    assert "quá hạn" not in everything
    assert "- Bộ không ấn định thời hạn gửi." in everything
    assert "năm 2011 - 2012. Đến hết ngày 10/01/2013" in everything


def test_a_letter_that_counts_from_the_deadline_leaves_out_what_has_none(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn")
    opened.run("UPDATE cycle.obligation SET due_at = NULL WHERE deliverable = 'data_form'")
    with opened.engine.begin() as connection:
        (late,) = late_offices(connection, opened.cycle_id, plan.ESCALATION_LETTER)
    assert late.owes_line == "Báo cáo có chữ ký số"


def test_an_instrument_that_asks_is_cited_in_place_of_a_letter(engine: Engine) -> None:
    instrument = "Thông tư số 02/2023/TT-BTTTT"
    opened = open_ladder(engine, ladder_regime(asked_by="instrument", instrument=instrument))
    opened.only_outstanding("Bắc Kạn", "An Giang")
    said = lines(document(urge(opened)))
    assert said[1].startswith(
        f"Theo quy định tại {instrument}, các cơ quan gửi báo cáo tình hình công tác thông tin đối ngoại địa "
        "phương năm 2011 - 2012 đến hết ngày 31/12/2012. Tính đến ngày 04/01/2013"
    )


def test_offices_whose_reminders_rest_or_that_got_more_time_are_not_urged(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn", "An Giang", "Hà Giang")
    opened.run(
        "INSERT INTO cycle.pause (cycle_id, recipient_id, kind, from_at, until_at, reason, entered_by)"
        " SELECT :c, recipient_id, 'disaster', '2013-01-09', '2013-01-20', 'bão', 'chuyen_vien'"
        " FROM cycle.recipient WHERE short_name = 'Hà Giang'"
    )
    opened.run(
        "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)"
        " SELECT obligation_id, '2013-01-14', 'phone', 'chờ số liệu', 'lãnh đạo Cục', now()"
        " FROM cycle.obligation JOIN cycle.recipient USING (recipient_id) WHERE short_name = 'An Giang'"
    )
    with opened.engine.begin() as connection:
        late = late_offices(connection, opened.cycle_id, plan.ESCALATION_LETTER)
        urging = render_urging_letter(connection, opened.cycle_id)
    assert [office.short_name for office in late] == ["Bắc Kạn"]
    assert "đã nhận đủ nội dung báo cáo của 0/3 cơ quan; còn Sở" in urging.body_markdown
    assert (
        "Ngoài ra, 01 Sở đã được thống nhất lùi thời hạn gửi, 01 Sở đang được tạm hoãn đôn đốc."
        in urging.body_markdown
    )
    sheet = lines(document(escalate(opened), 1))
    assert "- Đã thống nhất lùi thời hạn: 01 cơ quan (không có tên dưới đây)." in sheet
    assert (
        "- Đang được tạm hoãn đôn đốc (do thiên tai hoặc đã thống nhất thời điểm gửi): 01 cơ quan (không có "
        "tên dưới đây)." in sheet
    )
    opened.answered("Bắc Kạn")
    with opened.engine.begin() as connection, pytest.raises(NobodyLate):
        render_escalation_letter(connection, opened.cycle_id)


def test_the_sheet_tells_what_each_owes_how_often_it_was_asked_and_what_was_promised(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn", "An Giang")
    before = escalate(opened)
    log_call(opened, "Bắc Kạn", "Đang trình ký", None, 9)
    log_call(opened, "Bắc Kạn", "Hẹn lại", date(2013, 1, 11), 15)
    log_call(opened, "An Giang", "Đang trình lãnh đạo Ủy ban nhân dân tỉnh", None, 9)
    opened.run(
        "INSERT INTO registry.contact (organization_id, email, display_name) SELECT organization_id,"
        " 'so@bac-kan.example', 'Đầu mối' FROM cycle.recipient WHERE short_name = 'Bắc Kạn'"
    )
    for step in ("reminder__t_minus_7", "reminder__t_minus_2"):
        opened.run(
            "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address, subject,"
            " body_text, body_html, message_id_header, dated_at, when_unknown, state)"
            " SELECT :c, recipient_id, contact_id, :step, email, 's', 'b', 'b', :step, now(), 'leave', 'sent'"
            " FROM cycle.recipient JOIN registry.contact USING (organization_id)"
            " WHERE email = 'so@bac-kan.example'",
            step=step,
        )
    draft = escalate(opened)
    sheet = document(draft, 1)
    owes = "Báo cáo có chữ ký số; tệp số liệu (Excel)"
    assert rows(sheet) == [
        [
            "STT",
            "Cơ quan",
            "Nội dung còn thiếu",
            "Số lần nhắc",
            "Số lần đôn đốc",
            "Trao đổi gần nhất, thời điểm hẹn",
        ],
        ["1", "An Giang", owes, "0", "1", "8/1 (điện thoại): Đang trình lãnh đạo Ủy ban nhân dân tỉnh"],
        ["2", "Bắc Kạn", owes, "2", "1", "8/1 (điện thoại): hẹn gửi ngày 11/1"],
    ]
    said = lines(sheet)
    assert "- Đã gửi đầy đủ: 0/2 cơ quan. Đề nghị đôn đốc ở mức này: 02 cơ quan." in said
    assert "- Được miễn báo cáo, không tính trong số trên: 61 cơ quan." in said
    assert any(
        line.startswith("1. Ký Công văn đề nghị chỉ đạo gửi báo cáo, chậm nhất hết ngày") for line in said
    )
    assert not any(line.startswith("Số:") for line in said)
    assert before.data_hash != draft.data_hash


def test_the_sheet_is_one_page_with_twenty_offices_and_long_remarks(engine: Engine) -> None:
    opened = outstanding(engine, *MANY)
    remark = "Đang tổng hợp, trình lãnh đạo Ủy ban nhân dân tỉnh ký, sẽ gửi ngay khi có đủ số liệu của các sở"
    for name in MANY:
        log_call(opened, name, remark, None, 9)
    sheet = escalate(opened).files[1]
    made = Document(io.BytesIO(sheet.data))
    assert len(rows(made)) == OFFICES_SHOWN + 1
    assert "Ngoài ra còn 02 cơ quan, có tên trong danh sách kèm theo dự thảo Công văn." in lines(made)
    pdf = to_pdf(sheet.data, ".docx")
    if pdf is None:
        pytest.skip("LibreOffice is not installed")
    assert page_count(pdf) == 1


def test_nothing_is_escalated_without_a_registered_request(engine: Engine) -> None:
    opened = open_ladder(engine, ladder_regime())
    opened.go_to(ESCALATED_AT)
    opened.run("DELETE FROM cycle.document_registration")
    with opened.engine.begin() as connection, pytest.raises(LookupError, match="Register it first"):
        render_escalation_letter(connection, opened.cycle_id)


def test_the_sheet_is_no_part_of_what_is_signed(engine: Engine) -> None:
    opened = outstanding(engine, "Bắc Kạn", "An Giang")
    draft = escalate(opened)
    with opened.engine.begin() as connection:
        version = lifecycle.add_version(connection, opened.cycle_id, plan.ESCALATION_LETTER, draft)
        kept = lifecycle.find(connection, opened.cycle_id, plan.ESCALATION_LETTER)
        assert kept is not None
        approval.record_decision(
            connection, opened.cycle_id, kept.kind, version, kept.content_hash, "approved", "don_vi"
        )
        registration.record_registration(  # refused without a reason where the texts differ
            connection,
            opened.cycle_id,
            kept.kind,
            number="12/BTTTT-TTĐN",
            registered_on=ESCALATED_AT.date(),
            signer="Đỗ Quý Doãn",
            signed_file_name="da-ky.docx",
            signed_file=draft.files[0].data,
            entered_by="van_thu",
        )
    assert (
        opened.run("SELECT text_check FROM cycle.document_registration WHERE number = '12/BTTTT-TTĐN'")
        == "same"
    )


def test_a_request_that_was_replaced_is_cited_by_its_replacement(engine: Engine) -> None:
    opened = open_ladder(engine)
    opened.only_outstanding("Bắc Kạn", "An Giang")
    opened.go_to(datetime(2012, 12, 10, 9, tzinfo=VIETNAM))
    with opened.engine.begin() as connection:
        content = compose(
            connection,
            opened.cycle_id,
            "replacement",
            about="request_letter",
            paragraphs=["Đề nghị gửi báo cáo."],
        )
    kind = start_letter(
        opened.engine, opened.cycle_id, "replacement", content, about="request_letter", by="chuyen_vien"
    )
    with opened.engine.begin() as connection:
        replacement = render_free_letter(connection, opened.cycle_id, kind)
    opened.register(kind, replacement, "9/BTTTT-TTĐN", date(2012, 12, 10))
    opened.go_to(datetime(2013, 1, 4, 8, tzinfo=VIETNAM))
    with opened.engine.begin() as connection:
        urging = render_urging_letter(connection, opened.cycle_id)
    assert lines(document(urging))[1].startswith(
        "Ngày 10/12/2012, Bộ Thông tin và Truyền thông có Công văn số 09/BTTTT-TTĐN về việc"
    )
