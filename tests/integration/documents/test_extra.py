"""Letters beside the plan: started once, to those addressed, drafted, approved, registered, sent, cited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from reporting_airflow import forms, runs, steps, warehouse

from reporting.cycles import conducting, work
from reporting.documents import approval, extra, lifecycle, registration
from reporting.documents.extra import Correction, LetterContent
from reporting.documents.lifecycle import RefusedEntryError
from reporting.mail.delivery import start_mail, stop_mail
from tests.integration.rehearsed import Rehearsed, vn
from tests.unit.cli.shell import refused, run

REQUEST = "request_letter"
CORRECTION = Correction("đoạn 3", "hết ngày 31/12/2012", "hết ngày 15/01/2013")


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """The request was sent to three offices as 3621/BTTTT-TTĐN."""
    small.issue()
    small.go_to(vn(2012, 12, 5, 9))
    return small


def start(cycle: Rehearsed, family: extra.Family = "erratum", **entered: Any) -> str:
    about = REQUEST if family in extra.ABOUT_ANOTHER else None
    entered = {"corrections": [CORRECTION]} | entered if family == "erratum" else entered
    with cycle.engine.connect() as connection:
        content = extra.compose(connection, cycle.cycle_id, family, about=about, **entered)
    return extra.start_letter(cycle.engine, cycle.cycle_id, family, content, about=about, by="chuyen_vien")


def find(cycle: Rehearsed, kind: str) -> lifecycle.Document:
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
    assert document is not None
    return document


def register(cycle: Rehearsed, kind: str, number: str = "3700/BTTTT-TTĐN") -> None:
    """Draft the letter, approve it, register it with its own Word file as signed."""
    work.draft_document(cycle.engine, cycle.cycle_id, kind)
    document = find(cycle, kind)
    with cycle.engine.begin() as connection:
        approval.record_decision(
            connection, cycle.cycle_id, kind, document.version, document.content_hash, "approved", "don_vi"
        )
        from reporting import archive

        ((_, _, sha256),) = lifecycle.files(connection, document.document_id, document.version)
        registration.record_registration(
            connection,
            cycle.cycle_id,
            kind,
            number=number,
            registered_on=date(2012, 12, 5),
            signer="Đỗ Quý Doãn",
            signed_file_name="Cong van da ky.docx",
            signed_file=archive.read(sha256),
            entered_by="van_thu",
        )


def test_a_correction_says_what_stood_there_and_what_should(issued: Rehearsed) -> None:
    kind = start(issued)
    assert kind == "erratum_letter__1"
    work.draft_document(issued.engine, issued.cycle_id, kind)
    shown = find(issued, kind).body_markdown
    assert "đính chính Công văn số 3621/BTTTT-TTĐN" in shown
    assert "Tại đoạn 3 của Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012 có ghi: “hết ngày 31/12/2012”" in shown
    assert "Nay đính chính thành: “hết ngày 15/01/2013”" in shown
    assert find(issued, kind).about_document_id == find(issued, REQUEST).document_id


def test_the_same_letter_entered_twice_is_one_and_another_one_gets_the_next_number(issued: Rehearsed) -> None:
    assert [start(issued), start(issued)] == ["erratum_letter__1"] * 2
    assert start(issued, corrections=[Correction("đoạn 4", "a", "b")]) == "erratum_letter__2"
    assert issued.value("SELECT count(*) FROM audit.event WHERE kind = 'letter_started'") == 2


def test_two_people_at_once_start_two_letters_or_the_same_one(issued: Rehearsed) -> None:
    with ThreadPoolExecutor(4) as pool:
        kinds = list(
            pool.map(lambda n: start(issued, "notice", paragraphs=[f"Thông báo {n % 2}."]), range(4))
        )
    assert sorted(set(kinds)) == ["notice_letter__1", "notice_letter__2"]
    assert issued.value("SELECT count(*) FROM cycle.document WHERE kind LIKE 'notice%'") == 2


def test_a_letter_goes_once_to_those_addressed_and_to_no_others(issued: Rehearsed) -> None:
    first, second, _ = issued.offices
    kind = start(issued, offices=[second.name])
    with pytest.raises(work.NotYetDueError):
        work.issue_letter(issued.engine, issued.cycle_id, kind)
    register(issued, kind)
    for _ in range(2):
        work.issue_letter(issued.engine, issued.cycle_id, kind)
    assert issued.mails(kind) == [second.short_name]
    ((subject, body, attachments),) = issued.rows(
        "SELECT subject, body_text, attachments FROM cycle.message WHERE step = :s", s=kind
    )
    assert f"[{second.reference_code}] Công văn số 3700/BTTTT-TTĐN về việc đính chính" in subject
    assert "Công văn này đính chính Công văn số 3621/BTTTT-TTĐN ngày 3/12/2012" in " ".join(body.split())
    assert [a["filename"] for a in attachments] == ["Cong van da ky.docx"]
    assert find(issued, kind).is_published
    assert first.short_name not in body


def test_an_office_that_never_got_the_letter_is_refused(issued: Rehearsed) -> None:
    with pytest.raises(
        RefusedEntryError, match='không gửi cơ quan "Sở Thông tin và Truyền thông tỉnh Lào Cai"'
    ):
        start(issued, offices=["Sở Thông tin và Truyền thông tỉnh Lào Cai"])


def test_a_correction_of_a_correction_goes_where_that_one_went(issued: Rehearsed) -> None:
    second = issued.offices[1]
    first_kind = start(issued, offices=[second.reference_code])
    register(issued, first_kind)
    with issued.engine.connect() as connection:
        content = extra.compose(
            connection, issued.cycle_id, "erratum", about=first_kind, corrections=[CORRECTION]
        )
    kind = extra.start_letter(
        issued.engine, issued.cycle_id, "erratum", content, about=first_kind, by="chuyen_vien"
    )
    assert find(issued, kind).content == content.model_dump(mode="json") | {
        "offices": [second.reference_code]
    }


def test_after_a_replacement_its_number_is_cited(issued: Rehearsed) -> None:
    kind = start(issued, "replacement", paragraphs=["Bộ Thông tin và Truyền thông đề nghị Quý Sở báo cáo."])

    def cited() -> tuple[str | None, date | None]:
        with issued.engine.connect() as connection:
            request = lifecycle.cited_request(connection, issued.cycle_id)
        return (request.number, request.registered_on) if request else (None, None)

    assert cited() == ("3621/BTTTT-TTĐN", date(2012, 12, 3))
    register(issued, kind, "3701/BTTTT-TTĐN")
    assert cited() == ("3701/BTTTT-TTĐN", date(2012, 12, 5))
    issued.go_to(vn(2012, 12, 20, 9))
    work.remind(issued.engine, issued.cycle_id, "reminder__t_minus_7")
    body = issued.value("SELECT body_text FROM cycle.message WHERE step LIKE 'reminder%' LIMIT 1")
    assert "3701/BTTTT-TTĐN" in body
    assert "3621/BTTTT-TTĐN" not in body


def test_a_recall_goes_out_although_the_cycle_was_withdrawn_and_a_correction_does_not(
    issued: Rehearsed,
) -> None:
    recall = start(issued, "recall", paragraphs=["Do thay đổi kế hoạch."])
    erratum = start(issued)
    register(issued, erratum, "3702/BTTTT-TTĐN")
    issued.run("INSERT INTO cycle.withdrawal VALUES (:c, 'đổi kế hoạch', 'lanh_dao', '2012-12-05 08:00+07')")
    with issued.engine.connect() as connection:
        assert [letter.kind for letter in extra.open_letters(connection)] == [recall]
    with pytest.raises(work.LapsedError):
        work.issue_letter(issued.engine, issued.cycle_id, erratum)
    register(issued, recall, "3703/BTTTT-TTĐN")
    with pytest.raises(RefusedEntryError, match="đã được thu hồi bằng Công văn số 3703/BTTTT-TTĐN"):
        start(issued, corrections=[Correction("đoạn 9", "a", "b")])
    work.issue_letter(issued.engine, issued.cycle_id, recall)
    assert len(issued.mails(recall)) == 3
    assert issued.rows("SELECT DISTINCT state FROM cycle.message WHERE step = :s", s=recall) == [("sent",)]
    with issued.engine.connect() as connection:
        assert extra.open_letters(connection) == []


def test_what_cannot_stand_is_refused_and_nothing_kept(issued: Rehearsed) -> None:
    with pytest.raises(RefusedEntryError, match="nội dung đính chính"):
        start(issued, corrections=[])
    with pytest.raises(RefusedEntryError, match="ít nhất một đoạn văn"):
        start(issued, "notice", paragraphs=["  "])
    content = LetterContent(subject="x", paragraphs=("y",))
    for about, words in ((None, "chưa được cấp số"), ("summary_report", "chưa được cấp số")):
        with pytest.raises(RefusedEntryError, match=words):
            extra.start_letter(issued.engine, issued.cycle_id, "recall", content, about=about, by="a")
    with pytest.raises(RefusedEntryError, match="bỏ trống văn bản liên quan"):
        extra.start_letter(issued.engine, issued.cycle_id, "notice", content, about=REQUEST, by="a")
    with pytest.raises(RefusedEntryError, match="chưa đúng ở: paragraphs"):
        extra.start_letter(issued.engine, issued.cycle_id, "notice", {"subject": "x"}, by="a")
    with pytest.raises(LookupError, match="There is no cycle 'khong_co'"):
        extra.start_letter(issued.engine, "khong_co", "notice", content, by="a")
    assert issued.value("SELECT count(*) FROM cycle.document WHERE content IS NOT NULL") == 0


def test_a_revised_letter_is_put_to_the_approver_anew(issued: Rehearsed) -> None:
    kind = start(issued, "notice", paragraphs=["Lớp tập huấn mở ngày 10/12/2012."])
    assert work.draft_document(issued.engine, issued.cycle_id, kind) == 1
    assert work.draft_document(issued.engine, issued.cycle_id, kind) == 1
    done = run(
        "letter", "revise", issued.cycle_id, kind, "--paragraph", "Lớp tập huấn mở ngày 12/12/2012.",
        "--by", "chuyen_vien",
    )  # fmt: skip
    assert "bản dự thảo 2 được trình lại" in done.stdout
    assert "12/12/2012" in find(issued, kind).body_markdown
    register(issued, kind)
    again = refused("letter", "revise", issued.cycle_id, kind, "--paragraph", "x", "--by", "chuyen_vien")
    assert "Công văn đã được cấp số 3700/BTTTT-TTĐN" in again


def test_letters_are_started_from_the_shell(issued: Rehearsed) -> None:
    done = run(
        "letter", "erratum", issued.cycle_id, "--about", "3621/bttTT-TTĐN", "--place", "đoạn 3", "--printed",
        "năm 2011", "--corrected", "năm 2012", "--by", "chuyen_vien",
    )  # fmt: skip
    assert done.stdout == (
        "Công văn đính chính 1 (erratum_letter__1): đã lập, về việc đính chính Công văn số 3621/BTTTT-TTĐN.\n"
    )
    assert "Các văn bản đã cấp số: 3621/BTTTT-TTĐN" in refused(
        "letter", "recall", issued.cycle_id, "--about", "1/BTTTT", "--by", "chuyen_vien"
    )
    register(issued, "erratum_letter__1")
    assert "Công văn đính chính 1" in run("letter", "show", issued.cycle_id).stdout
    assert "is not one of" in run("letter", "draft", issued.cycle_id, "khong_co", "--out", "x").stderr


class Pushed:
    """What a task's callable uses of its task instance."""

    def __init__(self) -> None:
        self.pushed: dict[str, str] = {}

    def xcom_push(self, key: str, value: str) -> None:
        self.pushed[key] = value


