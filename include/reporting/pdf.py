"""PDF by LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from reporting.settings import INCLUDE

FONTS = INCLUDE / "templates" / "fonts.conf"
"""Which font takes the place of Times New Roman; a FONTCONFIG_FILE of the environment goes before it."""

TIMEOUT_SECONDS = 120.0
_PROGRAMS = ("soffice", "libreoffice")


class PdfError(RuntimeError):
    """LibreOffice is installed but gave no PDF; the message says what it said."""


def to_pdf(data: bytes, suffix: str, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes | None:
    """`data`, a file of the kind `suffix` (".docx", ".xlsx"), as PDF; None without LibreOffice.

    LibreOffice runs with a private profile that is gone afterwards, so that several may run at once and
    nothing is written to the home folder. Raises PdfError when it fails or takes longer than
    `timeout_seconds`.
    """
    program = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="pdf-") as scratch:
        folder = Path(scratch)
        source = folder / f"document{suffix}"
        source.write_bytes(data)
        environment = {"FONTCONFIG_FILE": str(FONTS), **os.environ}
        environment |= {"HOME": scratch, "XDG_CACHE_HOME": scratch, "XDG_CONFIG_HOME": scratch}
        with subprocess.Popen(
            [
                program,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--headless",
                "--norestore",
                "--convert-to",
                "pdf",
                "--outdir",
                scratch,
                str(source),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=timeout_seconds)
            except subprocess.TimeoutExpired as late:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise PdfError(f"LibreOffice gave no PDF within {timeout_seconds:g} seconds.") from late
        made = source.with_suffix(".pdf")
        if process.returncode or not made.exists():
            raise PdfError(f"LibreOffice could not make a PDF: {said.decode(errors='replace').strip()}")
        return made.read_bytes()
