"""Whose is it: senders, departments, taught and forged addresses, workbooks of other cycles."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from reporting.intake.channels import collect
from reporting.intake.claims import named_code
from reporting.intake.matching import Match, Signs, match_all
from reporting.intake.message import Headers
from reporting.intake.process import process_arrivals
from reporting.intake.settling import SettlingRefused, settle_arrival
from reporting.registry.aliases import AliasRefused, aliases, forget_alias, learn_alias
from reporting.settings import settings
from reporting.workbook.identity import WorkbookIdentity, sign, verify
from tests.integration.intake.conftest import AskedCycle, reply
from tests.unit.cli.shell import refused, run

AN_GIANG, BAC_GIANG = "so_tttt_an_giang", "so_tttt_bac_giang"
OURS = "mx.bo-chu-tri.example"


@pytest.fixture
def _believing(asked: AskedCycle, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The results that our own server writes are believed."""
    monkeypatch.setenv("REPORTING_AUTHSERV_ID", OURS)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def _take_in(asked: AskedCycle, *messages: EmailMessage) -> None:
    for message in messages:
        asked.receive(message)
    collect(asked.engine)
    process_arrivals(asked.engine)


def _submissions(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT r.organization_id, s.outcome FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id) ORDER BY s.submission_id"
    )


def _put_aside(asked: AskedCycle) -> tuple[int, str]:
    ((number, note),) = asked.rows(
        "SELECT arrival_id, note FROM intake.arrival WHERE outcome = 'quarantined' ORDER BY arrival_id"
    )
    return int(str(number)), str(note)


def _headers(address: str, *answers: str, subject: str = "", forged: bool = False) -> Headers:
    results = {"dmarc": "fail"} if forged else {}
    return Headers(address, None, None, answers, subject, None, None, results)


def _as_committee(asked: AskedCycle, organization_id: str = AN_GIANG) -> None:
    """Let the committee owe what its department owes in the tracking cycle."""
    with asked.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE cycle.recipient r SET organization_id = o.parent_id FROM registry.organization o"
                " WHERE o.organization_id = r.organization_id AND r.organization_id = :o"
            ),
            {"o": organization_id},
        )


def _other_cycle(asked: AskedCycle, office: str = AN_GIANG, code: str = "KHAC-01") -> str:
    """Another open cycle of the same form, which asks this office, too; its id."""
    with asked.engine.begin() as connection:
        for statement in (
            "INSERT INTO cycle.cycle SELECT (jsonb_populate_record(c, :changes)).* FROM cycle.cycle c"
            " WHERE cycle_id = :c",
            "INSERT INTO cycle.deliverable SELECT (jsonb_populate_record(d, :changes)).*"
            " FROM cycle.deliverable d WHERE cycle_id = :c",
            "INSERT INTO cycle.recipient (cycle_id, organization_id, reference_code, name, short_name,"
            " group_code, position, role) SELECT 'ky_khac', organization_id, :code, name, short_name,"
            " group_code, position, role FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o",
        ):
            connection.execute(
                text(statement),
                {
                    "c": asked.cycle_id,
                    "o": office,
                    "code": code,
                    "changes": '{"cycle_id": "ky_khac", "title": "Kỳ khác", "period": "khac"}',
                },
            )
    return "ky_khac"


def _signed_for(data: bytes, identity: WorkbookIdentity) -> bytes:
    """The workbook as it would be had it been made for another recipient or cycle."""
    book = load_workbook(io.BytesIO(data))
    key = settings().signing_key.get_secret_value()
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    (token,) = (cell for cell in cells if verify(str(cell.value or ""), key).state == "valid")
    token.value = sign(identity, key)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_department_speaks_for_the_committee_that_owes(asked: AskedCycle) -> None:
    address = asked.address(AN_GIANG)
    data = asked.filled(AN_GIANG).save()
    _as_committee(asked)
    _take_in(asked, reply(address, ("a.xlsx", data)))
    assert _submissions(asked) == [("ubnd_an_giang", "accepted")]


