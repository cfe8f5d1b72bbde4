"""A cycle of any number of offices, the answers of all of them archived and waiting to be handled."""

from __future__ import annotations

import hashlib
import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from xml.sax.saxutils import escape

from sqlalchemy import Connection, Engine, text

from benchmarks.answers import CYCLE, PERIOD, REGIME, filled, offices, requests
from benchmarks.installation import KEY, MINISTRY
from reporting import archive
from reporting.clock import VIETNAM
from reporting.cycles.opening import open_cycle
from reporting.intake import message as mail
from reporting.intake.claims import signed_identity
from reporting.regimes.models import load_regime
from reporting.registry.load import load as load_registry
from reporting.workbook.identity import WorkbookIdentity, sign

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BEGAN = datetime(2012, 12, 12, 8, tzinfo=VIETNAM)
_RESULTS = (
    "core.fact", "core.narrative", "core.list_row", "intake.cover_field", "intake.finding",
    "intake.attachment", "intake.conflict", "intake.submission_withdrawal", "intake.submission",
    "cycle.message_event", "cycle.message", "audit.event",
)  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """One office's workbook."""

    reference_code: str
    address: str
    filename: str
    data: bytes


def prepare(engine: Engine, count: int) -> tuple[str, list[Answered]]:
    """Open the tracking cycle as a rehearsal with `count` more offices; returns it and their workbooks.

    Each office is one of the 63 again under a name and code of its own, and answers as that one did. Nothing
    has arrived yet.
    """
    load_registry(engine)
    cycle_id = open_cycle(engine, load_regime(REGIME), PERIOD, "rehearsal")
    with engine.begin() as connection:
        stand = "UPDATE cycle.clock SET now_at = :at WHERE kind = 'simulated'"
        connection.execute(text(stand), {"at": BEGAN})
        codes = _add_offices(connection, cycle_id, count)
    return cycle_id, list(itertools.islice(_workbooks(cycle_id, codes), count))


def _add_offices(connection: Connection, cycle_id: str, count: int) -> list[str]:
    values = {"cycle_id": cycle_id, "count": count, "ids": [office.organization_id for office in offices()]}
    for statement in (
        "CREATE TEMPORARY TABLE added ON COMMIT DROP AS"
        " SELECT n, o.ids[(n - 1) % 63 + 1] AS like_id, 'bench_' || n AS organization_id,"
        " 'BENCH-' || lpad(n::text, 6, '0') AS reference_code"
        " FROM (SELECT CAST(:ids AS text[]) AS ids) o, generate_series(1, :count) AS n",
        "INSERT INTO registry.organization (organization_id, kind, valid_from)"
        " SELECT organization_id, 'province_department', '2000-01-01' FROM added",
        "INSERT INTO registry.contact (organization_id, email, display_name)"
        " SELECT organization_id, 'vanthu@bench-' || n || '.example', 'Văn thư' FROM added",
        "INSERT INTO cycle.recipient (cycle_id, organization_id, group_code, position, name, short_name,"
        " role, reference_code)"
        " SELECT r.cycle_id, a.organization_id, r.group_code, 1000 + a.n, r.name || ' số ' || a.n,"
        " r.short_name || ' số ' || a.n, r.role, a.reference_code"
        " FROM added a JOIN cycle.recipient r ON r.organization_id = a.like_id AND r.cycle_id = :cycle_id",
        "INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at)"
        " SELECT o.cycle_id, n.recipient_id, o.deliverable, o.due_at"
        " FROM added a JOIN cycle.recipient n USING (organization_id)"
        " JOIN cycle.recipient r ON r.organization_id = a.like_id AND r.cycle_id = :cycle_id"
        " JOIN cycle.obligation o ON o.recipient_id = r.recipient_id",
    ):
        connection.execute(text(statement), values)
    return list(connection.execute(text("SELECT reference_code FROM added ORDER BY n")).scalars())


def _workbooks(cycle_id: str, codes: list[str]) -> Iterator[Answered]:
    """The 63 answers over and over, each time under another office's name, code and signature."""
    models = list(zip(filled(), requests(), offices(), strict=True))
    for number, code in enumerate(codes, start=1):
        file, request, office = models[(number - 1) % len(models)]
        identity = signed_identity(file.data)
        if identity is None or identity.cycle_id != CYCLE:
            raise RuntimeError("the sample answers are not signed as expected; nothing was measured")
        form = request.form
        signed = WorkbookIdentity(cycle_id, code, form.code, form.version)
        replaced = {
            sign(request.identity, KEY): sign(signed, KEY),
            request.identity.reference_code: code,
            escape(office.name): escape(f"{office.name} số {number}"),
        }
        data = _with_words(file.data, replaced)
        yield Answered(code, f"vanthu@bench-{number}.example", f"So lieu {code}.xlsx", data)


