"""A cycle of 2011–2012 in a warehouse, every department's answer accepted as the tracking table has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from reporting.clock import VIETNAM
from reporting.consolidation.reconcile import reconcile
from reporting.consolidation.refresh import refresh
from reporting.consolidation.stated import load_stated
from reporting.cycles.opening import open_cycle
from reporting.forms.models import load_form
from reporting.regimes.models import load_regime
from reporting.registry.load import load
from tests.factories import owner_of
from tests.unit.summary.sample import rows

RECEIVED = datetime(2012, 12, 20, 9, 30, tzinfo=VIETNAM)
RECIPIENTS = text("SELECT short_name, recipient_id FROM cycle.recipient WHERE cycle_id = :cycle_id")
FILE = text(
    "INSERT INTO intake.archived_file (sha256, byte_count, media_type) VALUES (:sha256, 1, 'text/plain')"
)
SUBMISSION = text("""
    INSERT INTO intake.submission (cycle_id, recipient_id, version, file_sha256, filename, sender, channel,
                                   received_at, outcome, checked_at, blank_means_no)
    VALUES (:cycle_id, :recipient_id, 1, :sha256, :filename, :sender, 'mail', :received_at, 'accepted',
            :received_at, true)
    RETURNING submission_id
""")
FACT = text("""
    INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, state, document_number,
                           sheet, cell)
    VALUES (:submission_id, :cycle_id, :recipient_id, :indicator, :year,
            CASE WHEN :is_marked THEN 'yes' ELSE 'no' END, :document_number, 'Biểu 1', :cell)
""")
NARRATIVE = text("""
    INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body, sheet, cell)
    VALUES (:submission_id, :cycle_id, :recipient_id, 'difficulties', :body, 'Thuyết minh', 'C8')
""")


def fill(engine: Engine, *, silent: Sequence[str] = ()) -> str:
    """Open the cycle as a rehearsal and accept the answers of all but the `silent`; returns its id."""
    load(owner_of(engine))
    cycle_id = open_cycle(engine, load_regime("ttdn_dia_phuong"), "2011_2012", "rehearsal")
    form = load_form("theo_doi_ttdn", "2012.1")
    with engine.begin() as connection:
        recipients = {
            r.short_name: r.recipient_id for r in connection.execute(RECIPIENTS, {"cycle_id": cycle_id})
        }
        for number, row in enumerate(rows()):
            name = row["so_tttt"]
            if name in silent:
                continue
            received = RECEIVED + timedelta(minutes=number)
            connection.execute(
                FILE,
                {"sha256": f"{number:064d}"},
            )
            submission_id = connection.execute(
                SUBMISSION,
                {
                    "cycle_id": cycle_id,
                    "recipient_id": recipients[name],
                    "sha256": f"{number:064d}",
                    "filename": f"bieu-{number}.xlsx",
                    "sender": f"dau-moi-{number}@so.example",
                    "received_at": received,
                },
            ).scalar_one()
            connection.execute(
                FACT,
                [
                    {
                        "submission_id": submission_id,
                        "cycle_id": cycle_id,
                        "recipient_id": recipients[name],
                        "indicator": indicator.code,
                        "year": year,
                        "is_marked": bool(row[f"{indicator.code}_{year}"].strip()),
                        "document_number": "15/KH-UBND" if row[f"{indicator.code}_{year}"].strip() else None,
                        "cell": f"{'CF'[column]}{12 + place}",
                    }
                    for place, indicator in enumerate(form.indicators)
                    for column, year in enumerate(form.years)
                ],
            )
            connection.execute(
                NARRATIVE,
                {
                    "submission_id": submission_id,
                    "cycle_id": cycle_id,
                    "recipient_id": recipients[name],
                    "body": "- Cán bộ chuyên trách còn mỏng.",
                },
            )
        refresh(connection, cycle_id)
        reconcile(connection, cycle_id, load_stated("ttdn_dia_phuong__2011_2012"))
    return cycle_id