def test_a_stranger_with_a_signed_workbook_waits_and_can_be_taught(asked: AskedCycle) -> None:
    stranger, data = "can-bo.moi@thu-rieng.example", asked.filled(AN_GIANG).save()
    _take_in(asked, reply(stranger, ("a.xlsx", data)))
    number, note = _put_aside(asked)
    assert stranger in note
    assert "An Giang" in note
    settled = settle_arrival(
        asked.engine, number, asked.cycle_id, asked.code(AN_GIANG), "Đã gọi điện", "can_bo", teach=True
    )
    assert (settled.outcomes, settled.learnt) == (("accepted",), stranger)
    with asked.engine.connect() as connection:
        (alias,) = aliases(connection, AN_GIANG)
    assert (alias.email, alias.taught_by, alias.reason) == (stranger, "can_bo", "Đã gọi điện")
    assert str(number) in alias.learnt_from
    assert asked.scalar("SELECT count(*) FROM audit.event WHERE kind = 'sender_alias_learnt'") == 1
    assert asked.scalar("SELECT count(*) FROM cycle.message WHERE to_address = :a", a=stranger) == 0

    lost = asked.filled(AN_GIANG, BAC_GIANG)
    lost.forget_identity()
    _take_in(asked, reply(stranger, ("b.xlsx", lost.save())))
    assert [outcome for _, outcome in _submissions(asked)] == ["accepted", "accepted_with_warnings"]

    with asked.engine.begin() as connection:
        forget_alias(connection, stranger, AN_GIANG, "can_bo")
        with pytest.raises(AliasRefused):
            forget_alias(connection, stranger, AN_GIANG, "can_bo")
    assert asked.scalar("SELECT undone_by FROM registry.sender_alias") == "can_bo"


def test_the_shell_teaches_lists_and_forgets_an_address(asked: AskedCycle) -> None:
    stranger = "can-bo.moi@thu-rieng.example"
    _take_in(asked, reply(stranger, ("a.xlsx", asked.filled(AN_GIANG).save())))
    number, _ = _put_aside(asked)
    office = ("--cycle", asked.cycle_id, "--recipient", "An Giang")
    decided = ("--reason", "Đã gọi điện", "--by", "can_bo")
    told = run("intake", "settle", str(number), *office, *decided, "--teach")
    assert f"Từ nay thư từ {stranger} được hiểu là của An Giang" in told.stdout
    assert f"Ghi nhớ địa chỉ {stranger}" in run("intake", "show", str(number)).stdout
    for options in ((), (AN_GIANG,)):
        assert stranger in run("contact", "aliases", *options).stdout
    assert run("contact", "forget-alias", AN_GIANG, stranger, "--by", "can_bo").exit_code == 0
    assert stranger not in run("contact", "aliases").stdout
    assert "địa chỉ đã ghi nhớ" in refused("contact", "forget-alias", AN_GIANG, stranger, "--by", "can_bo")


def test_what_its_department_or_a_taught_address_sent_holds_back_a_reminder(asked: AskedCycle) -> None:
    def is_unread(office: str) -> bool:
        return bool(
            asked.scalar(
                "SELECT cycle.has_unread_answer(recipient_id) FROM cycle.recipient"
                " WHERE cycle_id = :c AND organization_id = :o",
                c=asked.cycle_id,
                o=office,
            )
        )

    _as_committee(asked)
    with asked.engine.begin() as connection:
        learn_alias(connection, "tu-van@x.example", BAC_GIANG, "x", "x", "x")
    assert not is_unread("ubnd_an_giang")
    for sender in (asked.address(AN_GIANG), "tu-van@x.example"):
        asked.receive(reply(sender))
    collect(asked.engine)
    assert is_unread("ubnd_an_giang")
    assert is_unread(BAC_GIANG)
    assert not is_unread("so_tttt_ca_mau")


def test_an_alias_never_speaks_against_the_thread_or_a_contact(asked: AskedCycle) -> None:
    with asked.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO registry.sender_alias (email, organization_id, learnt_from, reason, taught_by)"
                " VALUES (:a, :o, 'x', 'x', 'x'), ('tu-van@x.example', :o, 'x', 'x', 'x')"
            ),
            {"a": asked.address(BAC_GIANG), "o": AN_GIANG},
        )
        asked_an_giang = str(
            connection.execute(
                text(
                    "SELECT message_id_header FROM cycle.message m"
                    " JOIN cycle.recipient r USING (recipient_id)"
                    " WHERE r.organization_id = :o AND m.step = 'request'"
                ),
                {"o": BAC_GIANG},
            ).scalar()
        )
        contact, contradicting = match_all(
            connection,
            [
                Signs(_headers(asked.address(BAC_GIANG))),
                Signs(_headers("tu-van@x.example", asked_an_giang)),
            ],
            "rehearsal",
        )
    assert contact == Match(asked.cycle_id, asked.code(BAC_GIANG), None), "a contact goes before an alias"
    assert contradicting.cycle_id is None
    assert "đã được xác nhận trước đây là của An Giang" in str(contradicting.reason)
    assert "thư được trả lời là của Bắc Giang" in str(contradicting.reason)


