"""Rows of a small warehouse, for tests: offices, a cycle, what was asked of whom, what came in.

Everything is made from the real regime and form; offices are samples whose addresses end in .example.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from reporting import archive
from reporting.clock import VIETNAM
from reporting.forms.models import load_form
from reporting.intake.message import Attachment
from reporting.intake.submissions import Answer, Delivery, Recorded, record_submissions
from reporting.regimes.models import Regime, load_regime
from reporting.validation.check import CheckedWorkbook

REGIME = "ttdn_dia_phuong"
PERIOD = "2011_2012"
DUE_AT = datetime(2013, 1, 1, tzinfo=VIETNAM)
OFFICES = ("An Giang", "Bà Rịa - Vũng Tàu", "Bắc Giang")
SIGNED_LETTER = b"%PDF-1.4 sample of a signed letter"


@dataclass(frozen=True)
class Office:
    """A recipient of a cycle with its one contact."""

    recipient_id: int
    organization_id: str
    name: str
    short_name: str
    reference_code: str
    contact_id: int
    email: str


@dataclass(frozen=True)
class SampleCycle:
    """A cycle with its recipients in their order."""

    cycle_id: str
    clock_id: str
    offices: tuple[Office, ...]


def owner_of(engine: Engine) -> Engine:
    """An engine on the same warehouse for its owner: what alone the owner may, such as loading the registry.

    Of an engine of the servers that tests start, whose pipeline's role may become the owner.
    """
    options = "-c timezone=UTC -c role=reporting_owner"
    return create_engine(engine.url, poolclass=NullPool, connect_args={"options": options})


def formless(regime: Regime) -> Regime:
    """The regime as its letter alone asks: without a workbook."""
    documents = tuple(d for d in regime.deliverables if d.kind != "data_form")
    return regime.model_copy(update={"deliverables": documents, "form_code": None, "form_version": None})


def make_cycle(
    connection: Connection,
    *,
    mode: str = "rehearsal",
    at: datetime = datetime(2012, 12, 3, 14, tzinfo=VIETNAM),
    offices: tuple[str, ...] = OFFICES,
    is_registered: bool = True,
    addresses: tuple[str, ...] | None = None,
) -> SampleCycle:
    """A cycle of the tracking regime on a simulated clock that stands at `at`; each office owes both
    deliverables.

    `is_registered` says whether its request letter has its number, date and signed file. `addresses` replaces
    the sample addresses of the contacts, one per office.
    """
    regime = load_regime(REGIME)
    period = regime.period(PERIOD)
    form = load_form(regime.form_code, regime.form_version)
    cycle_id = f"{REGIME}__{PERIOD}" + ("" if mode == "live" else "__dien_tap_1")
    clock_id = f"rehearsal:{cycle_id}"

    def run(statement: str, **values: object) -> object:
        result = connection.execute(text(statement), values)
        return result.scalar() if result.returns_rows else None

    run("INSERT INTO cycle.clock VALUES (:id, 'simulated', :at)", id=clock_id, at=at)
    run(
        "INSERT INTO cycle.form_version (form_code, version, content, content_hash) "
        "VALUES (:code, :version, CAST(:content AS jsonb), :hash) ON CONFLICT DO NOTHING",
        code=form.code,
        version=form.version,
        content=form.model_dump_json(),
        hash=form.content_hash,
    )
    run(
        "INSERT INTO cycle.cycle (cycle_id, regime, period, title, subject, mode, clock_id, regime_content, "
        "form_code,"
        " form_version, period_from, period_to, cutoff_on, request_on, deadline_phrase, due_at) "
        "VALUES (:cycle_id, :regime, :period, :title, :subject, :mode, :clock_id, CAST(:content AS jsonb), "
        ":form_code,"
        " :form_version, :period_from, :period_to, :cutoff_on, :request_on, :phrase, :due_at)",
        cycle_id=cycle_id,
        regime=REGIME,
        period=PERIOD,
        title=period.report_title,
        subject=regime.request_letter.subject,
        mode=mode,
        clock_id=clock_id,
        content=regime.model_dump_json(),
        form_code=form.code,
        form_version=form.version,
        period_from=period.period_from,
        period_to=period.period_to,
        cutoff_on=period.cutoff_on,
        request_on=period.request_on,
        phrase="đến hết ngày 31/12/2012",
        due_at=DUE_AT,
    )
    for position, deliverable in enumerate(regime.deliverables, start=1):
        run(
            "INSERT INTO cycle.deliverable (cycle_id, deliverable, label, position, kind) "
            "VALUES (:cycle_id, :code, :label, :position, :kind)",
            kind=deliverable.kind,
            cycle_id=cycle_id,
            code=deliverable.code,
            label=deliverable.label,
            position=position,
        )
    close_at = datetime(2013, 1, 11, 17, tzinfo=VIETNAM)
    plan = {
        "reminder__t_minus_7": datetime(2012, 12, 20, 9, tzinfo=VIETNAM),
        "reminder__t_minus_2": datetime(2012, 12, 27, 9, tzinfo=VIETNAM),
        "reminder__t_plus_1": datetime(2013, 1, 2, 9, tzinfo=VIETNAM),
    }
    for step, due_at in (plan | {"issue": at, "close": close_at}).items():
        run(
            "INSERT INTO cycle.milestone (cycle_id, step, due_at, is_reminder) VALUES (:cycle_id, :step, "
            ":due_at, :is)",
            cycle_id=cycle_id,
            step=step,
            due_at=due_at,
            **{"is": step in plan},
        )
    made = []
    for position, short_name in enumerate(offices, start=1):
        organization_id = f"so_{position}"
        reference_code = f"TTDN12-DT1-{position:02d}"
        name = f"Sở Thông tin và Truyền thông tỉnh {short_name}"
        email = addresses[position - 1] if addresses else f"dau-moi@so-{position}.example"
        run(
            "INSERT INTO registry.organization (organization_id, kind, valid_from) "
            "VALUES (:id, 'province_department', '2008-01-01') ON CONFLICT DO NOTHING",
            id=organization_id,
        )
        contact_id = run(
            "INSERT INTO registry.contact (organization_id, email, display_name, is_sample) "
            "VALUES (:id, :email, :name, :is_sample) RETURNING contact_id",
            id=organization_id,
            email=email,
            name=f"Đầu mối {name}",
            is_sample=email.endswith(".example"),
        )
        recipient_id = run(
            "INSERT INTO cycle.recipient (cycle_id, organization_id, group_code, position, name, short_name, "
            "role,"
            " reference_code) VALUES (:cycle_id, :organization_id, 'provincial_departments_2012', :position, "
            ":name,"
            " :short_name, 'owes', :reference_code) RETURNING recipient_id",
            cycle_id=cycle_id,
            organization_id=organization_id,
            position=position,
            name=name,
            short_name=short_name,
            reference_code=reference_code,
        )
        assert isinstance(contact_id, int)
        assert isinstance(recipient_id, int)
        for deliverable in regime.deliverables:
            obligation_id = run(
                "INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at) "
                "VALUES (:cycle_id, :recipient_id, :deliverable, :due_at) RETURNING obligation_id",
                cycle_id=cycle_id,
                recipient_id=recipient_id,
                deliverable=deliverable.code,
                due_at=DUE_AT,
            )
            for step, due_at in plan.items():
                run(
                    "INSERT INTO cycle.reminder_plan VALUES (:obligation_id, :step, :due_at)",
                    obligation_id=obligation_id,
                    step=step,
                    due_at=due_at,
                )
        made.append(
            Office(recipient_id, organization_id, name, short_name, reference_code, contact_id, email)
        )
    if is_registered:
        register_request_letter(connection, cycle_id, at)
    return SampleCycle(cycle_id, clock_id, tuple(made))


def register_request_letter(connection: Connection, cycle_id: str, at: datetime) -> None:
    """Give the cycle's request letter number 3456/BTTTT-TTĐN of 3/12/2012 and a signed file."""
    sha256 = archive.store(connection, SIGNED_LETTER, "application/pdf")
    document_id = connection.execute(
        text(
            "INSERT INTO cycle.document (cycle_id, kind, title) "
            "VALUES (:cycle_id, 'request_letter', 'Đề nghị báo cáo') RETURNING document_id"
        ),
        {"cycle_id": cycle_id},
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO cycle.document_version (document_id, version, content_hash, data_hash, "
            "source_fingerprint, body_markdown, drafted_at) "
            "VALUES (:document_id, 1, 'c', 'd', '', '', :at)"
        ),
        {"document_id": document_id, "at": at},
    )
    connection.execute(
        text(
            "INSERT INTO cycle.document_registration (document_id, version, number, registered_on, signer, "
            "signed_file_name, signed_file_sha256, entered_by, entered_at) "
            "VALUES (:document_id, 1, '3456/BTTTT-TTĐN', '2012-12-03',"
            " 'Đỗ Quý Doãn', 'Công văn 3456 - đề nghị báo cáo.pdf', :sha256, 'van_thu', :at)"
        ),
        {"document_id": document_id, "sha256": sha256, "at": at},
    )


