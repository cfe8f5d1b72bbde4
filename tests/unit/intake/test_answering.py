"""What becomes of a workbook that is to go back and whose findings cannot be marked."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest
from sqlalchemy.exc import OperationalError

from reporting.intake import answering
from reporting.intake.answering import CheckedFile, with_marks
from reporting.intake.message import Attachment
from reporting.intake.submissions import Delivery
from reporting.validation.models import CheckedWorkbook

CODE = "TTDN12-01"
FILE = CheckedFile(
    CODE,
    Delivery("email", "so-tttt@dong-nai.example", datetime(2012, 12, 10, tzinfo=UTC), None),
    Attachment("tra-loi.xlsx", b"", ""),
    CheckedWorkbook("tra-loi.xlsx", "to_complete", CODE, None, (), (), (), None, {}),
)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EAGAIN, "Resource temporarily unavailable"),
        OperationalError("SELECT", {}, Exception("server closed the connection")),
    ],
    ids=["full disk", "no process", "no warehouse"],
)
def test_what_another_try_mends_is_raised_and_nobody_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(answering, "workbook_to_give_back", Mock(side_effect=error))
    with pytest.raises(type(error)):
        with_marks(Mock(), "ttdn_dia_phuong__2011_2012", FILE)


def test_what_the_file_does_to_us_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "workbook_to_give_back", Mock(side_effect=KeyError("styles")))
    found = with_marks(Mock(), "ttdn_dia_phuong__2011_2012", FILE)
    assert (found.checked, found.returned, found.reference_code) == (None, None, CODE)
