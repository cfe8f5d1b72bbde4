"""The analysts' tables: filled by what changed, for a cycle, or for everything, they say the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from benchmarks.marts import accept, load
from reporting.consolidation.refresh import marts, pending, rebuild, refresh
from tests.factories import add_mark, make_cycle, set_clock, submit
from tests.integration.rehearsed import Rehearsed, vn

NAMES = [mart.name for mart in marts()]
AFTER_THE_DAY = vn(2013, 1, 2, 9)


def contents(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    return {
        name: list(connection.scalars(text(f"SELECT t::text FROM mart.{name} t ORDER BY 1")))
        for name in NAMES
    }


def drain(engine: Engine) -> None:
    """Refresh until nothing lags behind."""
    while True:
        with engine.connect() as connection:
            waiting = pending(connection)
        if not waiting:
            return
        for cycle in waiting:
            with engine.begin() as connection:
                refresh(connection, cycle.cycle_id)


@pytest.fixture
def cycle(owner_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    """Twenty offices in a rehearsal, the marts up to date: few enough of them change to be filled alone. The
    engine is the owner's, who alone may rebuild; events are written straight into the tables.
    """
    from reporting.database import engine as make_engine
    from reporting.settings import settings

    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()
    engine = make_engine(owner_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO registry.region_scheme VALUES ('region63', '2008-08-01')"))
        sample = make_cycle(connection, offices=tuple(f"Tỉnh {n}" for n in range(1, 21)))
        connection.execute(
            text(
                "INSERT INTO registry.organization_region SELECT organization_id, 'region63',"
                " 'Vùng ' || position % 2 FROM cycle.recipient"
            )
        )
    drain(engine)
    return Rehearsed(engine, sample)


def change(cycle: Rehearsed, what: Callable[[Connection], object]) -> None:
    with cycle.engine.begin() as connection:
        what(connection)


class Events:
    """Things that happen to a cycle, at random; each leaves the warehouse as the pipeline would."""

    def __init__(self, cycle: Rehearsed, dice: random.Random) -> None:
        self.cycle, self.dice, self.now = cycle, dice, vn(2012, 12, 10, 9)
        self.count = 0

    def happen(self, connection: Connection) -> str:
        kind = self.dice.choice(
            ["submit", "submit", "submit", "refuse", "withdraw", "nil", "waive", "extend", "remind", "clock",
             "confidential", "document", "undo", "conflict", "explain", "close"]
        )  # fmt: skip
        self.count += 1
        getattr(self, kind)(connection)
        return kind

    def office(self) -> Any:
        return self.dice.choice(self.cycle.offices)

    def run(self, connection: Connection, statement: str, **values: object) -> int:
        given = {"c": self.cycle.cycle_id, "r": self.office().recipient_id, "at": self.now} | values
        return connection.execute(
            text(statement), {k: v for k, v in given.items() if f":{k}" in statement}
        ).rowcount

    def submit(self, connection: Connection) -> int:
        number = submit(
            connection, self.cycle.sample, self.office(), data=f"file {self.count}".encode(),
            received_at=self.now, outcome=self.dice.choice(["accepted", "accepted_with_warnings"]),
            findings=(("warning", "Đề nghị giải trình"),) * self.dice.randrange(3),
            message_id_header=f"<{self.count}@so.example>",
        )  # fmt: skip
        for indicator in ("quy_che", "ke_hoach", "de_an"):
            for year in (2011, 2012):
                if self.dice.random() < 0.8:
                    add_mark(connection, number, indicator, year, is_marked=self.dice.random() < 0.5)
        return number

    def refuse(self, connection: Connection) -> None:
        submit(
            connection, self.cycle.sample, self.office(), data=f"bad {self.count}".encode(),
            received_at=self.now, outcome="to_complete", findings=(("error", "Thiếu số văn bản"),),
            message_id_header=f"<{self.count}@so.example>",
        )  # fmt: skip

    def withdraw(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO intake.submission_withdrawal SELECT submission_id, 'nhầm', 'a', 'b', :at"
            " FROM intake.submission WHERE recipient_id = :r ORDER BY version DESC LIMIT 1"
            " ON CONFLICT DO NOTHING",
        )

    def nil(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO intake.nil_return (obligation_id, basis, entered_by, confirmed_at, entered_at)"
            " SELECT obligation_id, 'điện thoại', 'a', :at, :at FROM cycle.obligation"
            " WHERE recipient_id = :r AND deliverable = 'data_form' ON CONFLICT DO NOTHING",
        )

    def waive(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
            " SELECT obligation_id, 'mail', 'bão', 'b', :at FROM cycle.obligation WHERE recipient_id = :r"
            " ON CONFLICT DO NOTHING",
        )

    def undo(self, connection: Connection) -> None:
        table = self.dice.choice(["cycle.waiver", "cycle.extension", "intake.nil_return"])
        self.run(
            connection,
            f"UPDATE {table} SET undone_at = :at, undone_by = 'a', undone_because = 'nhầm'"
            " WHERE undone_at IS NULL AND obligation_id IN"
            " (SELECT obligation_id FROM cycle.obligation WHERE recipient_id = :r)",
        )

    def extend(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)"
            " SELECT obligation_id, :due, 'mail', 'bão', 'b', :at FROM cycle.obligation"
            " WHERE recipient_id = :r",
            due=self.now + timedelta(days=self.dice.randrange(-5, 30)),
        )

    def remind(self, connection: Connection) -> None:
        office = self.office()
        self.run(
            connection,
            "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, sequence, to_address,"
            " subject, body_text, body_html, message_id_header, dated_at, when_unknown)"
            " VALUES (:c, :r, :contact, :step, :number, 'a@so.example', 's', 't', 'h', :header, :at,"
            " 'leave')",
            r=office.recipient_id, contact=office.contact_id, number=self.count, header=f"<m{self.count}>",
            step=self.dice.choice(["request", "reminder__t_minus_7", "reminder__t_minus_2", "urging"]),
        )  # fmt: skip
        state = self.dice.choice(["sent", "ambiguous", "failed"])
        self.run(
            connection,
            "INSERT INTO cycle.message_event (message_id, state, occurred_at)"
            " SELECT message_id, :state, :at FROM cycle.message WHERE message_id_header = :header",
            state=state, header=f"<m{self.count}>",
        )  # fmt: skip
        self.run(
            connection,
            "UPDATE cycle.message SET state = :state WHERE message_id_header = :header",
            state=state, header=f"<m{self.count}>",
        )  # fmt: skip

    def clock(self, connection: Connection) -> None:
        self.now += timedelta(days=self.dice.randrange(1, 8))
        set_clock(connection, self.cycle.sample, self.now)

    def confidential(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO intake.confidential_answer (cycle_id, recipient_id, reason, received_on, entered_by,"
            " entered_at) VALUES (:c, :r, 'mật', :on, 'a', :at) ON CONFLICT DO NOTHING",
            on=self.dice.choice([None, self.now.date()]),
        )

    def document(self, connection: Connection) -> None:
        values = {"number": str(self.count), "r": self.office().recipient_id}
        self.run(
            connection,
            "INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number,"
            " document_number, signed_on, sent_on, received_on, signer, capacity, entered_by, entered_at)"
            " VALUES (:c, :r, :number, '1/BC', CAST(:at AS date), CAST(:at AS date), CAST(:at AS date), 'a',"
            " 'GĐ', 'b', :at)",
            **values,
        )
        self.run(
            connection,
            "INSERT INTO intake.document_answer SELECT incoming_document_id, recipient_id, 'signed_report'"
            " FROM intake.incoming_document WHERE registered_number = :number",
            **values,
        )

    def conflict(self, connection: Connection) -> None:
        self.run(
            connection,
            "INSERT INTO intake.conflict (cycle_id, recipient_id, standing_submission_id,"
            " other_submission_id, cells, found_at) SELECT :c, :r, min(submission_id), max(submission_id),"
            " '[]', :at FROM intake.submission WHERE recipient_id = :r AND outcome LIKE 'accepted%'"
            " HAVING count(*) > 1 ON CONFLICT DO NOTHING",
        )

    def explain(self, connection: Connection) -> None:
        self.run(
            connection,
            "UPDATE intake.finding SET explanation = 'đã rà soát' WHERE submission_id IN"
            " (SELECT submission_id FROM intake.submission WHERE recipient_id = :r)",
        )

    def close(self, connection: Connection) -> None:
        if self.count > 50:
            self.run(
                connection,
                "UPDATE cycle.milestone SET done_at = :at WHERE cycle_id = :c AND step = 'close'"
                " AND done_at IS NULL",
            )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_changed_filled_alone_says_the_same_as_a_cycle_and_as_everything_filled_anew(
    cycle: Rehearsed, seed: int
) -> None:
    dice = random.Random(seed)
    events = Events(cycle, dice)
    alone = 0
    for _ in range(12):
        for _ in range(dice.randrange(1, 5)):
            change(cycle, lambda connection: events.happen(connection))
        with cycle.engine.begin() as connection:
            done = refresh(connection, cycle.cycle_id)
            by_queue = contents(connection)
            assert pending(connection) == []
            alone += bool(done.recipient_count) and not done.is_whole
        with cycle.engine.begin() as connection:
            refresh(connection, cycle.cycle_id, whole=True)
            assert contents(connection) == by_queue
    rebuild(cycle.engine)
    with cycle.engine.connect() as connection:
        assert contents(connection) == by_queue
    assert alone > 3
    assert all(by_queue[name] for name in ("indicator_total", "reporting_rate", "submission_quality"))


SOURCES = {
    "submission": "INSERT INTO intake.submission (cycle_id, recipient_id, version, file_sha256, filename,"
    " sender, channel, received_at, outcome, checked_at) SELECT cycle_id, recipient_id, 9, sha256, 'f', 's',"
    " 'mail', :at, 'accepted', :at FROM cycle.recipient, (SELECT min(sha256) AS sha256 FROM"
    " intake.archived_file) a WHERE recipient_id = :other",
    "submission changed": "UPDATE intake.submission SET source_rank = 1 WHERE recipient_id = :r",
    "submission withdrawn": "INSERT INTO intake.submission_withdrawal SELECT submission_id, 'a', 'b', 'c',"
    " :at FROM intake.submission WHERE recipient_id = :r",
    "conflict": "INSERT INTO intake.conflict (cycle_id, recipient_id, standing_submission_id,"
    " other_submission_id, cells, found_at) SELECT cycle_id, recipient_id, submission_id, submission_id,"
    " '[]', :at FROM intake.submission WHERE recipient_id = :r",
    "fact taken away": "DELETE FROM core.fact WHERE recipient_id = :r",
    "fact changed": "UPDATE core.fact SET document_number = '1/X' WHERE recipient_id = :r",
    "finding explained": "UPDATE intake.finding SET explanation = 'x' WHERE submission_id IN"
    " (SELECT submission_id FROM intake.submission WHERE recipient_id = :r)",
    "nil return": "INSERT INTO intake.nil_return (obligation_id, basis, entered_by, confirmed_at,"
    " entered_at) SELECT obligation_id, 'a', 'b', :at, :at FROM cycle.obligation WHERE recipient_id = :other",
    "confidential": "INSERT INTO intake.confidential_answer (cycle_id, recipient_id, reason, entered_by,"
    " entered_at) SELECT cycle_id, recipient_id, 'a', 'b', :at FROM cycle.recipient WHERE recipient_id = :r",
    "reply": "INSERT INTO intake.reply (cycle_id, recipient_id, body, received_at, entered_by)"
    " SELECT cycle_id, recipient_id, 'a', :at, 'b' FROM cycle.recipient WHERE recipient_id = :r",
    "extension": "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by,"
    " granted_at) SELECT obligation_id, :at, 'mail', 'a', 'b', :at FROM cycle.obligation"
    " WHERE recipient_id = :r",
    "waiver": "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
    " SELECT obligation_id, 'mail', 'a', 'b', :at FROM cycle.obligation WHERE recipient_id = :other",
    "obligation": "UPDATE cycle.obligation SET due_at = :at WHERE recipient_id = :r",
    "name": "UPDATE cycle.recipient SET short_name = 'Khác' WHERE recipient_id = :r",
    "request sent": "UPDATE cycle.message SET state = 'sent' WHERE recipient_id = :other",
    "document": "INSERT INTO intake.document_answer SELECT incoming_document_id, :other, 'signed_report'"
    " FROM intake.incoming_document",
    "close": "UPDATE cycle.milestone SET done_at = :at WHERE step = 'close'",
    "another form": "UPDATE cycle.cycle SET form_code = NULL, form_version = NULL",
    "withdrawal of the cycle": "INSERT INTO cycle.withdrawal SELECT cycle_id, 'a', 'b', :at FROM cycle.cycle",
    "region": "UPDATE registry.organization_region SET region = 'Khác' WHERE organization_id = :organization",
    "clock": "UPDATE cycle.clock SET now_at = :late WHERE kind = 'simulated'",
}
WITHOUT_TRACE = {"submission changed", "reply"}
"""What is noted, though no table has to show it in this cycle."""


@pytest.mark.parametrize("source", SOURCES)
def test_every_kind_of_change_is_caught(cycle: Rehearsed, source: str) -> None:
    first, other = cycle.offices[0], cycle.offices[1]
    with cycle.engine.begin() as connection:
        number = submit(connection, cycle.sample, first, findings=(("warning", "Đề nghị giải trình"),))
        add_mark(connection, number, "quy_che", 2011)
        connection.execute(
            text(
                "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address, subject,"
                " body_text, body_html, message_id_header, dated_at, when_unknown) VALUES (:c, :r, :k,"
                " 'request', 'a@so.example', 's', 't', 'h', '<m>', :at, 'leave')"
            ),
            {"c": cycle.cycle_id, "r": other.recipient_id, "k": other.contact_id, "at": vn(2012, 12, 3)},
        )
        connection.execute(
            text(
                "INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number,"
                " document_number, signed_on, sent_on, received_on, signer, capacity, entered_by, entered_at)"
                " VALUES (:c, :r, '1', '1/BC', :on, :on, :on, 'a', 'GĐ', 'b', :on)"
            ),
            {"c": cycle.cycle_id, "r": other.recipient_id, "on": vn(2012, 12, 20)},
        )
    drain(cycle.engine)
    with cycle.engine.connect() as connection:
        before = contents(connection)
        assert pending(connection) == []
    values: dict[str, object] = {
        "at": vn(2012, 12, 25, 9), "late": AFTER_THE_DAY, "r": first.recipient_id,
        "other": other.recipient_id, "organization": first.organization_id,
    }  # fmt: skip
    cycle.run(SOURCES[source], **{k: v for k, v in values.items() if f":{k}" in SOURCES[source]})
    with cycle.engine.connect() as connection:
        assert [one.cycle_id for one in pending(connection)] == [cycle.cycle_id]
    drain(cycle.engine)
    with cycle.engine.connect() as connection:
        after = contents(connection)
    assert (after != before) or source in WITHOUT_TRACE
    rebuild(cycle.engine)
    with cycle.engine.connect() as connection:
        assert contents(connection) == after


def test_what_is_accepted_while_a_refresh_runs_is_left_to_the_next_one(cycle: Rehearsed) -> None:
    inserted, go_on = Event(), Event()

    def accept_slowly() -> None:
        with cycle.engine.begin() as connection:
            number = submit(connection, cycle.sample, cycle.offices[0], data=b"slow")
            add_mark(connection, number, "quy_che", 2011)
            inserted.set()
            assert go_on.wait(20)

    sender = Thread(target=accept_slowly)
    sender.start()
    assert inserted.wait(20)
    with cycle.engine.begin() as connection:
        submit(connection, cycle.sample, cycle.offices[1], data=b"quick", message_id_header="<2@so.example>")
    with cycle.engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))  # neither waits for the other
        assert refresh(connection, cycle.cycle_id).recipient_count == 1
        go_on.set()
        sender.join(20)
    assert [one.change_count > 0 for one in pending_of(cycle)] == [True]
    drain(cycle.engine)
    counted = "SELECT office_count FROM mart.indicator_total WHERE indicator = 'quy_che' AND year = 2011"
    assert cycle.value(counted) == 1
    with cycle.engine.connect() as connection:
        found = contents(connection)
    rebuild(cycle.engine)
    with cycle.engine.connect() as connection:
        assert contents(connection) == found


def pending_of(cycle: Rehearsed) -> list[Any]:
    with cycle.engine.connect() as connection:
        return list(pending(connection))


def test_sums_by_region_and_against_last_time_by_hand(owner_url: str) -> None:
    from reporting.database import engine as make_engine

    engine = make_engine(owner_url)
    load(engine, 12, 2)
    drain(engine)
    last, first = "bench__2018_q2", "bench__2018_q1"
    with engine.begin() as connection:
        # office 1 says yes to everything now; before, it said so of some
        accept(connection, 1)
        refresh(connection, last)
        rows = connection.execute(
            text(
                "SELECT a.region, a.state, b.state, a.previous_state, a.value, a.previous_value, b.value"
                " FROM mart.indicator_value a JOIN mart.indicator_value b ON b.recipient_id = (SELECT"
                " previous_recipient_id FROM mart.recipient r WHERE r.recipient_id = a.recipient_id)"
                " AND b.indicator = a.indicator WHERE a.cycle_id = :c AND a.indicator = :i"
                " ORDER BY a.position"
            ),
            {"c": last, "i": "mark_3"},
        ).all()
        assert len(rows) == 12
        assert [row[3] for row in rows] == [row[2] for row in rows]
        expected = {
            region: (
                sum(row[1] == "yes" for row in rows if row[0] == region),
                sum(row[1] == "yes" and row[3] == "no" for row in rows if row[0] == region),
            )
            for region in {row[0] for row in rows}
        }
        found = connection.execute(
            text(
                "SELECT region, sum(office_count), sum(gained_count) FROM mart.indicator_by_region"
                " WHERE cycle_id = :c AND indicator = 'mark_3' GROUP BY region"
            ),
            {"c": last},
        ).all()
        assert {row[0]: (row[1], row[2]) for row in found} == expected
        assert expected["Vùng 2"][0] >= 1
        values = connection.execute(
            text(
                "SELECT sum(value), sum(previous_value) FROM mart.indicator_value"
                " WHERE cycle_id = :c AND indicator = 'number_1'"
            ),
            {"c": last},
        ).one()
        total = connection.execute(
            text(
                "SELECT value_sum, previous_value_sum FROM mart.indicator_total"
                " WHERE cycle_id = :c AND indicator = 'number_1'"
            ),
            {"c": last},
        ).one()
        assert tuple(total) == tuple(values)
        assert (
            values[1]
            == connection.execute(
                text("SELECT sum(value) FROM core.fact WHERE cycle_id = :c AND indicator = 'number_1'"),
                {"c": first},
            ).scalar_one()
        )


def test_an_earlier_cycles_new_answer_shows_in_the_next_one(owner_url: str) -> None:
    from reporting.database import engine as make_engine

    engine = make_engine(owner_url)
    load(engine, 12, 2)
    drain(engine)
    shown = (
        "SELECT previous_state FROM mart.indicator_value WHERE cycle_id = 'bench__2018_q2' AND position = 4"
        " AND indicator = 'mark_3'"
    )
    with engine.begin() as connection:
        before = connection.execute(text(shown)).scalar_one()
        connection.execute(
            text(
                "UPDATE core.fact SET state = CASE state WHEN 'yes' THEN 'no' ELSE 'yes' END"
                " WHERE indicator = 'mark_3' AND recipient_id = (SELECT recipient_id FROM cycle.recipient"
                " WHERE position = 4 AND cycle_id = 'bench__2018_q1')"
            )
        )
        refresh(connection, "bench__2018_q2")  # the earlier one is refreshed with it
        assert connection.execute(text(shown)).scalar_one() != before
    drain(engine)
    with engine.connect() as connection:
        found = contents(connection)
    rebuild(engine)
    with engine.connect() as connection:
        assert contents(connection) == found


def test_a_cycle_without_a_data_form_and_a_withdrawn_one_read_sensibly(cycle: Rehearsed) -> None:
    cycle.run("UPDATE cycle.cycle SET form_code = NULL, form_version = NULL")
    cycle.run("DELETE FROM cycle.reminder_plan")
    cycle.run("DELETE FROM cycle.obligation WHERE deliverable = 'data_form'")
    drain(cycle.engine)
    assert cycle.rows(
        "SELECT DISTINCT data_form_state, main_deliverable, main_state, timeliness FROM mart.recipient_status"
    ) == [(None, "signed_report", "not_requested", "not_due")]
    cycle.run("UPDATE cycle.clock SET now_at = :at", at=AFTER_THE_DAY)
    drain(cycle.engine)
    assert cycle.rows("SELECT sum(asked_count), sum(missing_count) FROM mart.reporting_rate") == [(20, 20)]
    cycle.run("INSERT INTO cycle.withdrawal VALUES (:c, 'a', 'b', :at)", at=AFTER_THE_DAY)
    drain(cycle.engine)
    assert cycle.rows("SELECT DISTINCT timeliness FROM mart.recipient_status") == [("withdrawn",)]
    assert cycle.rows("SELECT sum(asked_count), sum(missing_count) FROM mart.reporting_rate") == [(0, 0)]


def test_a_reminder_is_answered_within_48_hours_or_later(cycle: Rehearsed) -> None:
    sent = vn(2012, 12, 20, 9)
    with cycle.engine.begin() as connection:
        for place, hours in ((0, 48), (1, 49), (2, -1)):
            office = cycle.offices[place]
            connection.execute(
                text(
                    "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address,"
                    " subject, body_text, body_html, message_id_header, dated_at, when_unknown, state)"
                    " VALUES (:c, :r, :k, 'reminder__t_minus_7', 'a@so.example', 's', 't', 'h', :h, :at,"
                    " 'leave', 'queued')"
                ),
                {"c": cycle.cycle_id, "r": office.recipient_id, "k": office.contact_id, "h": f"<{place}>",
                 "at": sent},
            )  # fmt: skip
            submit(
                connection, cycle.sample, office, data=str(place).encode(),
                received_at=sent + timedelta(hours=hours), message_id_header=f"<s{place}@so.example>",
            )  # fmt: skip
        connection.execute(text("UPDATE cycle.message SET state = 'sent'"))
    drain(cycle.engine)
    assert cycle.rows("SELECT sent_count, answered_48h_count, answered_count FROM mart.reminder_effect") == [
        (3, 1, 2)
    ]


def test_each_select_gives_the_columns_of_its_table_in_their_order(owner_url: str) -> None:
    from reporting.consolidation import refresh as module
    from reporting.database import engine as make_engine

    with make_engine(owner_url).connect() as connection:
        for mart in marts():
            select = (module.FOLDER / f"{mart.name}.sql").read_text(encoding="utf-8")
            given = list(connection.execute(text(f"SELECT * FROM ({select}) q LIMIT 0")).keys())
            there = list(connection.execute(text(f"SELECT * FROM mart.{mart.name} LIMIT 0")).keys())
            if mart.kind == "sums":
                assert set(mart.keys) | set(mart.columns) | {"recipient_id"} == set(given), mart.name
                assert set(mart.keys) | set(mart.columns) | {"row_count"} == set(there), mart.name
            else:
                assert given == there, mart.name


def test_a_paper_answers_a_reminder_by_the_day_it_bears(cycle: Rehearsed) -> None:
    """Dated before it, it is no answer; dated after it, it is one, whenever it is entered."""
    sent = vn(2012, 12, 20, 9)
    with cycle.engine.begin() as connection:
        for place, (dated, entered) in enumerate(((19, 21), (20, 27), (21, 27), (23, 24))):
            office = cycle.offices[place]
            given = {"c": cycle.cycle_id, "r": office.recipient_id, "n": str(place), "at": sent}
            connection.execute(
                text(
                    "INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address,"
                    " subject, body_text, body_html, message_id_header, dated_at, when_unknown, state)"
                    " VALUES (:c, :r, :k, 'reminder__t_minus_7', 'a@so.example', 's', 't', 'h', :n, :at,"
                    " 'leave', 'queued')"
                ),
                given | {"k": office.contact_id},
            )
            connection.execute(
                text(
                    "INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number,"
                    " document_number, signed_on, sent_on, received_on, signer, capacity, entered_by,"
                    " entered_at) VALUES (:c, :r, :n, '1/BC', :day, :day, :day, 'a', 'GĐ', 'b', :entered)"
                ),
                {key: given[key] for key in ("c", "r", "n")}
                | {"day": vn(2012, 12, dated).date(), "entered": vn(2012, 12, entered, 9)},
            )
        connection.execute(
            text(
                "INSERT INTO intake.document_answer SELECT incoming_document_id, recipient_id,"
                " 'signed_report' FROM intake.incoming_document"
            )
        )
        connection.execute(text("UPDATE cycle.message SET state = 'sent'"))
    drain(cycle.engine)
    assert cycle.rows("SELECT answered_at, is_answered_in_48h FROM mart.reminder ORDER BY position") == [
        (None, False),
        (sent, True),
        (vn(2012, 12, 21), True),
        (vn(2012, 12, 23), False),
    ]


def test_figures_that_are_never_added_up_have_no_sum(owner_url: str) -> None:
    """Percentages and indices; the change of the others is over those who answered twice."""
    from reporting.database import engine as make_engine

    engine = make_engine(owner_url)
    load(engine, 12, 2)
    first, last = "bench__2018_q1", "bench__2018_q2"
    found = text(
        "SELECT sum(value_sum), sum(value_count), sum(both_count), sum(change_sum) FROM mart.indicator_total"
        " WHERE cycle_id = :c AND indicator = 'number_1'"
    )
    with engine.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM core.fact WHERE cycle_id = :c AND indicator = 'number_1' AND recipient_id IN"
                " (SELECT recipient_id FROM cycle.recipient WHERE position <= 3)"
            ),
            {"c": first},
        )
    rebuild(engine)
    with engine.begin() as connection:
        total, count, both, change = connection.execute(found, {"c": last}).one()
        assert both < count
        assert change == connection.scalar(
            text(
                "SELECT sum(value - previous_value) FROM mart.indicator_value"
                " WHERE cycle_id = :c AND indicator = 'number_1'"
            ),
            {"c": last},
        )
        assert total > 0
        connection.execute(text("UPDATE registry.aggregation_rule SET rule = 'list' WHERE rule = 'sum'"))
    rebuild(engine)
    with engine.connect() as connection:
        assert tuple(connection.execute(found, {"c": last}).one()) == (0, count, both, 0)


def test_the_cycle_before_is_the_newest_that_was_not_withdrawn(cycle: Rehearsed) -> None:
    """Of rehearsals of one period the one with the highest number; 10 comes after 9."""
    copied = (
        "INSERT INTO cycle.cycle SELECT (jsonb_populate_record(c, jsonb_build_object('cycle_id',"
        " CAST(:n AS text), 'period_to', CAST(:day AS text)))).* FROM cycle.cycle c WHERE cycle_id = :c"
    )
    for number in (9, 10):
        cycle.run(copied, n=f"x__2011__dien_tap_{number}", day="2011-06-30")
    before = "SELECT previous_cycle_id FROM cycle.previous_cycle WHERE cycle_id = :c"
    assert cycle.value(before) == "x__2011__dien_tap_10"
    drain(cycle.engine)
    cycle.run("INSERT INTO cycle.withdrawal VALUES ('x__2011__dien_tap_10', 'a', 'b', :at)", at=AFTER_THE_DAY)
    assert cycle.value(before) == "x__2011__dien_tap_9"
    assert cycle.rows("SELECT cause FROM mart.change WHERE cycle_id = :c") == [("cycle",)]


def test_a_reader_of_several_tables_never_fails_for_a_rebuild(cycle: Rehearsed) -> None:
    """It holds the last table and asks for the first while the rebuild wants both; then it even refreshes."""
    errors: list[Exception] = []

    def fill() -> None:
        try:
            rebuild(cycle.engine)
        except Exception as error:
            errors.append(error)

    with cycle.engine.begin() as connection:
        connection.execute(text("SELECT count(*) FROM mart.reminder_effect")).all()
        filling = Thread(target=fill)
        filling.start()
        filling.join(0.2)
        for name in NAMES:
            connection.execute(text(f"SELECT count(*) FROM mart.{name}")).all()
        refresh(connection, cycle.cycle_id)
        assert filling.is_alive(), "it waits for the reader"
    filling.join(20)
    assert not filling.is_alive()
    assert errors == []
