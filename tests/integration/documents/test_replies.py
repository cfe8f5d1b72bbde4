"""The Government's reply: on record once, linked, followed up, carried out by a letter of the ministry."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from sqlalchemy import Engine, text

from reporting.documents import replies
from reporting.documents.lifecycle import RefusedEntryError
from reporting.documents.replies import Reply
from reporting.regimes.models import load_regime
from reporting.settings import INCLUDE
from tests.integration.rehearsed import Rehearsed
from tests.unit.cli.shell import refused, run

FILE = INCLUDE / "registry" / "replies" / "11062_vpcp_qhqt.yaml"
SEED = Path(__file__).parents[2] / "data" / "letters" / "seed_002.txt"
NUMBER = "11062/VPCP-QHQT"
REPLY = replies.load_reply(FILE)


def record(engine: Engine, reply: Reply = REPLY, **entered: Any) -> int:
    with engine.begin() as connection:
        return replies.record_reply(connection, reply, by="chuyen_vien", **entered)


def items(engine: Engine, **which: Any) -> list[replies.FollowUpItem]:
    with engine.connect() as connection:
        return replies.follow_ups(connection, **which)


def test_the_sample_says_what_the_letter_says_save_for_its_typing_errors() -> None:
    words = " ".join(SEED.read_text("utf-8").replace("đôi ngoại", "đối ngoại").split())
    assert SEED.read_text("utf-8").count("đôi ngoại") == 10
    for said in (REPLY.number, REPLY.subject, REPLY.opinion, *(d.wording for d in REPLY.directions)):
        assert said in words, said
    assert "văn bản số 117/BC-BTTTT ngày 02 tháng 12 năm 2020" in words
    assert "Phó Thủ tướng Chính phủ Vũ Đức Đam có ý kiến" in words
    assert REPLY.opinion_of == "Phó Thủ tướng Chính phủ Vũ Đức Đam"
    assert REPLY.answers is not None
    assert (REPLY.answers.number, REPLY.answers.signed_on) == ("117/BC-BTTTT", date(2020, 12, 2))
    assert (len(REPLY.directions), {d.due_on for d in REPLY.directions}) == (4, {None})


def test_a_reply_is_on_record_once_with_its_directions_to_follow_up(registered: Engine) -> None:
    assert record(registered) == record(registered)
    (reply,) = _all(registered)
    assert (reply.number, reply.answers_number, reply.answered_cycle) == (NUMBER, "117/BC-BTTTT", None)
    assert (reply.item_count, reply.open_count) == (4, 4)
    found = items(registered, number=NUMBER)
    assert [i.position for i in found] == [1, 2, 3, 4]
    assert {i.owner for i in found} == {"Các Bộ, ngành, địa phương, cơ quan liên quan"}
    assert items(registered, due_before=date(2030, 1, 1)) == []


def _all(engine: Engine) -> list[replies.RecordedReply]:
    with engine.connect() as connection:
        return replies.replies(connection)


def test_two_people_at_once_record_one_reply(registered: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: record(registered), range(4)))) == 1
    assert len(items(registered)) == 4


def test_what_was_not_known_is_added_and_what_stands_is_not_changed(registered: Engine) -> None:
    record(registered)
    later = REPLY.model_copy(update={"registered_number": "25/2021", "received_on": date(2021, 1, 4)})
    record(registered, later, filename="11062.pdf", file=b"%PDF-1.4 a reply")
    (reply,) = _all(registered)
    assert (reply.registered_number, reply.received_on, reply.filename) == (
        "25/2021",
        date(2021, 1, 4),
        "11062.pdf",
    )
    record(registered)  # knows less, takes nothing away
    assert _all(registered) == [reply]
    other = later.model_copy(update={"registered_number": "26/2021", "signer": "Người khác"})
    with pytest.raises(RefusedEntryError, match="nội dung khác ở: người ký, số đến"):
        record(registered, other)
    fewer = REPLY.model_copy(update={"directions": REPLY.directions[:3]})
    with pytest.raises(RefusedEntryError, match="các nội dung chỉ đạo"):
        record(registered, fewer)
    backwards = REPLY.model_copy(update={"number": "1/VPCP-QHQT", "received_on": date(2020, 12, 30)})
    with pytest.raises(RefusedEntryError, match="thứ tự thời gian"):
        record(registered, backwards)
    assert len(_all(registered)) == 1


def test_it_is_linked_to_the_report_that_was_made_here(small: Rehearsed) -> None:
    small.register("summary_report", "117/BC-BTTTT")
    small.run("UPDATE cycle.document_registration SET registered_on = '2020-12-02'")
    record(small.engine)
    (reply,) = _all(small.engine)
    assert reply.answered_cycle == small.cycle_id
    assert "của đợt" in run("reply", "show", NUMBER).stdout


def test_a_report_of_another_day_is_only_cited(small: Rehearsed) -> None:
    small.register("summary_report", "117/BC-BTTTT")
    record(small.engine)
    assert _all(small.engine)[0].answered_cycle is None


def test_an_item_is_closed_once_with_what_came_of_it(registered: Engine) -> None:
    record(registered)
    first, second, *_ = items(registered)

    def close(item: int, outcome: str) -> replies.FollowUpItem:
        with registered.begin() as connection:
            return replies.close_follow_up(connection, item, outcome, "chuyen_vien")

    assert close(first.item_id, "Công văn số 15/BTTTT-TTĐN").closed_by == "chuyen_vien"
    close(first.item_id, " Công văn số 15/BTTTT-TTĐN ")
    with pytest.raises(RefusedEntryError, match="đã được chuyen_vien kết thúc với kết quả: Công văn số 15"):
        close(first.item_id, "Khác")
    with pytest.raises(RefusedEntryError, match="Chưa ghi kết quả"):
        close(second.item_id, " ")
    with pytest.raises(LookupError, match="no follow-up item 99999"):
        close(99999, "x")
    assert items(registered)[0].item_id == second.item_id
    assert len(items(registered, includes_done=True)) == 4
    with registered.connect() as connection:
        count = connection.execute(
            text("SELECT count(*) FROM audit.event WHERE kind = 'follow_up_closed'")
        ).scalar_one()
    assert count == 1


def test_an_item_gets_its_day_and_owner_later_and_is_reopened(registered: Engine) -> None:
    record(registered)
    first, second, third, _ = items(registered)
    done = run(
        "follow-up", "set", first.item_id, "--due", "2021-06-30", "--owner", "Cục TTĐN", "--by", "chuyen_vien"
    )
    assert "thời hạn 30/6/2021; thực hiện: Cục TTĐN" in " ".join(done.stdout.split())
    run("follow-up", "set", first.item_id, "--due", "2021-06-30", "--by", "chuyen_vien")
    (due,) = items(registered, due_before=date(2021, 7, 1))
    assert (due.item_id, due.owner, due.due_on) == (first.item_id, "Cục TTĐN", date(2021, 6, 30))
    assert record(registered) == record(registered), "what was set by hand is no other reply"
    assert items(registered, due_before=date(2021, 7, 1)) == [due]
    assert "ít nhất một nội dung" in refused("follow-up", "set", second.item_id, "--by", "chuyen_vien")
    assert "no follow-up item 99999" in refused(
        "follow-up", "set", 99999, "--owner", "x", "--by", "chuyen_vien"
    )

    reopen = ("follow-up", "reopen", third.item_id, "--reason", "chưa xong", "--by", "truong_phong")
    assert "chưa kết thúc" in refused(*reopen)
    run("follow-up", "close", third.item_id, "--outcome", "Công văn 15", "--by", "chuyen_vien")
    assert "mở lại" in refused("follow-up", "set", third.item_id, "--owner", "x", "--by", "chuyen_vien")
    assert "được theo dõi tiếp" in run(*reopen).stdout
    assert third.item_id in {item.item_id for item in items(registered)}
    with registered.connect() as connection:
        told = connection.execute(
            text(
                "SELECT kind, detail FROM audit.event"
                " WHERE kind ~ '^follow_up_(set|reopened)' ORDER BY event_id"
            )
        ).all()
    assert [row.kind for row in told] == ["follow_up_set", "follow_up_reopened"]
    assert (told[0].detail["due_on"], told[0].detail["due_before"]) == ("2021-06-30", None)
    assert told[1].detail["outcome_before"] == "Công văn 15"


def test_recording_a_reply_again_adds_what_was_not_known_of_its_directions(registered: Engine) -> None:
    record(registered)
    directions = [
        d.model_copy(update={"due_on": date(2021, 6, 30), "owner": "Cục TTĐN"}) for d in REPLY.directions
    ]
    record(registered, REPLY.model_copy(update={"directions": tuple(directions)}))
    assert {(i.owner, i.due_on) for i in items(registered)} == {("Cục TTĐN", date(2021, 6, 30))}
    other = [d.model_copy(update={"due_on": date(2022, 6, 30)}) for d in directions]
    with pytest.raises(RefusedEntryError, match="các nội dung chỉ đạo"):
        record(registered, REPLY.model_copy(update={"directions": tuple(other)}))


def test_the_letter_that_carries_it_out_asks_for_what_was_directed(
    registered: Engine, tmp_path: Path
) -> None:
    record(registered)
    arguments = (
        "reply", "draft-letter", NUMBER, "--addressees", "ministries,provincial_committees", "--regime",
        "cthd_kl_57", "--request-on", "2021-01-15", "--report-by", "30/6/2021", "--out", tmp_path,
    )  # fmt: skip
    done = run(*arguments)
    assert done.exit_code == 0, done.stderr
    (file,) = tmp_path.glob("*.docx")
    document = Document(io.BytesIO(file.read_bytes()))
    printed = " ".join(p.text for p in document.paragraphs)
    head = " ".join(c.text for c in document.tables[0].rows[-1].cells)
    assert "triển khai thực hiện ý kiến chỉ đạo tại Văn bản số" in " ".join(
        head.replace("\u00a0", " ").split()
    )
    assert (
        "Thực hiện ý kiến chỉ đạo của Phó Thủ tướng Chính phủ Vũ Đức Đam tại Văn bản số 11062/VPCP-QHQT ngày "
        "31/12/2020 của Văn phòng Chính phủ" in printed
    )
    for number, direction in enumerate(REPLY.directions, start=1):
        assert f"{number}. {direction.wording}." in printed
    assert "đến hết ngày 30/6/2021" in printed
    assert "Ủy ban nhân dân các tỉnh, thành phố trực thuộc Trung ương" in printed
    assert "{" not in printed
    # a closed direction is left out, and nothing is written when all are closed
    for item in items(registered):
        run("follow-up", "close", item.item_id, "--outcome", "Công văn 15", "--by", "chuyen_vien")
    assert "không còn nội dung chỉ đạo nào" in refused(*arguments)


def test_without_a_report_nothing_is_owed_and_the_cycle_is_opened_once(registered: Engine) -> None:
    record(registered)
    first = items(registered)[0]
    with registered.connect() as connection:
        regime = replies.directive_regime(
            connection,
            NUMBER,
            load_regime("cthd_kl_57"),
            ["provincial_committees"],
            request_on=date(2021, 1, 15),
            items=[first.item_id],
        )
        drafted = replies.draft_letter(connection, regime)
    assert "1\\. Phát huy" in drafted.body_markdown or "1. Phát huy" in drafted.body_markdown
    assert "báo cáo kết quả thực hiện có chữ ký số" not in drafted.body_markdown.lower()
    ids = {
        replies.open_directive(registered, NUMBER, regime, "rehearsal", by="chuyen_vien") for _ in range(2)
    }
    (cycle_id,) = ids
    with registered.connect() as connection:
        owed = connection.execute(
            text("SELECT count(*) FROM cycle.obligation WHERE cycle_id = :c"), {"c": cycle_id}
        ).scalar_one()
        opened = connection.execute(
            text("SELECT count(*) FROM audit.event WHERE kind = 'opened_for_reply' AND cycle_id = :c"),
            {"c": cycle_id},
        ).scalar_one()
    assert (owed, opened) == (0, 1)
    other = regime.model_copy(update={"title": "Khác"})
    with pytest.raises(RefusedEntryError, match="đã được mở với nội dung hoặc nơi nhận khác"):
        replies.open_directive(registered, NUMBER, other, "rehearsal", by="chuyen_vien")


def test_a_list_that_nobody_greets_is_named(registered: Engine) -> None:
    record(registered)
    with registered.connect() as connection, pytest.raises(LookupError, match="lists that are greeted:"):
        replies.directive_regime(
            connection, NUMBER, load_regime("cthd_kl_57"), ["khong_co"], request_on=date(2021, 1, 15)
        )


def test_replies_and_items_are_shown(registered: Engine) -> None:
    assert "Chưa có văn bản trả lời nào" in run("reply", "list").stderr
    done = run("reply", "record", FILE, "--by", "chuyen_vien").stdout
    assert (
        "Đã ghi nhận Văn bản số 11062/VPCP-QHQT ngày 31/12/2020 của Văn phòng Chính phủ; 4 nội dung" in done
    )
    assert "chỉ được trích dẫn" in done
    assert NUMBER in run("reply", "list").stdout
    assert "Phát huy những kết quả" in run("reply", "show", NUMBER.lower()).stdout
    assert NUMBER in run("follow-up", "list").stdout
    assert "Không có việc nào" in run("follow-up", "list", "--due-before", "2030-01-01").stderr
    assert f"there are: {NUMBER}" in refused("reply", "show", "1/VPCP")


def test_a_malformed_file_names_the_place(tmp_path: Path) -> None:
    file = tmp_path / "reply.yaml"
    file.write_text("number: 1/VPCP\nsigned_on: hôm qua\n", "utf-8")
    with pytest.raises(ValueError, match=r"reply\.yaml.*signed_on"):
        replies.load_reply(file)
