"""A change of focal point, ticked on a workbook or heard otherwise, settled by an officer; the test mail."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from reporting.intake.desk import enter_for_office
from reporting.intake.submissions import workbook_asked_with
from reporting.mail.delivery import start_mail, stop_mail
from reporting.mail.notices import queue_requests
from reporting.registry.contacts import Contact, contacts
from reporting.registry.focal_points import Proposal, confirm, dismiss, proposals
from reporting.workbook.layout import cover_fields
from tests.integration.rehearsed import Rehearsed
from tests.unit.cli.shell import refused, run
from tests.unit.workbook.office import COVER, GOOD, fill, form

NEW = {
    "contact_name": "Trần Thị Mai",
    "contact_position": "Chuyên viên",
    "contact_department": "Phòng Thông tin",
    "contact_phone": "0259 300 0000",
    "contact_email": "Mai@so-moi.example",
    "contact_changed": "X",
}


def cover_cells(values: dict[str, str]) -> dict[tuple[str, str], str]:
    """The cells of the cover for these fields: below the heading rows, one band above each group."""
    cells, row, group = {}, 4, ""
    for field in cover_fields(form()):
        if not field.is_shown_empty:
            continue  # a line only where it says something: not here
        row += field.group != group
        group = field.group
        if field.key in values:
            cells[COVER, f"C{row}"] = values[field.key]
        row += 1
    return cells


@pytest.fixture
def asked(small: Rehearsed) -> Iterator[Rehearsed]:
    """The small cycle with its requests sent; the registry is afterwards as it was."""
    small.issue()
    kept = small.rows(
        "SELECT contact_id, display_name, title, phone, role, position, state FROM registry.contact"
    )
    yield small
    small.run("TRUNCATE cycle.message CASCADE")
    small.run("DELETE FROM registry.contact_change")
    small.run("DELETE FROM registry.contact WHERE NOT contact_id = ANY(:kept)", kept=[row[0] for row in kept])
    for contact_id, name, title, phone, role, position, state in kept:
        small.run(
            "UPDATE registry.contact SET display_name = :n, title = :t, phone = :p, role = :r, position = :o,"
            " state = :s WHERE contact_id = :c"
            " AND (display_name, role, position, state) IS DISTINCT FROM (:n, :r, :o, :s)",
            c=contact_id, n=name, t=title, p=phone, r=role, o=position, s=state,
        )  # fmt: skip


def answer(cycle: Rehearsed, values: dict[str, str], place: int = 0) -> None:
    """Enter the workbook of an office with these fields on its cover."""
    office = cycle.offices[place]
    with cycle.engine.connect() as connection:
        sent = workbook_asked_with(connection, cycle.cycle_id, office.reference_code)
    assert sent is not None
    enter_for_office(
        cycle.engine,
        cycle.cycle_id,
        office.reference_code,
        "tra loi.xlsx",
        fill(sent, dict(GOOD) | cover_cells(values)),
        "gửi qua Zalo",
        "chuyen_vien",
    )


def open_proposals(cycle: Rehearsed) -> list[Proposal]:
    with cycle.engine.connect() as connection:
        return proposals(connection)


def held(cycle: Rehearsed, place: int = 0) -> dict[str, Contact]:
    with cycle.engine.connect() as connection:
        found = contacts(connection, cycle.offices[place].organization_id)
    return {contact.held.email: contact for contact in found}


def confirmed(cycle: Rehearsed, **values: str | None) -> None:
    given: dict[str, str | None] = dict.fromkeys(("email", "name", "title", "phone", "replaces")) | values
    confirm(
        cycle.engine, cycle.cycle_id, cycle.offices[0].reference_code, heard_how="phone", by="Hoa", **given
    )  # fmt: skip


def test_a_ticked_change_waits_until_an_officer_confirms_it(asked: Rehearsed) -> None:
    office = asked.offices[0]
    answer(asked, NEW)
    answer(asked, NEW | {"contact_changed": ""}, place=1)
    (proposal,) = open_proposals(asked)
    assert (proposal.reference_code, proposal.display_name, proposal.email, proposal.full_title) == (
        office.reference_code, "Trần Thị Mai", "Mai@so-moi.example", "Chuyên viên, Phòng Thông tin",
    )  # fmt: skip
    assert office.email in proposal.known
    assert "Trần Thị Mai" in run("contact", "proposals").stdout

    done = run(
        "contact", "confirm", asked.cycle_id, office.short_name, "--heard-how", "workbook", "--by", "Hoa",
        "--replaces", office.email,
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "đã thêm đầu mối Trần Thị Mai <mai@so-moi.example>" in done.stdout
    assert f"đầu mối {office.email} đã ngừng dùng" in done.stdout
    new, old = held(asked)["mai@so-moi.example"], held(asked)[office.email]
    assert (new.held.state, new.held.phone, old.held.state) == ("active", "0259 300 0000", "retired")
    assert (new.held.role, new.held.position) == (old.held.role, old.held.position)
    assert open_proposals(asked) == []
    log = json.loads(run("contact", "log", office.organization_id, "--json").stdout)
    assert [(e["kind"], e["by"], e["source"]) for e in log] == [
        ("retired", "Hoa", "Dòng lệnh; biết qua tệp số liệu"),
        ("confirmed", "Hoa", "Dòng lệnh; biết qua tệp số liệu"),
    ]
    assert (
        asked.value(
            "SELECT count(*) FROM audit.event WHERE cycle_id = :c AND kind = 'focal_point_confirmed'"
            " AND recipient_id = :r",
            r=office.recipient_id,
        )
        == 1
    )


def test_the_new_focal_point_is_asked_and_the_others_are_not_asked_again(asked: Rehearsed) -> None:
    office = asked.offices[0]
    confirmed(asked, email="lan@so-moi.example", name="Nguyễn Thị Lan", replaces=office.email)
    with asked.engine.begin() as connection:
        queue_requests(connection, asked.cycle_id)
    assert asked.rows(
        "SELECT recipient_id FROM cycle.message WHERE cycle_id = :c AND step = 'request'"
        " AND to_address = 'lan@so-moi.example'"
    ) == [(office.recipient_id,)]
    assert asked.mails("request").count(asked.offices[1].short_name) == 1


def test_confirming_again_changes_nothing(asked: Rehearsed) -> None:
    for _ in range(2):
        confirmed(asked, email="lan@so-moi.example", name="Nguyễn Thị Lan", replaces=asked.offices[0].email)
    assert [c.held.state for c in held(asked).values() if c.held.display_name == "Nguyễn Thị Lan"] == [
        "active"
    ]
    assert asked.value("SELECT count(*) FROM registry.contact_change") == 2


def test_a_contact_that_is_known_is_updated_and_one_out_of_use_is_used_again(asked: Rehearsed) -> None:
    address = asked.offices[0].email
    asked.run("UPDATE registry.contact SET state = 'retired' WHERE email = :e", e=address)
    confirmed(asked, email=address.upper(), name="Nguyễn Thị Lan", title="Trưởng phòng")
    contact = held(asked)[address].held
    assert (contact.display_name, contact.title, contact.state) == (
        "Nguyễn Thị Lan",
        "Trưởng phòng",
        "active",
    )


def test_without_a_contact_to_replace_the_new_one_comes_last(asked: Rehearsed) -> None:
    confirmed(asked, email="lan@so-moi.example", name="Nguyễn Thị Lan")
    assert held(asked)["lan@so-moi.example"].held.position == 2
    assert held(asked)[asked.offices[0].email].held.state == "active"


def test_what_cannot_be_confirmed_is_refused_and_nothing_is_written(asked: Rehearsed) -> None:
    address = asked.offices[0].email
    with pytest.raises(ValueError, match="Đề nghị ghi --email và --name"):
        confirmed(asked)
    with pytest.raises(ValueError, match="không phải là địa chỉ"):
        confirmed(asked, email="lan", name="Lan")
    with pytest.raises(LookupError, match=address):
        confirmed(asked, email="lan@so-moi.example", name="Lan", replaces="ai@so.example")
    with pytest.raises(ValueError, match="--replaces"):
        confirmed(asked, email=address, name="Lan", replaces=address)
    assert asked.value("SELECT count(*) FROM registry.contact_change") == 0
    assert "lan@so-moi.example" not in held(asked)


def test_a_proposal_is_dismissed_with_a_reason_and_a_later_workbook_proposes_anew(asked: Rehearsed) -> None:
    office = asked.offices[0]
    with pytest.raises(LookupError, match="không có đề nghị"):
        dismiss(asked.engine, asked.cycle_id, office.reference_code, reason="nhầm", by="Hoa")
    answer(asked, NEW)
    told = run("contact", "dismiss", asked.cycle_id, office.reference_code, "--reason", "nhầm", "--by", "Hoa")
    assert "đã ghi nhận không thay đổi đầu mối" in told.stdout
    assert open_proposals(asked) == []
    answer(asked, NEW | {"contact_name": "Trần Thị Mai Anh"})
    assert [p.display_name for p in open_proposals(asked)] == ["Trần Thị Mai Anh"]


def test_a_proposal_that_the_registry_fulfils_is_not_open(asked: Rehearsed) -> None:
    confirmed(asked, email=NEW["contact_email"], name=NEW["contact_name"])
    answer(asked, NEW)
    assert open_proposals(asked) == []


# -- the test mail ---------------------------------------------------------------------------------


def test_a_test_mail_to_a_sample_goes_to_the_capture_server_and_is_logged(asked: Rehearsed) -> None:
    address = asked.offices[0].email
    sent = run("contact", "test", address, "--by", "Hoa")
    assert sent.exit_code == 0, sent.stderr
    assert "máy chủ thư diễn tập" in sent.stdout
    ((actor, detail),) = asked.rows("SELECT actor, detail FROM audit.event WHERE kind = 'contact_tested'")
    assert (actor, detail["email"], detail["outcome"]) == ("Hoa", address, "sent_capture")


def test_no_test_mail_while_mail_is_stopped_or_to_nobody_we_know(asked: Rehearsed) -> None:
    address = asked.offices[0].email
    stop_mail(asked.engine, "Hoa", "kiểm tra")
    assert "Đang dừng gửi thư" in refused("contact", "test", address, "--by", "Hoa")
    start_mail(asked.engine, "Hoa")
    assert "không có đầu mối" in refused("contact", "test", "ai@so.example", "--by", "Hoa")
    asked.run("UPDATE registry.contact SET state = 'retired' WHERE email = :e", e=address)
    assert "đã ngừng dùng" in refused("contact", "test", address, "--by", "Hoa")
    assert asked.value("SELECT count(*) FROM audit.event WHERE kind = 'contact_tested'") == 0


def test_a_test_mail_to_a_real_address_needs_the_live_server(asked: Rehearsed) -> None:
    with asked.engine.begin() as connection:
        number = connection.execute(
            text(
                "INSERT INTO registry.contact (organization_id, email, display_name)"
                " VALUES (:o, 'dau-moi@so.invalid', 'Đầu mối') RETURNING contact_id"
            ),
            {"o": asked.offices[0].organization_id},
        ).scalar_one()
    told = run("contact", "test", number, "--by", "Hoa")
    assert told.exit_code == 2
    assert "AIRFLOW_CONN_REPORTING_SMTP is not set" in told.stderr
    ((detail,),) = asked.rows("SELECT detail FROM audit.event WHERE kind = 'contact_tested'")
    assert detail["outcome"] == "later"
