"""PDF by LibreOffice: made where it is installed, done without where it is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reporting import pdf
from reporting.pdf import PdfError, to_pdf
from reporting.summary.report import render_report
from tests.unit.summary.sample import summary

needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice is not installed"
)


@needs_office
def test_a_report_becomes_a_pdf_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf.tempfile, "tempdir", str(tmp_path))
    made = to_pdf(render_report(summary({"An Giang": ["ke_hoach_2012"]})), ".docx")
    assert made is not None
    assert made.startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == []


def test_without_libreoffice_there_is_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    assert to_pdf(b"x", ".docx") is None


def program(folder: Path, script: str) -> str:
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_that_fails_or_hangs_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing = program(tmp_path, "echo 'source file could not be loaded'; exit 1")
    monkeypatch.setattr(pdf.shutil, "which", lambda name: failing)
    with pytest.raises(PdfError, match="could not be loaded"):
        to_pdf(b"x", ".docx")
    hanging = program(tmp_path, "sleep 60")
    monkeypatch.setattr(pdf.shutil, "which", lambda name: hanging)
    with pytest.raises(PdfError, match=r"within 0\.2 seconds"):
        to_pdf(b"x", ".docx", timeout_seconds=0.2)
