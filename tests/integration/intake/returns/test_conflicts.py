"""Two different files from one office: ranked by who signed, or decided by an officer side by side."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from reporting.cycles.checklist import findings
from reporting.cycles.selection import RefusedChange
from reporting.intake.returns.conflict import conflicts, decide
from reporting.intake.returns.side_by_side import render_side_by_side
from reporting.intake.returns.withdrawal import withdraw
from reporting.intake.waiting import waiting
from tests.integration.intake.returns.conftest import Answered, Content, refusal
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

OTHER = "vanphong@ubnd-an-giang.example"
MINE = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 12})
MORE = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 12, "kinh_phi": 5})
THEIRS = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 9, "kinh_phi": 500})


def _register(answered: Answered, number: str, issuer: str = "recipient") -> None:
    answered.cycle.run(
        "INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number, document_number,"
        " signed_on, sent_on, received_on, signer, capacity, issuer, entered_by, entered_at)"
        " VALUES (:c, :r, :n, :n, '2012-12-17', '2012-12-17', '2012-12-17', 'Nguyễn Văn An', 'TM.', :i,"
        " 'van_thu', '2012-12-17')",
        r=answered.cycle.offices[0].recipient_id, n=number, i=issuer,
    )  # fmt: skip


def test_two_senders_of_one_rank_wait_for_an_officer(answered: Answered) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 10))
    assert (answered.current, answered.state) == (1, "completed"), (
        "the earlier one counts until it is decided"
    )
    assert answered.status("is_in_conflict")
    assert answered.events() == ["conflict_found"]
    with answered.cycle.engine.connect() as connection:
        (found,) = conflicts(connection)
        (item,) = waiting(connection)
        (told,) = [f for f in findings(connection, answered.cycle.cycle_id) if f.item == "conflict"]
    assert [(c["cell"], c["before"], c["after"]) for c in found.cells] == [
        ("C8", "12 người", "9 người"),
        ("C10", "", "500 triệu đồng"),
    ]
    assert (item.kind, item.who, item.note) == ("conflict", OTHER, str(found.conflict_id))
    assert "01 cơ quan có hai tệp mâu thuẫn chờ chuyên viên quyết định: An Giang." in told.message
    _, receipt = answered.mail("receipt")
    said = " ".join(receipt.split())
    assert "Tệp này có 02 nội dung khác với bản số 01" in said
    assert "số liệu tổng hợp tạm lấy theo bản số 01" in said
    shown = run("cycle", "show", answered.cycle.cycle_id).stdout
    assert "Hoàn thành; Mâu thuẫn, chờ chuyên viên" in shown


def test_an_officer_decides_and_it_stands(answered: Answered, tmp_path: Path) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER)
    (one,) = json.loads(run("intake", "conflicts", "--json").stdout)
    number = one["conflict_id"]
    printed = run("intake", "conflicts", "--out", tmp_path / "doi_chieu").stdout
    assert f"Mâu thuẫn số {number}: An Giang ({answered.code})" in printed
    assert "Bản lần 1 (đang dùng)" in printed
    (file,) = (tmp_path / "doi_chieu").iterdir()
    assert file.name == f"Doi chieu hai tep - {answered.code} - mau thuan {number}.xlsx"
    decision = ("--keep", "2", "--reason", "Văn phòng UBND xác nhận", "--by", "chuyen_vien")
    done = run("intake", "decide", number, *decision)
    assert done.stdout == f"Mâu thuẫn số {number}: bản lần 2 của An Giang ({answered.code}) được dùng.\n"
    assert (answered.current, answered.status("is_in_conflict")) == (2, False)
    assert run("intake", "decide", number, *decision).exit_code == 0, "repeated, it changes nothing"
    assert answered.events() == ["conflict_found", "conflict_decided"]
    engine = answered.cycle.engine
    with pytest.raises(RefusedChange) as error:
        decide(engine, number, 1, reason="x", by="y")
    assert refusal(error).startswith(f"Mâu thuẫn số {number} đã được chuyen_vien quyết định: dùng bản lần 2.")
    with pytest.raises(RefusedChange) as error:
        decide(engine, number, 7, reason="x", by="y")
    assert "Mâu thuẫn này giữa các bản 1, 2, không có bản lần 7." in refusal(error)
    assert "Không có tệp nào mâu thuẫn" in run("intake", "conflicts").stderr
    withdraw(
        engine, answered.cycle.cycle_id, answered.code, asked_by="VP UBND", reason="nhầm", by="chuyen_vien"
    )
    assert answered.current == 1, "when the version kept is taken back, the other one counts again"


def test_the_cells_stand_side_by_side(answered: Answered) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER)
    with answered.cycle.engine.connect() as connection:
        (one,) = conflicts(connection)
    book = render_side_by_side(one)
    assert book == render_side_by_side(one)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == ["STT", "Nội dung", "Trang", "Ô", "Bản lần 1 (đang dùng)", "Bản lần 2"]
    assert OTHER in str(rows[1][5])
    assert rows[2] == [1, "Cán bộ năm 2024", "Biểu 2", "C8", "12 người", "9 người"]
    assert rows[3][4:] == ["trống", "500 triệu đồng"]


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"kind": "adjusted"}, "submission_replaced"),
        ({"content": MORE}, "submission_replaced"),
        ({"content": MINE, "data": b"saved again"}, "submission_same"),
    ],
    ids=["marked as adjusted", "only added to", "the same content"],
)  # fmt: skip
def test_another_sender_who_does_not_contradict_simply_follows(
    answered: Answered, how: dict[str, object], kind: str
) -> None:
    answered.send(MINE)
    answered.send(**{"content": THEIRS, "sender": OTHER} | how)  # type: ignore[arg-type]
    assert (answered.current, answered.events()) == (2, [kind])


def test_an_answer_to_our_receipt_replaces_but_one_to_the_request_does_not(answered: Answered) -> None:
    statement = "SELECT message_id_header FROM cycle.message WHERE recipient_id = :r AND step = :s"
    office = answered.cycle.offices[0].recipient_id
    answered.send(MINE)
    request = answered.cycle.value(statement, r=office, s="request")
    answered.send(THEIRS, sender=OTHER, answers=request, data=b"to the request")
    assert answered.events() == ["conflict_found"], "both departments may have the request"
    receipt = answered.cycle.value(statement + " ORDER BY message_id LIMIT 1", r=office, s="receipt")
    answered.send(THEIRS, sender=OTHER, answers=receipt, data=b"to the receipt")
    assert answered.current == 3


def test_the_signed_report_of_the_higher_source_decides(answered: Answered) -> None:
    _register(answered, "97/BC-STTTT")
    _register(answered, "210/BC-UBND")
    answered.send(MINE, cover={"report_number": "97/BC-STTTT"})
    answered.send(THEIRS, sender="x@khac.example", data=b"none")
    assert (answered.current, answered.events()[-1]) == (1, "submission_kept_aside")
    assert "là bản kèm báo cáo đã ký có thẩm quyền cao hơn" in " ".join(answered.mail("receipt")[1].split())
    answered.send(THEIRS, sender=OTHER, cover={"report_number": "210 /bc-ubnd"}, data=b"committee")
    assert (answered.current, answered.events()[-1]) == (3, "submission_preferred")
    assert answered.cycle.rows("SELECT version, source_rank FROM intake.submission ORDER BY version") == [
        (1, 2),
        (2, 3),
        (3, 1),
    ]


def test_a_signed_report_registered_later_settles_a_conflict(answered: Answered) -> None:
    from reporting.intake.returns.conflict import settle_by_rank

    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER, cover={"report_number": "210/BC-UBND"})
    _register(answered, "210/BC-UBND")
    office = answered.cycle.offices[0].recipient_id
    with answered.cycle.engine.begin() as connection:
        assert settle_by_rank(connection, answered.cycle.cycle_id, office, "van_thu", answered.now) == 1
        assert settle_by_rank(connection, answered.cycle.cycle_id, office, "van_thu", answered.now) == 0
    assert answered.current == 2


def test_a_conflict_with_what_was_taken_back_is_none(answered: Answered) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER)
    withdraw(
        answered.cycle.engine, answered.cycle.cycle_id, answered.code, asked_by="ông An", reason="nhầm",
        by="chuyen_vien",
    )  # fmt: skip
    assert (answered.current, answered.status("is_in_conflict")) == (2, False)
    with answered.cycle.engine.connect() as connection:
        assert conflicts(connection) == []
