"""What the tests of rehearsals read in what a rehearsal left."""

from __future__ import annotations

from email.message import EmailMessage

from local_stack.layout import CLONE
from rehearsal.faults.rehearsed import MINISTRY, Outcome, rehearse

SAMPLE = CLONE / "tests" / "data" / "tracking_2011_2012.csv"
__all__ = ["MINISTRY", "SAMPLE", "Outcome", "rehearse", "text_of", "workbook_of"]


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def workbook_of(mail: EmailMessage) -> bytes:
    """The workbook attached to a mail."""
    (data,) = [a.get_content() for a in mail.iter_attachments() if (a.get_filename() or "").endswith(".xlsx")]
    assert isinstance(data, bytes)
    return data