def set_clock(connection: Connection, cycle: SampleCycle, at: datetime) -> None:
    """Step the cycle's clock to `at`."""
    connection.execute(
        text("UPDATE cycle.clock SET now_at = :at WHERE clock_id = :id"), {"at": at, "id": cycle.clock_id}
    )


def submit(
    connection: Connection,
    cycle: SampleCycle,
    office: Office,
    *,
    outcome: str = "accepted",
    received_at: datetime = datetime(2012, 12, 18, 9, 30, tzinfo=VIETNAM),
    filename: str = "Biểu số liệu An Giang.xlsx",
    findings: tuple[tuple[str, str], ...] = (),
    sender: str | None = None,
    channel: str = "mail",
    data: bytes = b"a workbook",
    message_id_header: str | None = "<reply-1@so-1.example>",
) -> int:
    """A submission of `office` with its findings (severity, message); returns its number."""
    sha256 = archive.store(connection, data, "application/octet-stream")
    arrival_id = None
    if channel == "mail":
        arrival_id = connection.execute(
            text(
                "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address, "
                "message_id_header,"
                " received_at, handled_at) SELECT 'mail', mode, :sha256, :sha256, :sender,"
                " :message_id_header, :received_at, :received_at"
                " FROM cycle.cycle WHERE cycle_id = :cycle_id RETURNING arrival_id"
            ),
            {
                "cycle_id": cycle.cycle_id,
                "sha256": sha256,
                "sender": sender or office.email,
                "message_id_header": message_id_header,
                "received_at": received_at,
            },
        ).scalar_one()
    submission_id: int = connection.execute(
        text(
            "INSERT INTO intake.submission (cycle_id, recipient_id, version, arrival_id, file_sha256, "
            "filename, sender,"
            " channel, received_at, outcome, checked_at) SELECT :cycle_id, :recipient_id,"
            " coalesce((SELECT max(version) FROM intake.submission WHERE recipient_id = :recipient_id), 0) + "
            "1,"
            " :arrival_id, :sha256, :filename, :sender, :channel, :received_at, :outcome, :received_at"
            " RETURNING submission_id"
        ),
        {
            "cycle_id": cycle.cycle_id,
            "recipient_id": office.recipient_id,
            "arrival_id": arrival_id,
            "sha256": sha256,
            "filename": filename,
            "sender": sender or office.email,
            "channel": channel,
            "received_at": received_at,
            "outcome": outcome,
        },
    ).scalar_one()
    for position, (severity, message) in enumerate(findings, start=1):
        connection.execute(
            text(
                "INSERT INTO intake.finding (submission_id, position, severity, stage, rule, message) "
                "VALUES (:submission_id, :position, :severity, 'cells', 'a_rule', :message)"
            ),
            {
                "submission_id": submission_id,
                "position": position,
                "severity": severity,
                "message": message,
            },
        )
    return submission_id


