"""Checking files by themselves, without a warehouse: for a shell, and for whoever wants to know before
sending. Every file is read in a child process with limits, so that none can end more than its own check.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from reporting.forms.models import Form, load_form
from reporting.intake.attachments import problems, received_files, workbooks
from reporting.intake.submissions import FAULT, NoFormError
from reporting.isolation import SECONDS, Lost, run_apart
from reporting.regimes.models import Regime
from reporting.registry.names import NameIndex
from reporting.registry.offline import members_from_files, name_index_from_files
from reporting.registry.roster import Member
from reporting.settings import settings
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.validation.findings import make_finding
from reporting.wording.catalogue import text
from reporting.workbook.container import MAX_FILE_BYTES
from reporting.workbook.identity import WorkbookIdentity, verify
from reporting.workbook.read import read_workbook

_LARGEST = 2 * MAX_FILE_BYTES
"""Beyond it a file is not read at all: a mail with the largest workbook, encoded, is smaller."""
_AT_ONCE = 200
_BYTES_AT_ONCE = 16 * 1024 * 1024
_SECONDS_TO_BEGIN = 60.0  # a fresh child imports the rule engine first
_WORST_FIRST = (FAULT, "unreadable", "to_complete", "accepted_with_warnings", "accepted", "no_submission")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class _Claim:
    """Whose answer to what a workbook says that it is."""

    identity: WorkbookIdentity | None
    organization_name: str | None
    form: tuple[str, str]


@dataclass(frozen=True)
class _Part:
    """A workbook of a file: the file itself (`name` None), or one that lies in it."""

    name: str | None
    sha256: str
    claim: _Claim


@dataclass(frozen=True)
class _Seen:
    """What a first look at a file gives. `problem`: why it was not looked into (too_large, gone); `question`:
    what in it could not be looked into, and what to do about it.
    """

    sha256: str | None
    byte_count: int
    parts: tuple[_Part, ...] = ()
    problem: str | None = None
    question: str | None = None


class Asked:
    """What files may answer: a regime's period, with its form and whom it asks.

    Raises LookupError for an unknown period, NoFormError (a LookupError) for a regime without a data form.
    """

    def __init__(self, regime: Regime, period: str) -> None:
        self.period = regime.period(period)
        if regime.form_code is None or regime.form_version is None:
            raise NoFormError(text("intake.no_form_of_regime", regime=regime.code))
        self.cycle_id = f"{regime.code}__{period}"
        self.form = load_form(regime.form_code, regime.form_version)
        self.members = [
            member
            for addressees in regime.addressees
            for member in members_from_files(addressees.group, self.period.request_on)
        ]
        self.index = name_index_from_files(self.members)

    def fits(self, claim: _Claim) -> int:
        """How well a workbook fits: 3 made for it, 2 of its form version, 1 of its form, 0 not at all."""
        cycle_id = claim.identity.cycle_id if claim.identity else ""
        if cycle_id == self.cycle_id or cycle_id.startswith(f"{self.cycle_id}__"):
            return 3
        if claim.form == (self.form.code, self.form.version):
            return 2
        return int(claim.form[0] == self.form.code)


@dataclass(frozen=True)
class _Group:
    """Workbooks that are checked in one pass: places of their files, and of the parts in them."""

    entries: tuple[tuple[int, int], ...]
    context: CheckContext
    codes: Mapping[str, str]


def check_files(
    paths: Iterable[Path], asked: Sequence[Asked], tell: Tell = lambda _: None
) -> Iterator[dict[str, object]]:
    """Check files (workbooks, mails, folders of any files) as answers to what was asked.

    Of several, each workbook is checked against the one that it says it answers, else against the first.

    One dictionary per file, fit for JSON, in the order given, folders in the order of names: `file`,
    `attachment` (the name of the one workbook inside a mail, else None), `sha256` and `bytes` of the file,
    `outcome` (accepted, accepted_with_warnings, to_complete, unreadable, system_fault: the file broke a limit
    of ours; for a mail or an archive without a workbook no_submission), `office` (short name, None if nobody
    can tell), `question` (why a person would have to decide), `findings`, and `inside`: the same of each
    workbook, where a file holds several (its own outcome is then the worst of them). Nothing is kept; no file
    can end it, and none takes longer than SECONDS or more than MEMORY (reporting.isolation). `tell` hears of
    what is no file.

    Raises FileNotFoundError naming a path that does not exist.
    """
    checker = _Checker(asked)
    named = list(paths)
    for path in named:
        if not os.path.lexists(path):
            raise FileNotFoundError(f"{path}: there is no such file or folder; check the path.")
    return checker.lines(walk(named, tell))


def walk(paths: Iterable[Path], tell: Tell) -> Iterator[Path]:
    """The files themselves, folders unfolded in the order of names. Links to folders are not followed;
    links to nothing, pipes, devices and folders that cannot be opened are told and left out.
    """
    for path in paths:
        yield from _walk(path, tell, is_named=True)


def _walk(top: Path, tell: Tell, *, is_named: bool) -> Iterator[Path]:
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            mode = path.stat().st_mode
            if stat.S_ISREG(mode):
                yield path
            elif stat.S_ISDIR(mode) and (not path.is_symlink() or (is_named and path == top)):
                waiting += sorted(path.iterdir(), reverse=True)
            elif stat.S_ISDIR(mode):
                tell(f"{shown(path)}: a link to a folder; left out.")
            else:
                tell(f"{shown(path)}: neither a file nor a folder; left out.")
        except OSError as error:
            tell(f"{shown(path)}: {error.strerror}; left out.")


def shown(path: Path) -> str:
    """A path as text that can be printed, bytes that are no UTF-8 escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class _Checker:
    """The checks against what was asked."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._asked = asked

    def lines(self, paths: Iterator[Path]) -> Iterator[dict[str, object]]:
        while batch := list(islice(paths, _AT_ONCE)):
            yield from self._batch(batch)

    def _batch(self, paths: Sequence[Path]) -> Iterator[dict[str, object]]:
        seen = list(run_apart(partial(_look, form=self._asked[0].form), paths))
        offices = {m.organization_id: m.short_name for asked in self._asked for m in asked.members}
        checked: dict[tuple[int, int], CheckedWorkbook | None] = {}
        groups = self._groups(seen)
        for group in groups:
            offices |= group.context.recipients
        check = partial(_check, paths)
        for group, results in zip(groups, run_apart(check, groups, seconds=_seconds), strict=True):
            if isinstance(results, Lost):
                single = [replace(group, entries=(entry,)) for entry in group.entries]
                for one, result in zip(single, run_apart(check, single, seconds=_seconds), strict=True):
                    checked[one.entries[0]] = None if isinstance(result, Lost) else result[0]
            else:
                checked |= dict(zip(group.entries, results, strict=True))
        for place, path in enumerate(paths):
            yield _line(path, place, seen[place], checked, offices)

    def _groups(self, seen: Sequence[_Seen | Lost]) -> list[_Group]:
        """The workbooks by the cycle they claim, in portions that fit into memory."""
        by_cycle: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        for place, one in enumerate(seen):
            for number, part in enumerate(one.parts if isinstance(one, _Seen) else ()):
                identity = part.claim.identity
                by_cycle[self._meant(part.claim), identity.cycle_id if identity else ""].append(
                    (place, number)
                )
        groups = []
        for (of, cycle_id), entries in by_cycle.items():
            asked = self._asked[of]
            claims = [_seen(seen, place).parts[number].claim for place, number in entries]
            codes = _codes(claims, asked.index)
            context = CheckContext(
                form=asked.form,
                cycle_id=cycle_id,
                cycle_title=asked.period.report_title,
                period_from=asked.period.period_from,
                period_to=asked.period.period_to,
                recipients=_recipients(asked.members, codes, claims),
                resolve=_resolver(asked.index, codes),
                signing_key=settings().signing_key.get_secret_value(),
            )
            portion: list[tuple[int, int]] = []
            held = 0
            for entry in entries:
                size = _seen(seen, entry[0]).byte_count
                if portion and held + size > _BYTES_AT_ONCE:
                    groups.append(_Group(tuple(portion), context, codes))
                    portion, held = [], 0
                portion.append(entry)
                held += size
            groups.append(_Group(tuple(portion), context, codes))
        return groups

    def _meant(self, claim: _Claim) -> int:
        """Place of what a workbook answers: the one that it fits best, of equals the first."""
        return max(range(len(self._asked)), key=lambda place: (self._asked[place].fits(claim), -place))


def _seen(seen: Sequence[_Seen | Lost], place: int) -> _Seen:
    one = seen[place]
    if isinstance(one, Lost):
        raise LookupError(f"file {place} was lost")
    return one


def _seconds(group: _Group) -> float:
    return _SECONDS_TO_BEGIN + SECONDS * len(group.entries)


# -- in the child --------------------------------------------------------------------------------


def _look(path: Path, *, form: Form) -> _Seen:
    """Read a file once: its hash, and whose answer each workbook in it says that it is."""
    try:
        with path.open("rb") as stream:
            byte_count = os.fstat(stream.fileno()).st_size
            if byte_count > _LARGEST:
                return _Seen(hashlib.file_digest(stream, "sha256").hexdigest(), byte_count, (), "too_large")
            data = stream.read(_LARGEST)
    except OSError:
        return _Seen(None, 0, (), "gone")
    sha256 = hashlib.sha256(data).hexdigest()
    inside, question = _workbooks(path, data)
    return _Seen(
        sha256,
        len(data),
        tuple(
            _Part(name, hashlib.sha256(content).hexdigest(), _claim(content, path.name, form))
            for name, content in inside
        ),
        question=question,
    )


def _workbooks(path: Path, data: bytes) -> tuple[list[tuple[str | None, bytes]], str | None]:
    """The workbooks of a file, by their names in it (None: the file itself), and what nobody could look into.

    A file that holds nothing and is no mail or archive is looked at as if it were meant as a workbook.
    """
    files = received_files(None, data, shown(Path(path.name)))
    if len(files) == 1 and files[0].role != "archive":
        return [(None, data)], None
    return [(file.filename, file.data) for file in workbooks(files)], "\n".join(problems(files)) or None


def _claim(data: bytes, filename: str, form: Form) -> _Claim:
    workbook = read_workbook(data, filename, form)
    identity = verify(workbook.token, settings().signing_key.get_secret_value()).identity
    name = workbook.cover.get("organization_name")
    return _Claim(
        identity, name.text if name is not None else None, (workbook.form_code, workbook.form_version)
    )


def _check(paths: Sequence[Path], group: _Group) -> list[CheckedWorkbook]:
    """Check the workbooks of a group in one pass."""
    files = []
    read: dict[int, list[tuple[str | None, bytes]]] = {}
    for place, number in group.entries:
        if place not in read:
            read = {place: _workbooks(paths[place], paths[place].read_bytes())[0]}
        name, data = read[place][number]
        files.append((name or shown(Path(paths[place].name)), data))
    form, key = group.context.form, group.context.signing_key
    return check_workbooks([_as_sent(name, data, group, form, key) for name, data in files], group.context)


def _as_sent(name: str, data: bytes, group: _Group, form: Form, key: str) -> WorkbookFile:
    """A file by itself has no sender: the office that the signature or, without one, the cover names is taken
    for it.
    """
    workbook = read_workbook(data, name, form)
    identity = verify(workbook.token, key).identity
    if identity is not None:
        return WorkbookFile(name, data, identity.reference_code)
    cover = workbook.cover.get("organization_name")
    return WorkbookFile(name, data, group.context.resolve(cover.text) if cover is not None else None)


# -- whose it is ---------------------------------------------------------------------------------


def _codes(claims: Iterable[_Claim], index: NameIndex) -> dict[str, str]:
    """The look-up code of each office, as far as the workbooks tell."""
    return {
        organization_id: claim.identity.reference_code
        for claim in claims
        if claim.identity is not None
        and claim.organization_name is not None
        and (organization_id := index.resolve(claim.organization_name)) is not None
    }


def _recipients(
    members: Sequence[Member], codes: Mapping[str, str], claims: Iterable[_Claim]
) -> dict[str, str]:
    recipients = {codes.get(m.organization_id, m.organization_id): m.short_name for m in members}
    for claim in claims:
        if claim.identity is not None:
            recipients.setdefault(claim.identity.reference_code, claim.identity.reference_code)
    return recipients


def _resolver(index: NameIndex, codes: Mapping[str, str]) -> Callable[[str], str | None]:
    """From a written name to the code under which the office is known here."""

    def resolve(name: str) -> str | None:
        organization_id = index.resolve(name)
        return None if organization_id is None else codes.get(organization_id, organization_id)

    return resolve


# -- what is told --------------------------------------------------------------------------------


def _line(
    path: Path,
    place: int,
    seen: _Seen | Lost,
    checked: Mapping[tuple[int, int], CheckedWorkbook | None],
    offices: Mapping[str, str],
) -> dict[str, object]:
    told: dict[str, object] = {"file": shown(path), "attachment": None, "sha256": None, "bytes": None}
    if isinstance(seen, Lost):
        return told | _answer(FAULT, question=text(f"intake.limits.{seen.why}"))
    told |= {"sha256": seen.sha256, "bytes": seen.byte_count}
    if seen.problem == "too_large":
        finding = make_finding(
            "file_is_readable", "error", "container", variant="too_large", filename=shown(Path(path.name))
        )
        return told | _answer("unreadable", findings=[asdict(finding)])
    if seen.problem is not None:
        return told | _answer("unreadable", question=text(f"intake.{seen.problem}"))
    if not seen.parts:
        return told | _answer("no_submission", question=seen.question)
    answers = [_of_part(checked[place, number], offices) for number in range(len(seen.parts))]
    if len(answers) == 1:
        asked = "\n".join(str(one) for one in (answers[0]["question"], seen.question) if one)
        return told | {"attachment": seen.parts[0].name} | answers[0] | {"question": asked or None}
    inside = [
        {"attachment": part.name, "sha256": part.sha256} | answer
        for part, answer in zip(seen.parts, answers, strict=True)
    ]
    named = {answer["office"] for answer in answers}
    return told | _answer(
        min((str(answer["outcome"]) for answer in answers), key=_WORST_FIRST.index),
        office=named.pop() if len(named) == 1 else None,
        question=seen.question,
        inside=inside,
    )


def _of_part(checked: CheckedWorkbook | None, offices: Mapping[str, str]) -> dict[str, object]:
    if checked is None:
        return _answer(FAULT, question=text("intake.limits.died"))
    code = checked.reference_code
    return _answer(
        checked.outcome,
        office=offices.get(code) if code else None,
        question=checked.question,
        findings=[asdict(finding) for finding in checked.findings],
    )


def _answer(
    outcome: str,
    *,
    office: object = None,
    question: str | None = None,
    findings: Sequence[object] = (),
    inside: Sequence[object] = (),
) -> dict[str, object]:
    return {
        "outcome": outcome,
        "office": office,
        "question": question,
        "findings": list(findings),
        "inside": list(inside),
    }
