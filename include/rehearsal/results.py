"""What a rehearsal leaves on disk: the published files, the captured mail, and its figures for machines."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from reporting import archive
from reporting.database import query
from reporting.pdf import to_pdf

PRINTED = {".docx"}
"""What is laid beside its PDF, where LibreOffice is installed."""


def summary(connection: Connection, cycle_id: str) -> dict[str, Any]:
    """The figures of a cycle: recipients, mail, sends of unknown outcome by Message-ID, submissions, totals
    and distinct offices per indicator, discrepancies.
    """
    parameters = {"cycle_id": cycle_id}
    counts = dict(connection.execute(query("rehearsal/counts"), parameters).one()._mapping)
    totals: dict[str, dict[str, int]] = {}
    distinct: dict[str, int] = {}
    for row in connection.execute(query("rehearsal/totals"), parameters):
        if row.year:
            totals.setdefault(row.indicator, {})[str(row.year)] = row.office_count
        else:
            distinct[row.indicator] = row.office_count
    submissions = ("received", "to_complete", "accepted", "late", "entered_by_ministry", "missing")
    return {
        "cycle": cycle_id,
        "recipients": counts["recipients"],
        "requests_sent": counts["requests_sent"],
        "reminders_sent": {
            r.step: r.sent for r in connection.execute(query("rehearsal/reminders"), parameters)
        },
        "urged": counts["urged"],
        "submissions": {name: counts[name] for name in submissions},
        "signed_reports": counts["signed_reports"],
        "unknown_outcomes": {
            row.header: {"when_unknown": row.when_unknown, "state": row.state, "count": row.unknown}
            for row in connection.execute(query("rehearsal/unknown_outcomes"), parameters)
        },
        "totals": totals,
        "distinct": distinct,
        "discrepancies": [
            {name: _plain(value) for name, value in r._mapping.items()}
            for r in connection.execute(query("rehearsal/discrepancies"), parameters)
        ],
    }


def write(engine: Engine, cycle_id: str, mail: Path, out: Path, seconds: dict[str, float]) -> dict[str, Any]:
    """Write everything into `out`, which is emptied first; returns the summary that lies there as
    summary.json.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with engine.connect() as connection:
        figures = summary(connection, cycle_id)
        files = connection.execute(query("rehearsal/published_files"), {"cycle_id": cycle_id}).all()
    for file in files:
        data = archive.read(file.sha256)
        (out / file.filename).write_bytes(data)
        if (
            Path(file.filename).suffix in PRINTED
            and (pdf := to_pdf(data, Path(file.filename).suffix)) is not None
        ):
            (out / file.filename).with_suffix(".pdf").write_bytes(pdf)
    shutil.copytree(mail, out / "mail")
    figures["documents"] = {f.kind: {"number": f.number, "content_hash": f.content_hash} for f in files}
    figures["seconds"] = seconds
    (out / "summary.json").write_text(
        json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return figures


def _plain(value: object) -> object:
    """A figure as JSON has it: whole ones without a point."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