def add_mark(
    connection: Connection,
    submission_id: int,
    indicator: str,
    year: int,
    *,
    is_marked: bool = True,
    number: str | None = None,
    on: date | None = None,
) -> None:
    """An accepted mark of a submission."""
    connection.execute(
        text(
            "INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, state, "
            "document_number,"
            " document_on, sheet, cell) SELECT :submission_id, cycle_id, recipient_id, :indicator, :year, "
            "CASE WHEN :is_marked THEN 'yes' ELSE 'no' END,"
            " :number, :on, 'Biểu 1', 'C12' FROM intake.submission WHERE submission_id = :submission_id"
        ),
        {
            "submission_id": submission_id,
            "indicator": indicator,
            "year": year,
            "is_marked": is_marked,
            "number": number,
            "on": on,
        },
    )


def register_signed_report(
    connection: Connection, cycle: SampleCycle, office: Office, on: date = date(2012, 12, 19)
) -> None:
    """A signed report of `office`, registered by the records desk."""
    number = connection.execute(
        text(
            "INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number, "
            "document_number, signed_on,"
            " sent_on, received_on, signer, capacity, entered_by, entered_at) VALUES (:cycle_id, "
            ":recipient_id, :number,"
            " '97/BC-STTTT', :on, :on, :on, 'Giám đốc', 'GĐ', 'van_thu', :at)"
            " RETURNING incoming_document_id"
        ),
        {
            "cycle_id": cycle.cycle_id,
            "recipient_id": office.recipient_id,
            "number": f"den-{office.recipient_id}",
            "on": on,
            "at": datetime.combine(on, datetime.min.time(), tzinfo=VIETNAM) + timedelta(hours=10),
        },
    ).scalar_one()
    connection.execute(
        text("INSERT INTO intake.document_answer VALUES (:number, :recipient_id, 'signed_report')"),
        {"number": number, "recipient_id": office.recipient_id},
    )


def record_submission(
    connection: Connection,
    cycle_id: str,
    reference_code: str,
    file: Attachment,
    checked: CheckedWorkbook | None,
    delivery: Delivery,
    checked_at: datetime,
    actor: str,
) -> Recorded:
    """Commit one workbook, as `record_submissions` does several."""
    answer = Answer(reference_code, file, checked, delivery)
    (recorded,) = record_submissions(connection, cycle_id, [answer], checked_at, actor)
    return recorded
