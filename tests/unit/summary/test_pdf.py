"""PDF by LibreOffice: made where it is installed, done without where it is not."""

from __future__ import annotations

import shutil
import subprocess
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


def test_the_fonts_of_pdfs_are_ours_unless_the_surroundings_name_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    telling = program(tmp_path, 'for last; do :; done; printf %s "$FONTCONFIG_FILE" > "${last%.docx}.pdf"')
    monkeypatch.setattr(pdf.shutil, "which", lambda name: telling)
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    assert to_pdf(b"x", ".docx") == str(pdf.FONTS).encode()
    monkeypatch.setenv("FONTCONFIG_FILE", "/etc/other.conf")
    assert to_pdf(b"x", ".docx") == b"/etc/other.conf"


@pytest.mark.skipif(shutil.which("fc-pattern") is None, reason="fontconfig is not installed")
def test_a_font_with_the_vietnamese_letters_comes_before_one_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", str(pdf.FONTS))
    listed = subprocess.run(
        ["fc-pattern", "--config", "Times New Roman"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "Tinos" in listed
    assert "Liberation Serif" not in listed or listed.index("Tinos") < listed.index("Liberation Serif")