def _with_words(data: bytes, replaced: dict[str, str]) -> bytes:
    """The workbook with some of its whole strings replaced, in whichever part they stand."""
    buffer = io.BytesIO()
    missing = set(replaced)
    with (
        zipfile.ZipFile(io.BytesIO(data)) as given,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in given.infolist():
            content = given.read(part)
            for old, new in replaced.items() if part.filename.endswith(".xml") else ():
                for encoding in ("utf-8", "ascii"):  # some programs write every accent as a reference
                    was, becomes = (f">{word}<".encode(encoding, "xmlcharrefreplace") for word in (old, new))
                    missing -= {old} if was in content else set()
                    content = content.replace(was, becomes)
            made.writestr(part, content)
    if missing:
        raise RuntimeError(f"{missing} stand in no cell; nothing was measured")
    return buffer.getvalue()


def let_arrive(engine: Engine, answers: Sequence[Answered], channel: str) -> None:
    """Archive the answers and note their arrival, as files of a folder or as mails with the file attached."""
    with engine.begin() as connection:
        for number, answer in enumerate(answers):
            arrive(connection, answer, channel, BEGAN - timedelta(seconds=len(answers) - number))


def arrive(connection: Connection, answer: Answered, channel: str, at: datetime) -> None:
    """Archive one answer, and note its arrival, as the channels do."""
    raw = answer.data if channel == "folder" else mail_of(answer, at).as_bytes(policy=SMTP)
    sha256 = hashlib.sha256(raw).hexdigest()
    path = Path(str(archive.path_of(sha256)))
    if not path.exists():  # without a sync each: what was archived long ago is on disk
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    media_type = _XLSX if channel == "folder" else "message/rfc822"
    connection.execute(
        text(
            "INSERT INTO intake.archived_file (sha256, byte_count, media_type)"
            " VALUES (:sha256, :size, :media_type) ON CONFLICT DO NOTHING"
        ),
        {"sha256": sha256, "size": len(raw), "media_type": media_type},
    )
    headers = None if channel == "folder" else mail.headers(mail.parse_headers(raw))
    identity = signed_identity(raw) if headers is None else None
    connection.execute(
        text(
            "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, filename, from_address,"
            " named_code, message_id_header, subject, sent_at, received_at) VALUES (:channel, 'rehearsal',"
            " :sha256, :sha256, :filename, :address, :code, :message_id, :subject, :sent_at, :at)"
        ),
        {
            "channel": channel,
            "sha256": sha256,
            "filename": answer.filename if headers is None else None,
            "address": headers.from_address if headers else None,
            "code": identity.reference_code if identity else None,
            "message_id": headers.message_id if headers else None,
            "subject": headers.subject if headers else None,
            "sent_at": headers.sent_at if headers else None,
            "at": at,
        },
    )


def mail_of(answer: Answered, at: datetime) -> EmailMessage:
    """The mail with which an office answers."""
    message = EmailMessage()
    message["From"] = answer.address
    message["To"] = MINISTRY
    message["Subject"] = f"Re: [{answer.reference_code}] Báo cáo"
    message["Date"] = at
    message["Message-ID"] = f"<{answer.reference_code}@bench.example>"
    message.set_content("Kính gửi Quý Cục.")
    kind, _, subtype = _XLSX.partition("/")
    message.add_attachment(answer.data, maintype=kind, subtype=subtype, filename=answer.filename)
    return message


def forget_results(engine: Engine) -> None:
    """As if nothing of what arrived had been handled."""
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(_RESULTS)} CASCADE"))
        connection.execute(text("UPDATE intake.arrival SET handled_at = NULL, outcome = NULL, note = NULL"))
    tidy(engine)


def forget_arrivals(engine: Engine) -> None:
    """As if nothing had arrived."""
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(_RESULTS)}, intake.arrival CASCADE"))
    tidy(engine)


def tidy(engine: Engine) -> None:
    """Let PostgreSQL know what is there."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
