"""Whole rehearsals through a real Airflow, each on a stack of its own; disturbed while they run; compared."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from local_stack.layout import CLONE
from local_stack.stack import Stack
from rehearsal.faults.report import Experiment

MINISTRY = "baocao@bo-chu-tri.example"
DAG, CYCLE = "reporting_cycle__ttdn_dia_phuong", "ttdn_dia_phuong__2011_2012__dien_tap_1"
FILES = ("tracking.csv", "bao-cao-tong-hop.docx", "phu-luc.xlsx", "phieu-doi-chieu.xlsx")
"""What has to be the same, byte for byte, however a rehearsal was disturbed."""
FIGURES = (
    "totals",
    "distinct",
    "discrepancies",
    "recipients",
    "requests_sent",
    "reminders_sent",
    "submissions",
)
MOST_SECONDS = 1800
_STAMP = re.compile(r"^\d\d/\d\d/\d{4} \d\d:\d\d")


@dataclass(frozen=True)
class Scene:
    """A rehearsal that runs: its stack, and the process that plays the offices and steps the clock,
    and the folder whose code they run."""

    stack: Stack
    driver: subprocess.Popen[str]
    clone: Path

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let the world outside stand still meanwhile."""
        self.driver.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.driver.send_signal(signal.SIGCONT)


Meanwhile = Callable[[str, Scene], None]


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

    @property
    def stamps(self) -> list[str]:
        """The moments to which its clock was stepped, as the driver says them."""
        return [line[:16] for line in self.said.splitlines() if _STAMP.match(line)]

    def mails(self, address: str) -> list[EmailMessage]:
        """What was delivered to an address, in the order of its dates."""
        found = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in (self.out / "mail" / address).glob("*/*")
        ]
        # the policy makes EmailMessage
        return sorted(found, key=lambda m: (parsedate_to_datetime(m["Date"]), m["Message-ID"]))

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


def rehearse(
    folder: Path,
    *options: str,
    meanwhile: Meanwhile | None = None,
    clone: Path = CLONE,
    keep_running: bool = False,
) -> Outcome:
    """Run `python -m rehearsal demo` in `folder`; `meanwhile` is called with every line it says.

    With another `clone` than this one, its code is run, Airflow's parts included. With `keep_running` the
    stack goes on running and is the caller's to end, unless the rehearsal was broken off.
    """
    stack, out = folder / "stack", folder / "out"
    command = [sys.executable, "-m", "rehearsal", "demo"]
    command += ["--directory", str(stack), "--out", str(out), *options]
    if keep_running:
        command.append("--keep-running")
    environment = dict(os.environ)
    if clone != CLONE:
        environment["PYTHONPATH"] = str(clone / "include")
    said = []
    with subprocess.Popen(
        command, cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if meanwhile is not None:
                    meanwhile(line.strip(), Scene(Stack(stack), process, clone))
            process.wait(timeout=MOST_SECONDS)
        finally:
            is_broken_off = process.poll() is None
            if is_broken_off:
                process.terminate()
                process.wait(timeout=120)
            if is_broken_off or not keep_running:
                Stack(stack).down(lambda line: None)
    return Outcome(process.returncode, "".join(said), out, stack)


def compare(experiment: Experiment, undisturbed: Outcome, disturbed: Outcome) -> None:
    """Hold a disturbed rehearsal against the undisturbed one; what differs is written into `experiment`."""
    if disturbed.exit_code != 0:
        experiment.wrong.append(f"it did not finish: {disturbed.said[-1500:]}")
        return
    before, after = undisturbed.summary, disturbed.summary
    experiment.wrong += [
        f"{name}: {after[name]!r} instead of {before[name]!r}"
        for name in FIGURES
        if name != "submissions" and after[name] != before[name]
    ]
    if after["submissions"] != before["submissions"]:
        experiment.lost.append(f"submissions: {after['submissions']} instead of {before['submissions']}")
    experiment.wrong += [
        f"{name} is not the same"
        for name in FILES
        if (disturbed.out / name).read_bytes() != (undisturbed.out / name).read_bytes()
    ]
    _compare_messages(experiment, undisturbed, disturbed)


def _compare_messages(experiment: Experiment, undisturbed: Outcome, disturbed: Outcome) -> None:
    """Every message of the undisturbed rehearsal has to be delivered once. One alone may be missing or there
    again whose own send came to an unknown outcome: missing where its step leaves such a message, there once
    more for each such send where its step sends it again.
    """
    expected = {str(m["Message-ID"]) for m in undisturbed.all_mails}
    got = Counter(str(m["Message-ID"]) for m in disturbed.all_mails)
    unknown = disturbed.summary["unknown_outcomes"]
    again = 0
    for header in sorted(expected | set(got)):
        doubt, times = unknown.get(header), got[header]
        if header not in expected:
            experiment.wrong.append(f"{header} is no message of the undisturbed cycle")
        elif times == 0 and not (
            doubt and doubt["when_unknown"] == "leave" and doubt["state"] == "ambiguous"
        ):
            experiment.lost.append(f"{header} was never delivered")
        allowed = 1 + (doubt["count"] if doubt and doubt["when_unknown"] == "send_again" else 0)
        if times > allowed:
            experiment.doubles.append(
                f"{header} was delivered {times} times, {allowed} at most is accounted for"
            )
        again += max(0, times - 1)
    for doubt in unknown.values():
        how = "left" if doubt["when_unknown"] == "leave" else "sent again"
        experiment.ambiguous[how] = experiment.ambiguous.get(how, 0) + 1
    experiment.facts["delivered again after an unknown outcome"] = again
