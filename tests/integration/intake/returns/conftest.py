"""A small cycle that asks with a form of marks, numbers and an open table, and offices that answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from reporting import clock
from reporting.cycles.selection import RefusedChange
from reporting.forms.models import Form, load_form
from reporting.intake.message import Attachment
from reporting.intake.submissions import Delivery, Recorded
from reporting.mail.answers import queue_answers
from reporting.validation.models import (
    CheckedWorkbook,
    ListRow,
    MarkValue,
    NarrativeText,
    Outcome,
    QuantityState,
    QuantityValue,
    SubmissionKind,
)
from tests.factories import record_submission
from tests.integration.rehearsed import Rehearsed, vn

MARK_SHEET, NUMBER_SHEET, TASK_SHEET, TEXT_SHEET = "Biểu 1", "Biểu 2", "Biểu 3", "Báo cáo"


@dataclass(frozen=True)
class Content:
    """What a workbook says: marks and numbers by code, tasks in order, prose by section; None: blank."""

    marks: Mapping[str, str] | None = field(default_factory=dict)
    numbers: Mapping[str, int | str] | None = field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Answered:
    """The cycle, and hands for its offices to answer with."""

    cycle: Rehearsed
    form: Form

    @property
    def code(self) -> str:
        """The look-up code of the first office."""
        return self.cycle.offices[0].reference_code

    def send(
        self,
        content: Content = Content(),
        *,
        office: int = 0,
        sender: str | None = None,
        at: datetime | None = None,
        sent_at: datetime | None = None,
        outcome: Outcome = "accepted",
        kind: SubmissionKind = "official",
        is_nil: bool = False,
        is_partial: bool = False,
        cover: Mapping[str, str] | None = None,
        answers: str | None = None,
        data: bytes | None = None,
    ) -> Recorded:
        """A workbook arrives and is answered; `answers` is the Message-ID of the mail of ours it answers."""
        one, at = self.cycle.offices[office], at or vn(2012, 12, 18, 9, 30)
        sender = sender or one.email
        given = (content, sender, at, kind, is_nil, is_partial, cover, outcome)
        data = data or hashlib.sha256(repr(given).encode()).digest()
        self.cycle.go_to(at) if at > self.now else None
        checked = self.checked(
            content, office=office, outcome=outcome, kind=kind, is_nil=is_nil, is_partial=is_partial,
            cover=cover,
        )  # fmt: skip
        with self.cycle.engine.begin() as connection:
            arrival_id = connection.execute(
                text(
                    "INSERT INTO intake.archived_file VALUES (:key, 1, 'message/rfc822');"
                    "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address,"
                    " in_reply_to, received_at, handled_at, outcome) VALUES ('mail', 'rehearsal', :key, :key,"
                    " :sender, :answers, :at, :at, 'submission') RETURNING arrival_id"
                ),
                {
                    "key": hashlib.sha256(b"mail" + data).hexdigest(),
                    "sender": sender,
                    "answers": answers,
                    "at": at,
                },
            ).scalar_one()
            recorded = record_submission(
                connection,
                self.cycle.cycle_id,
                one.reference_code,
                Attachment("Biểu số liệu.xlsx", data, "application/octet-stream"),
                checked,
                Delivery("mail", sender, at, sent_at, arrival_id),
                at,
                "submission_intake",
            )
            if recorded.outcome in ("accepted", "accepted_with_warnings"):
                queue_answers(connection, self.cycle.cycle_id, [recorded.submission_id])
        return recorded

    def checked(
        self,
        content: Content,
        *,
        office: int = 0,
        outcome: Outcome = "accepted",
        kind: SubmissionKind = "official",
        is_nil: bool = False,
        is_partial: bool = False,
        cover: Mapping[str, str] | None = None,
    ) -> CheckedWorkbook:
        """What the gates say of such a workbook."""
        return CheckedWorkbook(
            filename="Biểu số liệu.xlsx",
            outcome=outcome,
            reference_code=self.cycle.offices[office].reference_code,
            question=None,
            findings=(),
            marks=() if outcome not in ("accepted", "accepted_with_warnings") else self._marks(content),
            narratives=tuple(
                NarrativeText(code, body, TEXT_SHEET, f"B{row}")
                for row, (code, body) in enumerate(content.texts.items(), 5)
            ),
            blank_means_no=True,
            cover=cover or {},
            quantities=self._numbers(content),
            list_rows=tuple(
                ListRow("nhiem_vu", row, {"ten": task}, TASK_SHEET, f"B{6 + row}")
                for row, task in enumerate(content.tasks, 1)
            ),
            kind=kind,
            is_nil=is_nil,
            is_partial=is_partial,
        )

    @property
    def now(self) -> datetime:
        """The cycle's moment."""
        with self.cycle.engine.connect() as connection:
            return clock.now(connection, self.cycle.cycle_id)

    @property
    def current(self) -> int | None:
        """The version of the first office that counts."""
        found = self.cycle.rows(
            "SELECT version FROM core.current_submission WHERE recipient_id = :r",
            r=self.cycle.offices[0].recipient_id,
        )
        return found[0][0] if found else None

    @property
    def state(self) -> str:
        """How the first office's data form stands."""
        return self.cycle.states()[0]

    def status(self, column: str) -> Any:
        """One column of cycle.obligation_status, of the first office's data form."""
        return self.cycle.value(
            f"SELECT {column} FROM cycle.obligation_status WHERE cycle_id = :c AND recipient_id = :r"
            " AND deliverable = 'data_form'",
            r=self.cycle.offices[0].recipient_id,
        )

    def mail(self, step: str) -> tuple[str, str]:
        """Subject and body of the newest mail of this step."""
        ((subject, body),) = self.cycle.rows(
            "SELECT subject, body_text FROM cycle.message WHERE cycle_id = :c AND step = :s"
            " ORDER BY message_id DESC LIMIT 1",
            s=step,
        )
        return subject, body

    def difference(self, recorded: Recorded) -> Any:
        """What is stored as the difference of a version."""
        return self.cycle.value(
            "SELECT difference FROM intake.submission WHERE submission_id = :s", s=recorded.submission_id
        )

    def events(self) -> list[str]:
        """The kinds of events of the cycle's returns, in order."""
        return [
            kind
            for (kind,) in self.cycle.rows(
                "SELECT kind FROM audit.event WHERE cycle_id = :c AND kind ~ '^(draft|submission_(r|s|p|k|w)|"
                "conflict|nil|confidential)' ORDER BY event_id"
            )
        ]

    def _marks(self, content: Content) -> tuple[MarkValue, ...]:
        if content.marks is None:
            return ()
        return tuple(
            MarkValue(
                indicator.code,
                2024,
                {"X": "yes", "–": "not_applicable"}.get(said[:1], "no"),  # type: ignore[arg-type]
                said[2:] or None,
                None,
                None,
                MARK_SHEET,
                f"C{row}",
            )
            for row, indicator in enumerate(self.form.indicators, 12)
            for said in [content.marks.get(indicator.code, "")]
        )

    def _numbers(self, content: Content) -> tuple[QuantityValue, ...]:
        if content.numbers is None:
            return ()
        found = []
        for row, quantity in enumerate(self.form.quantity_rows, 8):
            said = content.numbers.get(quantity.code, "blank")
            state: QuantityState = said if isinstance(said, str) else "value"  # type: ignore[assignment]
            value = None if isinstance(said, str) else Decimal(said)
            found.append(
                QuantityValue(
                    quantity.code, 2024, state, value, quantity.unit, None, None, NUMBER_SHEET, f"C{row}"
                )
            )
        return tuple(found)


def refusal(error: pytest.ExceptionInfo[RefusedChange]) -> str:
    """The refusal as the person at the form reads it."""
    return error.value.in_vietnamese


@pytest.fixture
def answered(small: Rehearsed) -> Answered:
    """The small cycle, its request out, with the form of 2024 in place of its own."""
    form = load_form("tien_do_nq_47", "2024.1")
    small.run(
        "INSERT INTO cycle.form_version (form_code, version, content, content_hash)"
        " VALUES (:f, :v, CAST(:content AS jsonb), :h) ON CONFLICT DO NOTHING",
        f=form.code, v=form.version, content=form.model_dump_json(), h=form.content_hash,
    )  # fmt: skip
    small.issue()
    small.run(
        "UPDATE cycle.cycle SET form_code = :f, form_version = :v WHERE cycle_id = :c",
        f=form.code, v=form.version,
    )  # fmt: skip
    return Answered(small, form)
