"""A document from draft to publication: what was shown is what is approved, what was signed stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection

from reporting.cycles import work
from reporting.documents import approval, lifecycle, registration
from reporting.documents.approval import Decision
from reporting.documents.lifecycle import Document, RefusedEntryError
from tests.factories import submit
from tests.integration.rehearsed import REQUEST_AT, Rehearsed, approve, draft, vn

KIND = "request_letter"


def find(cycle: Rehearsed, kind: str = KIND) -> Document:
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
    assert document is not None
    return document


def add(cycle: Rehearsed, data: str = "same data", body: bytes = b"a letter", kind: str = KIND) -> int:
    with cycle.engine.begin() as connection:
        return lifecycle.add_version(connection, cycle.cycle_id, kind, draft(data, body))


def decide(
    cycle: Rehearsed,
    decision: Decision = "approved",
    *,
    version: int | None = None,
    content_hash: str | None = None,
    kind: str = KIND,
) -> bool:
    shown = find(cycle, kind)
    with cycle.engine.begin() as connection:
        return approval.record_decision(
            connection, cycle.cycle_id, kind, version or shown.version, content_hash or shown.content_hash,
            decision, "truong_phong", "sửa thời hạn" if decision == "sent_back" else None,
        )  # fmt: skip


def register(cycle: Rehearsed, **changes: Any) -> None:
    entry: dict[str, Any] = {
        "number": "3621/BTTTT-TTĐN",
        "registered_on": date(2012, 12, 3),
        "signer": "Đỗ Quý Doãn",
        "signed_file_name": "Da ky.pdf",
        "signed_file": b"%PDF-1.4 signed",
        "entered_by": "van_thu",
    }
    with cycle.engine.begin() as connection:
        registration.record_registration(connection, cycle.cycle_id, KIND, **(entry | changes))


def kinds_of_events(cycle: Rehearsed) -> list[str]:
    return [
        kind
        for (kind,) in cycle.rows(
            "SELECT kind FROM audit.event WHERE kind LIKE 'document%'"
            " OR kind IN ('approval_lapsed', 'decision_not_kept') ORDER BY event_id"
        )
    ]


def test_a_draft_of_the_same_data_is_not_added_again(small: Rehearsed) -> None:
    assert [add(small), add(small, body=b"written again")] == [1, 1]
    assert find(small).content_hash == find(small).content_hash
    assert small.value("SELECT count(*) FROM cycle.document_version") == 1


def test_changed_data_make_the_next_draft_and_what_was_decided_stays_with_the_old_one(
    small: Rehearsed,
) -> None:
    add(small)
    decide(small)
    assert add(small, data="a later answer came") == 2
    document = find(small)
    assert (document.version, document.decision) == (2, None)
    with small.engine.connect() as connection:
        assert lifecycle.version_of(connection, document.document_id, 1).decision == "approved"
        with pytest.raises(LookupError, match="has no draft 3"):
            lifecycle.version_of(connection, document.document_id, 3)


def test_a_draft_sent_back_is_drafted_anew_even_from_the_same_data(small: Rehearsed) -> None:
    add(small)
    assert decide(small, "sent_back")
    assert (find(small).decision, find(small).reason) == ("sent_back", "sửa thời hạn")
    assert add(small) == 2
    assert find(small).decision is None


@pytest.mark.parametrize(
    ("version", "content_hash"), [(1, None), (None, "another content")], ids=["older_draft", "other_content"]
)
def test_an_approval_of_anything_but_what_was_shown_last_lapses(
    small: Rehearsed, version: int | None, content_hash: str | None
) -> None:
    add(small)
    add(small, data="a later answer came", body=b"another letter")
    assert decide(small, version=version, content_hash=content_hash) is False
    assert find(small).decision is None
    assert small.value("SELECT count(*) FROM cycle.document_decision") == 0
    assert kinds_of_events(small)[-1] == "approval_lapsed"


def test_the_first_decision_about_a_draft_stands(small: Rehearsed) -> None:
    add(small)
    assert decide(small)
    assert decide(small, "sent_back")
    assert find(small).decision == "approved"
    # the second answer is on record, though it does not stand
    assert kinds_of_events(small) == ["document_drafted", "document_approved", "decision_not_kept"]


def test_a_live_document_takes_only_a_whole_pdf(small: Rehearsed) -> None:
    add(small)
    decide(small)
    small.run("UPDATE cycle.cycle SET mode = 'live'")
    for half in (b"PK a docx", b"%PDF-1.7 half a copy"):
        with pytest.raises(RefusedEntryError, match="không phải là tệp PDF hoàn chỉnh"):
            register(small, signed_file=half)
    register(small, signed_file=b"%PDF-1.7 signed\n%%EOF\n", difference_reason="bản quét")
    assert find(small).number == "3621/BTTTT-TTĐN"


def test_the_content_hash_binds_names_and_bytes_of_every_file(small: Rehearsed) -> None:
    hashes = set()
    for number, (name, body) in enumerate([("a.docx", b"x"), ("b.docx", b"x"), ("a.docx", b"y")]):
        with small.engine.begin() as connection:
            lifecycle.add_version(connection, small.cycle_id, KIND, draft(str(number), body, name))
        hashes.add(find(small).content_hash)
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": ""}, "chưa đúng thể thức"),
        ({"number": "3621"}, 'Số, ký hiệu "3621" chưa đúng thể thức'),
        ({"number": "3621 / BTTTT-TTĐN"}, "không có khoảng trắng trước và sau dấu gạch chéo"),
        ({"number": "BTTTT-TTĐN/3621"}, "chưa đúng thể thức"),
        ({"number": "3621/"}, "chưa đúng thể thức"),
        ({"number": "3621/BTTTT-TTĐN\n3622/BTTTT"}, "chưa đúng thể thức"),
        (
            {"registered_on": date(2012, 12, 4)},
            "Ngày văn bản 04/12/2012 sau ngày hiện tại của đợt báo cáo (03/12/2012)",
        ),
        ({"signer": " "}, "Chưa ghi người ký văn bản"),
        ({"signed_file": b""}, 'Tệp đã ký "Da ky.pdf" không có nội dung'),
    ],
)
def test_an_entry_that_cannot_stand_is_refused_in_words_the_records_office_understands(
    small: Rehearsed, changes: dict[str, Any], words: str
) -> None:
    add(small)
    decide(small)
    with pytest.raises(RefusedEntryError) as refused:
        register(small, **changes)
    assert words in str(refused.value)
    assert find(small).number is None


@pytest.mark.parametrize(
    "number",
    ["212/BTTTT-TTĐN", "117/BC-BTTTT", " 3621/BTTTT-TTĐN ", "1171/BTTTT-TTĐN", "05/CT-TTg", "30/2012/NĐ-CP"],
)
def test_numbers_of_the_official_form_are_taken(small: Rehearsed, number: str) -> None:
    add(small)
    decide(small)
    if number == "30/2012/NĐ-CP":  # of legal documents, never of letters and reports
        with pytest.raises(RefusedEntryError):
            register(small, number=number)
    else:
        register(small, number=number)
        assert find(small).number == number.strip()


@pytest.mark.parametrize("decision", [None, "sent_back"])
def test_only_an_approved_draft_can_be_registered(small: Rehearsed, decision: Decision | None) -> None:
    with pytest.raises(RefusedEntryError, match="chưa được đơn vị thống nhất trình ký"):
        register(small)
    add(small)
    if decision is not None:
        decide(small, decision)
    with pytest.raises(RefusedEntryError, match="chưa được đơn vị thống nhất trình ký"):
        register(small)


def test_a_registration_stands_and_ends_the_drafting(small: Rehearsed) -> None:
    add(small)
    decide(small)
    register(small)
    register(small, number="9999/BTTTT-TTĐN", signed_file=b"%PDF another")
    assert (find(small).number, find(small).registered_on) == ("3621/BTTTT-TTĐN", date(2012, 12, 3))
    with pytest.raises(ValueError, match="is registered as 3621/BTTTT-TTĐN and cannot be redrafted"):
        add(small, data="a later answer came")
    assert kinds_of_events(small) == ["document_drafted", "document_approved", "document_registered"]


def test_publishing_freezes_the_registered_draft_once(small: Rehearsed) -> None:
    def publish(connection: Connection) -> str:
        return lifecycle.publish(connection, small.cycle_id, KIND, "pipeline")

    add(small)
    decide(small)
    with small.engine.begin() as connection, pytest.raises(ValueError, match="is not registered"):
        publish(connection)
    register(small)
    with small.engine.begin() as connection:
        assert publish(connection) == publish(connection) == find(small).content_hash
    assert find(small).is_published
    assert small.rows("SELECT version, content_hash, published_at FROM cycle.publication") == [
        (1, find(small).content_hash, REQUEST_AT)
    ]
    assert kinds_of_events(small).count("document_published") == 1


def test_a_draft_keeps_its_files_by_name_and_hash(small: Rehearsed) -> None:
    add(small)
    with small.engine.connect() as connection:
        ((role, filename, sha256),) = lifecycle.files(connection, find(small).document_id, 1)
    assert (role, filename) == ("letter", "Cong van.docx")
    from reporting import archive

    assert archive.read(sha256) == b"a letter"


def stands(cycle: Rehearsed, kind: str) -> bool:
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
        assert document is not None
        return lifecycle.stands(connection, document)


@pytest.mark.parametrize(
    ("kind", "outcome", "is_overtaken"),
    [
        ("summary_report", "accepted", True),
        ("summary_report", "accepted_with_warnings", True),
        ("summary_report", "to_complete", False),
        (KIND, "accepted", False),
    ],
)
def test_a_report_is_overtaken_by_data_accepted_after_its_draft(
    small: Rehearsed, kind: str, outcome: str, is_overtaken: bool
) -> None:
    small.go_to(vn(2013, 1, 18, 8))
    add(small, kind=kind)
    assert stands(small, kind)
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0], outcome=outcome, received_at=vn(2013, 1, 18, 9))
    assert stands(small, kind) is not is_overtaken
    small.go_to(vn(2013, 1, 18, 10))
    assert add(small, kind=kind) == 1  # the same data after all: the draft is confirmed
    assert stands(small, kind)
    decide(small, "sent_back", kind=kind)
    assert not stands(small, kind)


def test_a_late_answer_makes_a_new_report_until_it_is_registered(small: Rehearsed) -> None:
    small.issue()
    small.go_to(vn(2013, 1, 18, 8))
    assert [work.draft_document(small.engine, small.cycle_id, "summary_report") for _ in range(2)] == [1, 1]
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, "summary_report")
    assert find(small, "summary_report").decision == "approved"
    small.go_to(vn(2013, 1, 18, 9))
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0], received_at=vn(2013, 1, 18, 9))
    small.go_to(vn(2013, 1, 18, 10))
    assert work.draft_document(small.engine, small.cycle_id, "summary_report") == 2
    assert find(small, "summary_report").decision is None
    assert not work.complete_registration(small.engine, small.cycle_id, "summary_report")


Ask = Callable[[], approval.ApprovalRequest]


def test_each_question_to_a_person_has_a_run_of_its_own(small: Rehearsed) -> None:
    def ask(
        problem: str | None = None, after: approval.ApprovalRequest | None = None
    ) -> approval.ApprovalRequest:
        with small.engine.begin() as connection:
            return approval.open_request(connection, find(small), problem, after=after)

    add(small)
    with small.engine.connect() as connection:
        assert approval.newest_request(connection, find(small)) is None
    run = f"{small.cycle_id}__request_letter__v1"
    first = ask()
    assert [first.run_id, ask().run_id] == [run, run], "who does not know of it yet asks nothing new"
    assert ask("Số chưa đúng", after=first).run_id == f"{run}__lan_2"
    with small.engine.connect() as connection:
        newest = approval.newest_request(connection, find(small))
        assert newest is not None
        assert (newest.attempt, newest.problem) == (2, "Số chưa đúng")
        request, document = approval.request_of_run(connection, run)
        assert (request.attempt, document.document_id) == (1, find(small).document_id)
        with pytest.raises(LookupError, match="do not start them by hand"):
            approval.request_of_run(connection, "manual__2012")
    add(small, data="a later answer came")
    assert ask().run_id == f"{small.cycle_id}__request_letter__v2"
