"""Checking files by themselves, without a warehouse: for a shell, and for whoever wants to know before
sending.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reporting.forms.models import Form, load_form
from reporting.intake import message as mail
from reporting.intake.answering import check_batch
from reporting.intake.submissions import FAULT, NoFormError
from reporting.regimes.models import Regime
from reporting.registry.names import NameIndex
from reporting.registry.offline import members_from_files, name_index_from_files
from reporting.registry.roster import Member
from reporting.settings import settings
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile
from reporting.wording.catalogue import text
from reporting.workbook.identity import WorkbookIdentity, verify
from reporting.workbook.read import read_workbook

_MESSAGE_SUFFIX = ".eml"


@dataclass(frozen=True)
class _File:
    """A file as given, or a workbook inside a mail that was given; `data` None: a mail without a workbook, or
    one that cannot be read.
    """

    path: Path
    attachment: str | None
    data: bytes | None
    sha256: str
    is_readable: bool = True


@dataclass(frozen=True)
class _Claim:
    """Whose answer a workbook says that it is."""

    identity: WorkbookIdentity | None
    organization_id: str | None


def check_files(paths: Iterable[Path], regime: Regime, period: str) -> list[dict[str, object]]:
    """Check files (workbooks, mails, folders of them) against the form of a regime's period.

    One dictionary per workbook, fit for JSON, in the order given: `file`, `attachment` (name inside a mail,
    or None), `sha256` of the file, `outcome` (accepted, accepted_with_warnings, to_complete, unreadable,
    system_fault; for a mail without a workbook no_submission, for one that cannot be read unreadable),
    `office` (short name, None if nobody can tell), `question` (why a person would have to decide),
    `findings`. Nothing is kept. Raises FileNotFoundError naming a path that does not exist, LookupError for
    an unknown period, NoFormError (a LookupError) for a regime without a data form.
    """
    wanted = regime.period(period)
    if regime.form_code is None or regime.form_version is None:
        raise NoFormError(text("intake.no_form_of_regime", regime=regime.code))
    form = load_form(regime.form_code, regime.form_version)
    members = [
        member
        for addressees in regime.addressees
        for member in members_from_files(addressees.group, wanted.request_on)
    ]
    index = name_index_from_files(members)
    files = list(_files(paths))
    by_cycle: dict[str, list[tuple[int, _Claim]]] = defaultdict(list)
    for place, file in enumerate(files):
        if file.data is not None:
            claim = _claim(file, form, index)
            by_cycle[claim.identity.cycle_id if claim.identity else ""].append((place, claim))
    checked: dict[int, CheckedWorkbook | None] = {}
    offices: dict[str, str] = {member.organization_id: member.short_name for member in members}
    for cycle_id, entries in by_cycle.items():
        codes = _codes(claim for _, claim in entries)
        context = CheckContext(
            form=form,
            cycle_id=cycle_id,
            cycle_title=wanted.report_title,
            period_from=wanted.period_from,
            period_to=wanted.period_to,
            recipients=_recipients(members, codes, entries),
            resolve=_resolver(index, codes),
            signing_key=settings().signing_key.get_secret_value(),
        )
        offices |= context.recipients
        results = check_batch([_workbook(files[place], claim, codes) for place, claim in entries], context)
        checked |= {place: result for (place, _), result in zip(entries, results, strict=True)}
    return [_line(file, place in checked, checked.get(place), offices) for place, file in enumerate(files)]


def _files(paths: Iterable[Path]) -> Iterator[_File]:
    for path in paths:
        if path.is_dir():
            yield from _files(sorted(p for p in path.rglob("*") if p.is_file()))
            continue
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file or folder; check the path.")
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if path.suffix.lower() != _MESSAGE_SUFFIX:
            yield _File(path, None, data, sha256)
            continue
        try:
            attached = mail.workbooks(mail.parse(data))
        except Exception:  # whatever a stranger's message does to the parser
            yield _File(path, None, None, sha256, is_readable=False)
            continue
        for workbook in attached:
            yield _File(path, workbook.filename, workbook.data, hashlib.sha256(workbook.data).hexdigest())
        if not attached:
            yield _File(path, None, None, sha256)


def _claim(file: _File, form: Form, index: NameIndex) -> _Claim:
    workbook = read_workbook(file.data or b"", file.path.name, form)
    identity = verify(workbook.token, settings().signing_key.get_secret_value()).identity
    name = workbook.cover.get("organization_name")
    return _Claim(identity, index.resolve(name.text) if name is not None else None)


def _codes(claims: Iterable[_Claim]) -> dict[str, str]:
    """The look-up code of each office, as far as the workbooks tell."""
    return {
        claim.organization_id: claim.identity.reference_code
        for claim in claims
        if claim.organization_id is not None and claim.identity is not None
    }


def _recipients(
    members: Sequence[Member], codes: Mapping[str, str], entries: Sequence[tuple[int, _Claim]]
) -> dict[str, str]:
    recipients = {codes.get(m.organization_id, m.organization_id): m.short_name for m in members}
    for _, claim in entries:
        if claim.identity is not None:
            recipients.setdefault(claim.identity.reference_code, claim.identity.reference_code)
    return recipients


def _resolver(index: NameIndex, codes: Mapping[str, str]) -> Callable[[str], str | None]:
    """From a written name to the code under which the office is known here."""

    def resolve(name: str) -> str | None:
        organization_id = index.resolve(name)
        return None if organization_id is None else codes.get(organization_id, organization_id)

    return resolve


def _workbook(file: _File, claim: _Claim, codes: Mapping[str, str]) -> WorkbookFile:
    """A file by itself has no sender: the office that the signature or, without one, the cover names is taken
    for it.
    """
    sender = None
    if claim.identity is not None:
        sender = claim.identity.reference_code
    elif claim.organization_id is not None:
        sender = codes.get(claim.organization_id, claim.organization_id)
    return WorkbookFile(file.attachment or file.path.name, file.data or b"", sender)


def _line(
    file: _File, is_workbook: bool, checked: CheckedWorkbook | None, offices: Mapping[str, str]
) -> dict[str, object]:
    without = "no_submission" if file.is_readable else "unreadable"
    outcome = without if not is_workbook else FAULT if checked is None else checked.outcome
    code = checked.reference_code if checked else None
    question = checked.question if checked else None
    if not file.is_readable:
        question = text("intake.unreadable_mail")
    return {
        "file": str(file.path),
        "attachment": file.attachment,
        "sha256": file.sha256,
        "outcome": outcome,
        "office": offices.get(code) if code else None,
        "question": question,
        "findings": [asdict(finding) for finding in checked.findings] if checked else [],
    }
