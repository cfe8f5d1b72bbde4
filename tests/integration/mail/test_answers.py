"""What an office reads when its file was taken in: one receipt for each way a version can stand.

The expected mails lie in tests/data/mail; WRITE_GOLDEN=1 writes them anew, to be read through before they are
kept.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from email.message import EmailMessage

import pytest
from sqlalchemy import Connection, Engine, event, text

from reporting.clock import VIETNAM
from reporting.mail import answers
from tests.factories import (
    Office,
    SampleCycle,
    add_mark,
    make_cycle,
    register_signed_report,
    set_clock,
    submit,
)
from tests.integration.mail.conftest import Server
from tests.integration.mail.test_notices import at, check, delivered, text_of

MORNING = datetime(2012, 12, 18, 9, 31, tzinfo=VIETNAM)
DATE_OUTSIDE = (
    'Trang "Biểu 1", ô G9 (Kế hoạch năm 2012): ngày 3/4/2011 không thuộc năm 2012. → Nếu văn bản thuộc năm '
    'khác, chuyển sang hàng của năm đó; nếu đúng, ghi lý do vào cột "Giải trình".'
)
DROPPED = (
    'Trang "Biểu 1", ô E6 (Quy chế năm 2011): kỳ trước đã báo cáo có (15/QĐ-UBND), kỳ này ghi chưa có. → Nếu '
    "văn bản còn hiệu lực, ghi lại; nếu đã bãi bỏ, nêu số văn bản bãi bỏ."
)
SENDER = (
    "Thư được gửi từ địa chỉ chưa có trong danh sách đầu mối; số liệu được ghi nhận cho An Giang. "
    '→ Đề nghị xác nhận cán bộ đầu mối và thư điện tử công vụ tại trang "Thông tin chung".'
)


@pytest.fixture
def cycle(warehouse: Engine) -> SampleCycle:
    with warehouse.begin() as connection:
        made = make_cycle(connection)
        set_clock(connection, made, MORNING)
        return made


def run(connection: Connection, statement: str, **values: object) -> None:
    connection.execute(text(statement), values)


def came(connection: Connection, cycle: SampleCycle, office: Office, **values: object) -> int:
    """A version of the office with one mark; columns of intake.submission are set."""
    columns = {
        name: values.pop(name) for name in ("kind", "is_nil", "is_partial", "difference") if name in values
    }
    # keywords of several types travel in one mapping
    number = submit(connection, cycle, office, **values)  # type: ignore[arg-type]
    add_mark(connection, number, "quy_che", 2012, number="15/2012/QĐ-UBND", on=date(2012, 3, 5))
    for name, value in columns.items():
        shown = json.dumps(value, ensure_ascii=False) if name == "difference" else value
        cast = "CAST(:value AS jsonb)" if name == "difference" else ":value"
        run(
            connection, f"UPDATE intake.submission SET {name} = {cast} WHERE submission_id = :n",
            value=shown, n=number,
        )  # fmt: skip
    return number


def warn(connection: Connection, number: int, *warnings: tuple[str, str, str | None]) -> None:
    """Warnings (rule, message, explanation) of a version."""
    for position, (rule, message, explanation) in enumerate(warnings, start=1):
        run(
            connection,
            "INSERT INTO intake.finding (submission_id, position, severity, stage, rule, message,"
            " explanation) VALUES (:n, :position, 'warning', 'cells', :rule, :message, :explanation)",
            n=number, position=position, rule=rule, message=message, explanation=explanation,
        )  # fmt: skip


def test_a_draft_is_thanked_for_and_counts_for_nothing(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, kind="draft")
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_draft", delivered(warehouse, capture)[office.email][0])


def test_a_part_is_taken_and_the_rest_asked_for(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, is_partial=True)
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_partial", delivered(warehouse, capture)[office.email][0])


def test_a_late_report_is_taken_and_told_so(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    office = cycle.offices[0]
    late = datetime(2013, 1, 4, 10, 15, tzinfo=VIETNAM)
    at(warehouse, cycle, late)
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, received_at=late)
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_late", delivered(warehouse, capture)[office.email][0])


def test_a_committee_whose_department_signed_is_still_asked_for_its_own_report(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        register_signed_report(connection, cycle, office)
        run(connection, "UPDATE intake.incoming_document SET issuer = 'department'")
        number = came(connection, cycle, office)
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    (message,) = delivered(warehouse, capture)[office.email]
    assert (
        "đã nhận văn bản số 97/BC-STTTT ngày 19/12/2012 của cơ quan chuyên môn; kính đề nghị gửi báo cáo của "
        "Ủy ban nhân dân qua Trục liên thông văn bản quốc gia đến hết ngày 31/12/2012 (thứ Hai)."
    ) in text_of(message)


def test_the_department_that_answers_for_its_committee_is_answered(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    committee, department = cycle.offices[:2]
    with warehouse.begin() as connection:
        run(
            connection, "UPDATE registry.organization SET parent_id = :of WHERE organization_id = :id",
            of=committee.organization_id, id=department.organization_id,
        )  # fmt: skip
        number = came(connection, cycle, committee, sender=department.email)
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    assert [*delivered(warehouse, capture)] == [department.email]


def test_a_nil_return_by_workbook_is_noted_as_such(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, is_nil=True)
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 0
    check("receipt_nil", delivered(warehouse, capture)[office.email][0])


def test_mending_after_the_deadline_what_came_in_time_is_not_late(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    late = datetime(2013, 1, 4, 10, 15, tzinfo=VIETNAM)
    with warehouse.begin() as connection:
        came(connection, cycle, office, outcome="to_complete")
        set_clock(connection, cycle, late)
        number = came(connection, cycle, office, received_at=late, data=b"second")
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    assert "sau thời hạn" not in text_of(delivered(warehouse, capture)[office.email][0])


def test_a_second_version_says_what_differs(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    office = cycle.offices[0]
    cell = {"label": "Quy chế năm 2012", "sheet": "Biểu 1", "cell": "E7"}
    with warehouse.begin() as connection:
        came(connection, cycle, office)
        number = came(
            connection, cycle, office, data=b"second", kind="adjusted",
            difference=[cell | {"before": "Chưa có", "after": "X"}],
        )  # fmt: skip
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_second_version", delivered(warehouse, capture)[office.email][0])


def test_a_version_in_conflict_says_which_one_counts_meanwhile(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        first = came(connection, cycle, office)
        number = came(
            connection, cycle, office, data=b"second",
            received_at=datetime(2012, 12, 18, 14, 5, tzinfo=VIETNAM),
        )  # fmt: skip
        run(
            connection,
            "INSERT INTO intake.conflict (cycle_id, recipient_id, standing_submission_id,"
            " other_submission_id, cells, found_at)"
            " VALUES (:cycle_id, :recipient_id, :first, :number, '[{}, {}]', :at)",
            cycle_id=cycle.cycle_id, recipient_id=office.recipient_id, first=first, number=number, at=MORNING,
        )  # fmt: skip
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_conflict", delivered(warehouse, capture)[office.email][0])


def test_a_version_of_a_lower_source_says_that_another_counts(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        first = came(connection, cycle, office)
        run(connection, "UPDATE intake.submission SET source_rank = 1 WHERE submission_id = :n", n=first)
        number = came(connection, cycle, office, data=b"second")
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_other_counts", delivered(warehouse, capture)[office.email][0])


def test_what_was_taken_back_is_not_confirmed(warehouse: Engine, cycle: SampleCycle) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        came(connection, cycle, office)
        number = came(connection, cycle, office, data=b"second")
        run(
            connection,
            "INSERT INTO intake.submission_withdrawal (submission_id, reason, asked_by, withdrawn_by,"
            " withdrawn_at) VALUES (:n, 'gửi nhầm', 'Sở', 'chuyen_vien', :at)",
            n=number, at=MORNING,
        )  # fmt: skip
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 0


def test_warnings_that_wait_are_numbered_and_what_was_explained_is_acknowledged(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, outcome="accepted_with_warnings")
        warn(
            connection, number,
            ("sender_is_known", SENDER, None), ("a_rule", DATE_OUTSIDE, None), ("a_rule", DROPPED, None),
            ("a_rule", DATE_OUTSIDE, "Kế hoạch 2 năm"),
        )  # fmt: skip
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    check("receipt_warnings", delivered(warehouse, capture)[office.email][0])


def test_a_waived_warning_asks_nothing(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = came(connection, cycle, office, outcome="accepted_with_warnings")
        warn(connection, number, ("a_rule", DATE_OUTSIDE, None))
        run(
            connection,
            "WITH w AS (INSERT INTO intake.rule_waiver (rule, reason, allowed_by, entered_by, valid_from,"
            " valid_to) VALUES ('a_rule', 'r', 'Cục trưởng', 'x', '2012-01-01', '2012-12-31')"
            " RETURNING rule_waiver_id)"
            " UPDATE intake.finding SET rule_waiver_id = (SELECT rule_waiver_id FROM w)",
        )
        assert answers.queue_answers(connection, cycle.cycle_id, [number]) == 1
    assert "giải trình" not in text_of(delivered(warehouse, capture)[office.email][0])


def test_many_are_answered_with_as_many_statements_as_two(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, offices=tuple(f"Tỉnh {n}" for n in range(40)))
        numbers = [
            came(connection, cycle, office, data=f"w{n}".encode(), message_id_header=f"<{n}@x.example>")
            for n, office in enumerate(cycle.offices)
        ]
    statements: list[str] = []
    event.listen(warehouse, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    counts = []
    for few in (numbers[:2], numbers[2:]):
        statements.clear()
        with warehouse.begin() as connection:
            assert answers.queue_answers(connection, cycle.cycle_id, few) == len(few)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 10
    with warehouse.begin() as connection:
        assert answers.queue_answers(connection, cycle.cycle_id, numbers) == 0, "each is answered once"
        with pytest.raises(LookupError, match="no submission number"):
            answers.queue_answers(connection, cycle.cycle_id, [10**9])
        assert answers.queue_answers(connection, cycle.cycle_id, []) == 0


def asked_to_complete(
    engine: Engine, cycle: SampleCycle, capture: Server, filename: str, stages: tuple[str, ...]
) -> EmailMessage:
    """The request that follows errors of these stages in a file of that name."""
    office = cycle.offices[0]
    with engine.begin() as connection:
        number = submit(connection, cycle, office, outcome="to_complete", filename=filename)
        for position, stage in enumerate(stages, start=1):
            run(
                connection,
                "INSERT INTO intake.finding (submission_id, position, severity, stage, rule, message)"
                " VALUES (:n, :position, 'error', :stage, 'a_rule', :message)",
                n=number, position=position, stage=stage, message=f"Điều thứ {position}. → Sửa.",
            )  # fmt: skip
        assert answers.queue_completion_request(connection, number, b"PK a workbook") == 1
    return delivered(engine, capture)[office.email][0]


def test_the_three_worst_are_named_and_the_rest_counted(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    message = asked_to_complete(warehouse, cycle, capture, "can-hoan-thien_a.xlsx", ("cells",) * 12)
    check("completion_request_many", message)
    assert [part.get_filename() for part in message.iter_attachments()] == ["can-hoan-thien_a.xlsx"]


def test_a_file_of_another_kind_comes_back_as_the_filled_form(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    check("completion_request_ods", asked_to_complete(warehouse, cycle, capture, "a.ods", ("cells", "form")))


def test_a_file_that_is_not_the_form_brings_the_form(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    check("completion_request_form", asked_to_complete(warehouse, cycle, capture, "a.xlsx", ("template",)))


def test_a_file_of_another_office_brings_the_own_form_and_what_to_do(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    message = asked_to_complete(warehouse, cycle, capture, "so-19.xlsx", ("identity",))
    check("completion_request_other_office", message)


def test_what_was_explained_is_not_asked_again(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = submit(connection, cycle, office, outcome="to_complete")
        warn(connection, number, ("a_rule", DATE_OUTSIDE, "Kế hoạch 2 năm"), ("a_rule", DROPPED, None))
        assert answers.queue_completion_request(connection, number, b"PK a workbook") == 1
    (message,) = delivered(warehouse, capture)[office.email]
    assert "(01 nội dung)" in message["Subject"]
    assert "không thuộc năm" not in text_of(message)


def test_a_promise_about_a_fault_of_ours_is_renewed_when_it_ran_out(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        number = submit(connection, cycle, office, outcome="system_fault")
        assert answers.queue_system_fault(connection, number) == 1
        assert answers.queue_system_fault(connection, number) == 0, "the promised moment lies ahead"
    assert "trước 17 giờ 00 phút, ngày 19/12/2012" in text_of(delivered(warehouse, capture)[office.email][0])
    at(warehouse, cycle, datetime(2012, 12, 19, 17, 1, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        assert answers.queue_system_fault(connection, number) == 1
        assert answers.queue_system_fault(connection, number) == 0
    check("system_fault_renewed", delivered(warehouse, capture)[office.email][0])