@pytest.mark.usefixtures("_believing")
def test_a_forged_address_proves_nothing_by_itself(asked: AskedCycle) -> None:
    def forged(*files: tuple[str, bytes]) -> EmailMessage:
        message = reply(asked.address(AN_GIANG), *files)
        message["Authentication-Results"] = f"{OURS}; dmarc=fail header.from=so-tttt-an-giang.example"
        return message

    lost = asked.filled(AN_GIANG)
    lost.forget_identity()
    _take_in(asked, forged(("a.xlsx", lost.save())))
    number, note = _put_aside(asked)
    assert "dmarc=fail" in note
    assert "gọi điện" in note
    with pytest.raises(SettlingRefused, match="không ghi nhớ"):
        settle_arrival(
            asked.engine, number, asked.cycle_id, asked.code(AN_GIANG), "Đã gọi", "can_bo", teach=True
        )
    assert _submissions(asked) == []
    _take_in(asked, forged(("b.xlsx", asked.filled(AN_GIANG).save())))
    assert _submissions(asked) == [(AN_GIANG, "accepted")], "the workbook's signature agrees with the address"


def test_a_workbook_tells_which_of_several_cycles_is_meant(asked: AskedCycle) -> None:
    other = _other_cycle(asked)
    data = asked.filled(AN_GIANG).save()
    form = asked.rows("SELECT form_code, form_version FROM cycle.cycle WHERE cycle_id = :c", c=other)[0]
    of_other = _signed_for(data, WorkbookIdentity(other, "KHAC-01", *map(str, form)))
    address = asked.address(AN_GIANG)
    thread = str(
        asked.scalar(
            "SELECT message_id_header FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
            " WHERE r.organization_id = :o AND m.step = 'request'",
            o=AN_GIANG,
        )
    )
    lost = asked.filled(AN_GIANG)
    lost.forget_identity()

    def decide(signed: bytes, *answers: str, sender: str = address) -> Match:
        codes = partial(lambda: [code] if (code := named_code(signed)) else [])
        with asked.engine.connect() as connection:
            return match_all(connection, [Signs(_headers(sender, *answers), codes)], "rehearsal")[0]

    assert decide(data) == Match(asked.cycle_id, asked.code(AN_GIANG), None)
    assert decide(of_other) == Match(other, "KHAC-01", None)
    assert decide(of_other, thread) == Match(other, "KHAC-01", None), "it goes to its own cycle"
    nobody = decide(lost.save())
    assert nobody.cycle_id is None
    assert "nhiều đợt báo cáo" in str(nobody.reason)
    assert decide(of_other, thread, sender="la@x.example").cycle_id == asked.cycle_id, "not entitled there"
    with asked.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cycle.milestone SELECT (jsonb_populate_record(m, :changes)).*"
                " FROM cycle.milestone m WHERE cycle_id = :c AND step = 'close'"
            ),
            {
                "c": asked.cycle_id,
                "changes": f'{{"cycle_id": "{other}", "done_at": "2012-12-01T00:00:00+07:00"}}',
            },
        )
    assert decide(of_other, thread).cycle_id == asked.cycle_id, "a closed cycle takes nothing from elsewhere"


def test_a_batch_is_decided_by_two_queries_and_in_its_order(asked: AskedCycle) -> None:
    addresses = [asked.address(AN_GIANG), "la@x.example", asked.address(BAC_GIANG)]
    with asked.engine.connect() as connection:
        found = match_all(connection, [Signs(_headers(address)) for address in addresses] * 50, "rehearsal")
    codes = [asked.code(AN_GIANG), None, asked.code(BAC_GIANG)]
    assert [one.reference_code for one in found] == codes * 50
