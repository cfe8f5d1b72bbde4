"""Whole rehearsals through a real Airflow, each on a stack of its own in a temporary folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from local_stack.layout import CLONE
from local_stack.stack import Stack

MINISTRY = "baocao@bo-chu-tri.example"
SAMPLE = CLONE / "tests" / "data" / "tracking_2011_2012.csv"
MOST_SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    """What a rehearsal left: its exit code, what it said, and its folder of results."""

    exit_code: int
    said: str
    out: Path
    stack: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json."""
        content: dict[str, Any] = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        return content

    def mails(self, address: str) -> list[EmailMessage]:
        """What was delivered to an address, in the order of its dates."""
        found = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in (self.out / "mail" / address).glob("*/*")
        ]
        assert all(isinstance(m, EmailMessage) for m in found)
        # the policy makes EmailMessage, as asserted above
        return sorted(found, key=lambda m: (parsedate_to_datetime(m["Date"]), m["Message-ID"]))  # type: ignore[return-value]

    @property
    def addresses(self) -> list[str]:
        """The offices' addresses."""
        return sorted(box.name for box in (self.out / "mail").iterdir() if box.name.startswith("dau-moi@"))

    @cached_property
    def all_mails(self) -> list[EmailMessage]:
        """Everything the offices got."""
        return [
            m
            for box in sorted((self.out / "mail").iterdir())
            if box.name != MINISTRY
            for m in self.mails(box.name)
        ]


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


def rehearse(folder: Path, *options: str, meanwhile: Callable[[str, Stack], None] | None = None) -> Outcome:
    """Run `python -m rehearsal demo` in `folder`; `meanwhile` is called with every line it says."""
    stack, out = folder / "stack", folder / "out"
    command = [
        sys.executable,
        "-m",
        "rehearsal",
        "demo",
        "--directory",
        str(stack),
        "--out",
        str(out),
        *options,
    ]
    said = []
    with subprocess.Popen(
        command, cwd=CLONE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if meanwhile is not None:
                    meanwhile(line.strip(), Stack(stack))
            process.wait(timeout=MOST_SECONDS)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=120)
            Stack(stack).down(lambda line: None)
    return Outcome(process.returncode, "".join(said), out, stack)