class DagRun:
    triggering_user_name = "truong_phong"


def fill(cycle: Rehearsed, ti: Pushed, **changes: Any) -> str:
    params = {
        "cycle_id": cycle.cycle_id,
        "family": "erratum",
        "about": "3621/BTTTT-TTĐN",
        "place": "đoạn 3",
        "printed": "năm 2011",
        "corrected": "năm 2012",
        "paragraphs": "",
        "subject": "",
        "offices": "",
        "requested_by": "",
        "kind": None,
    }
    return forms.start_letter(params | changes, "manual__1", DagRun(), ti)


def test_the_form_starts_the_letter_once_however_often_its_task_runs(
    issued: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "engine", lambda: issued.engine)
    ti = Pushed()
    first, second, _ = issued.offices
    for _ in range(2):
        assert fill(issued, ti, offices=f"{second.name}\n {first.reference_code};") == issued.cycle_id
    assert ti.pushed == {"kind": "erratum_letter__1"}
    with issued.engine.connect() as connection:
        (letter,) = extra.open_letters(connection)
    assert letter.run_ids == ("manual__1",)
    assert issued.rows(
        "SELECT actor, detail -> 'conf' ->> 'place' FROM audit.event WHERE kind = 'letter_run_started'"
    ) == [("truong_phong", "đoạn 3")]
    content = find(issued, "erratum_letter__1").content
    assert content is not None
    assert content["offices"] == [first.reference_code, second.reference_code]
    assert fill(issued, ti, kind="erratum_letter__1") == issued.cycle_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cycle_id": "khong_co"}, 'Không có đợt báo cáo nào mang mã "khong_co"'),
        ({"about": "1/BTTTT"}, "Các văn bản đã cấp số"),
        ({"about": ""}, "Chưa chọn văn bản"),
        ({"printed": "", "corrected": ""}, "nội dung đính chính"),
        ({"family": "khac"}, "không có trong danh sách"),
        ({"offices": "Sở không có"}, 'không gửi cơ quan "Sở không có"'),
        ({"kind": "recall_letter__7"}, "không có công văn recall_letter__7"),
    ],
)
def test_a_form_that_cannot_stand_ends_its_run_at_once(
    issued: Rehearsed, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(warehouse, "engine", lambda: issued.engine)
    with pytest.raises(AirflowFailException, match=words):
        fill(issued, Pushed(), **changes)
    assert issued.value("SELECT count(*) FROM cycle.document WHERE content IS NOT NULL") == 0


def test_a_rehearsal_without_airflow_carries_such_a_letter_to_its_end(issued: Rehearsed) -> None:
    content = {"subject": "lịch tập huấn", "paragraphs": ["Lớp tập huấn mở ngày 10/12/2012."]}
    kind = extra.start_letter(issued.engine, issued.cycle_id, "notice", content, by="chuyen_vien")
    assert kind in conducting.do_due(issued.engine, issued.cycle_id, conducting.RehearsalApprover())
    assert len(issued.mails(kind)) == 3
    assert find(issued, kind).is_published
    kept = find(issued, kind).content
    assert kept is not None
    assert [copy["purpose"] for copy in kept["copies"]] == ["như trên", "lưu"]
    assert kind not in conducting.do_due(issued.engine, issued.cycle_id, conducting.RehearsalApprover())


@pytest.mark.parametrize(
    ("states", "started"),
    [
        ({}, ["__notice_letter__1"]),
        ({"__notice_letter__1": "running"}, []),
        ({"__notice_letter__1": "failed"}, []),
        ({"__notice_letter__1": "success"}, ["__notice_letter__1__lan_2"]),
        ({"manual__7": "running"}, []),
    ],
)
def test_the_keeper_gives_a_letter_that_nobody_carries_a_run(
    issued: Rehearsed, monkeypatch: pytest.MonkeyPatch, states: dict[str, str], started: list[str]
) -> None:
    kind = start(issued, "notice", paragraphs=["Lớp tập huấn mở ngày 10/12/2012."])
    extra.note_run(issued.engine, issued.cycle_id, kind, "manual__7", {}, "truong_phong")
    found: list[tuple[str, dict[str, Any]]] = []
    known = {k if k.startswith("manual") else f"{issued.cycle_id}{k}": v for k, v in states.items()}

    def count_runs(dag_id: str, run_ids: list[str], of: list[str]) -> int:
        return sum(known.get(run_id) in of for run_id in run_ids) if dag_id == "cycle_letter" else 1

    def start_run(dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
        found.append((run_id, conf))
        assert (dag_id, note) == ("cycle_letter", find(issued, kind).title)
        return True

    monkeypatch.setattr(warehouse, "engine", lambda: issued.engine)
    monkeypatch.setattr(runs, "count_runs", count_runs)
    monkeypatch.setattr(runs, "start_run", start_run)
    monkeypatch.setattr("reporting.cycles.keeping.open_missed", lambda engine: [])
    steps.keep_cycles()
    conf = {"cycle_id": issued.cycle_id, "kind": kind}
    assert found == [(f"{issued.cycle_id}{suffix}", conf) for suffix in started]


class Task(Pushed):
    """A task instance at one of its tries."""

    max_tries = 5

    def __init__(self, try_number: int) -> None:
        super().__init__()
        self.try_number = try_number


def test_a_letter_that_the_server_does_not_take_is_tried_again_and_at_last_left(
    issued: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "engine", lambda: issued.engine)
    kind = start(issued)
    register(issued, kind)
    stop_mail(issued.engine, "lanh_dao", "kiểm tra")
    with pytest.raises(work.UndeliveredError):
        forms.issue_letter(issued.cycle_id, kind, Task(5))
    assert "3 messages" in forms.issue_letter(issued.cycle_id, kind, Task(6))
    start_mail(issued.engine, "lanh_dao")
    forms.issue_letter(issued.cycle_id, kind, Task(1))
    assert issued.rows("SELECT state, count(*) FROM cycle.message WHERE step = :s GROUP BY 1", s=kind) == [
        ("sent", 3)
    ]
