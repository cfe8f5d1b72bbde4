"""Reads ``include/registry/*.csv``, checks it as a whole and brings the registry's tables to it."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine

from reporting.database import query
from reporting.registry.names import fold
from reporting.settings import INCLUDE

FOLDER = INCLUDE / "registry"
KINDS = ("ministry", "government_agency", "province_committee", "province_department")
INDICATOR_KINDS = ("mark", "count", "amount", "number", "percent", "text")
CONTACT_ROLES = ("to", "copy", "escalation")

_CODE = re.compile(r"[a-z0-9_]+")

Value = str | int | bool | None


class RegistryDataError(ValueError):
    """A registry file is wrong; the message names file, line, column and remedy."""


@dataclass(frozen=True)
class Row:
    """One checked row of a file. Dates are kept as ISO text, which sorts as dates do."""

    file: Path
    line: int
    values: dict[str, Value]

    def text(self, column: str) -> str:
        """The value of a column as text; "" if it is empty."""
        value = self.values[column]
        return "" if value is None else str(value)

    def error(self, column: str, problem: str) -> RegistryDataError:
        """An error at this row's place."""
        return RegistryDataError(f"{self.file}, line {self.line}, column {column}: {problem}")


def _text(cell: str) -> str:
    if not cell:
        raise ValueError("it is empty; fill it in")
    return cell


def _code(cell: str) -> str:
    if not _CODE.fullmatch(cell):
        raise ValueError(f"{cell!r} is not a code; write small letters, digits and _, as in quy_che_ttdn")
    return cell


def _date(cell: str) -> str:
    try:
        return date.fromisoformat(cell).isoformat()
    except ValueError as error:
        raise ValueError(f"{cell!r} is not a date; write it as 2025-07-01") from error


def _position(cell: str) -> int:
    if not cell.isdecimal() or int(cell) < 1:
        raise ValueError(f"{cell!r} is not a place in a list; write a whole number from 1")
    return int(cell)


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"{cell!r} is not known; write one of {', '.join(choices)}")
        return cell

    return parse


def _yes_or_no(cell: str) -> bool:
    if cell not in {"yes", "no"}:
        raise ValueError(f"{cell!r} is not known; write yes or no")
    return cell == "yes"


def _sample_address(cell: str) -> str:
    if cell.count("@") != 1 or not cell.endswith(".example") or cell != cell.lower():
        raise ValueError(f"{cell!r} is not a sample address; write it in lower case, ending in .example")
    return cell


def _optional(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    return lambda cell: parse(cell) if cell else None


_PERIOD: dict[str, Callable[[str], Value]] = {"valid_from": _date, "valid_to": _optional(_date)}
_NOTE: dict[str, Callable[[str], Value]] = {"note": _optional(_text)}  # for people; not loaded


@dataclass(frozen=True)
class Table:
    """The shape of one file: its columns with their parsers, and what may not repeat."""

    file: str
    columns: dict[str, Callable[[str], Value]]
    key: tuple[str, ...]


ORGANIZATIONS = Table(
    "organizations.csv",
    {
        "organization_id": _text,
        "kind": _one_of(*KINDS),
        "parent_id": _optional(_text),
        "area_id": _optional(_text),
        **_PERIOD,
        **_NOTE,
    },
    ("organization_id",),
)
NAMES = Table(
    "organization_names.csv",
    {"organization_id": _text, "name": _text, "short_name": _text, **_PERIOD},
    ("organization_id", "valid_from"),
)
CODES = Table(
    "organization_codes.csv",
    {"organization_id": _text, "code_set": _one_of("gso63", "gso34", "iso3166_2"), "code": _text},
    ("organization_id", "code_set"),
)
REGION_SCHEMES = Table(
    "region_schemes.csv",
    {"region_scheme": _code, **_PERIOD, **_NOTE},
    ("region_scheme",),
)
REGION_ORDER = Table(
    "regions.csv",
    {"region_scheme": _code, "position": _position, "region": _text},
    ("region_scheme", "region"),
)
REGIONS = Table(
    "organization_regions.csv",
    {"organization_id": _text, "region_scheme": _code, "region": _text},
    ("organization_id", "region_scheme"),
)
SUCCESSIONS = Table(
    "successions.csv",
    {
        "predecessor_id": _text,
        "successor_id": _text,
        "effective_on": _date,
        "instrument": _text,
        "carries_series": _yes_or_no,
        **_NOTE,
    },
    ("predecessor_id", "successor_id"),
)
AGGREGATION_RULES = Table(
    "aggregation_rules.csv",
    {"indicator_kind": _one_of(*INDICATOR_KINDS), "rule": _one_of("any", "sum", "list"), **_NOTE},
    ("indicator_kind",),
)
VALUE_LABELS = Table("value_labels.csv", {"state": _code, "label": _text}, ("state",))
ALIASES = Table(
    "aliases.csv",
    {"organization_id": _optional(_text), "area_id": _optional(_text), "spelling": _text, "source": _text},
    ("organization_id", "area_id", "spelling"),
)
GROUPS = Table(
    "groups.csv",
    {"group_code": _text, "organization_id": _text, "position": _position, **_PERIOD, **_NOTE},
    ("group_code", "organization_id", "valid_from"),
)
INSTRUMENTS = Table(
    "local_instruments.csv",
    {
        "organization_id": _text,
        "subject": _code,
        "stage": _code,
        "position": _optional(_position),
        "document_number": _optional(_text),
        "document_on": _optional(_date),
        **_PERIOD,
        "source": _text,
    },
    ("organization_id", "subject", "valid_from"),
)
CONTACTS = Table(
    "sample_contacts.csv",
    {
        "organization_id": _text,
        "email": _sample_address,
        "display_name": _text,
        "role": _one_of(*CONTACT_ROLES),
    },
    ("organization_id", "email"),
)


def read_table(folder: Path, table: Table) -> list[Row]:
    """Read and check one file by itself; texts come back NFC and without outer spaces.

    Raises RegistryDataError naming file, line, column and remedy.
    """
    file = folder / table.file
    rows: list[Row] = []
    first_line: dict[tuple[Value, ...], int] = {}
    try:
        lines = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    except FileNotFoundError as error:
        raise RegistryDataError(
            f"{file}: the file is missing; it holds {', '.join(table.columns)}"
        ) from error
    except UnicodeDecodeError as error:
        raise RegistryDataError(
            f"{file}, byte {error.start}: not UTF-8; save the file as CSV UTF-8"
        ) from error
    if not lines or lines[0] != list(table.columns):
        raise RegistryDataError(f"{file}, line 1: the columns must be {','.join(table.columns)}")
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(table.columns):
            raise RegistryDataError(
                f"{file}, line {number}: {len(cells)} cells where {len(table.columns)} are expected; "
                "put a text that holds a comma in quotes"
            )
        values: dict[str, Value] = {}
        for (column, parse), cell in zip(table.columns.items(), cells, strict=True):
            try:
                values[column] = parse(unicodedata.normalize("NFC", cell).strip())
            except ValueError as error:
                raise RegistryDataError(f"{file}, line {number}, column {column}: {error}") from error
        row = Row(file, number, values)
        if "valid_to" in values and values["valid_to"] and row.text("valid_to") <= row.text("valid_from"):
            raise row.error(
                "valid_to", f"{row.text('valid_to')} is not after valid_from; it is the first day after"
            )
        key = tuple(values[column] for column in table.key)
        if key in first_line:
            raise row.error(
                table.key[0], f"the same {', '.join(table.key)} as line {first_line[key]}; keep one"
            )
        first_line[key] = number
        rows.append(row)
    return rows


@dataclass(frozen=True)
class Registry:
    """The whole registry as read from its files, checked."""

    organizations: list[Row]
    names: list[Row]
    codes: list[Row]
    region_schemes: list[Row]
    region_order: list[Row]
    regions: list[Row]
    successions: list[Row]
    aliases: list[dict[str, Value]]
    groups: list[Row]
    instruments: list[Row]
    contacts: list[Row]
    aggregation_rules: list[Row]
    value_labels: list[Row]


def _check_references(rows: Iterable[Row], known: dict[str, Row], *columns: str) -> None:
    for row in rows:
        for column in columns:
            if row.text(column) and row.text(column) not in known:
                raise row.error(
                    column, f"{row.text(column)!r} is not in {ORGANIZATIONS.file}; add it there or mend it"
                )


_ALWAYS = "9999-12-31"


def _end(row: Row) -> str:
    return row.text("valid_to") or _ALWAYS


def _check_successions(successions: list[Row], known: dict[str, Row]) -> None:
    """One successor carries the series of an office on, and from every office that ended one that lives is
    reached.
    """
    carrier: dict[str, Row] = {}
    for row in successions:
        if row.values["carries_series"]:
            first = carrier.setdefault(row.text("predecessor_id"), row)
            if first is not row:
                raise row.error(
                    "carries_series", f"line {first.line} carries the series already; write no in one of them"
                )
    for organization_id, office in known.items():
        unit, seen = organization_id, {organization_id}
        while known[unit].text("valid_to"):
            if unit not in carrier:
                raise office.error(
                    "valid_to",
                    f"nobody carries on the series of {unit}; add its successor to {SUCCESSIONS.file}, "
                    "carries_series yes",
                )
            row = carrier[unit]
            unit = row.text("successor_id")
            if unit in seen:
                raise row.error("successor_id", f"{unit} would succeed itself; mend the chain")
            seen.add(unit)


def _check_rules(folder: Path, rules: list[Row]) -> None:
    missing = sorted(set(INDICATOR_KINDS) - {row.text("indicator_kind") for row in rules})
    if missing:
        raise RegistryDataError(
            f"{folder / AGGREGATION_RULES.file}: no rule for {', '.join(missing)}; add a line for each"
        )


def _check_names(names: list[Row], known: dict[str, Row]) -> None:
    """Every office has exactly one name on every day of its life."""
    by_office: dict[str, list[Row]] = defaultdict(list)
    for row in names:
        by_office[row.text("organization_id")].append(row)
    for organization_id, office in known.items():
        spans = sorted(by_office[organization_id], key=lambda row: row.text("valid_from"))
        if not spans:
            raise office.error("organization_id", f"{organization_id!r} has no name; add it to {NAMES.file}")
        expected = office.text("valid_from")
        for row in spans:
            if row.text("valid_from") != expected:
                raise row.error(
                    "valid_from", f"must be {expected}, so that the office has one name on every day"
                )
            expected = _end(row)
        if expected != _end(office):
            raise spans[-1].error(
                "valid_to", f"must be {office.text('valid_to') or 'empty'}, as its office's"
            )


def _check_regions(schemes: list[Row], order: list[Row], regions: list[Row]) -> None:
    """One division into regions holds on a day, and every region has its place in one that is known."""
    for earlier, later in pairwise(sorted(schemes, key=lambda row: row.text("valid_from"))):
        if later.text("valid_from") < _end(earlier):
            raise later.error(
                "valid_from",
                f"{earlier.text('region_scheme')} of line {earlier.line} still holds then; "
                "end it by valid_to",
            )
    known = {row.text("region_scheme") for row in schemes}
    listed = {(row.text("region_scheme"), row.text("region")) for row in order}
    for row in (*order, *regions):
        if row.text("region_scheme") not in known:
            raise row.error(
                "region_scheme",
                f"{row.text('region_scheme')!r} is not in {REGION_SCHEMES.file}; write one of "
                f"{', '.join(sorted(known))}, or add it there",
            )
        if (row.text("region_scheme"), row.text("region")) not in listed:
            raise row.error("region", f"{row.text('region')!r} is not in {REGION_ORDER.file}; add its place")


def _check_groups(groups: list[Row], known: dict[str, Row]) -> None:
    """Members exist while they are members; no two hold one place, nobody is listed twice, on one day."""
    _check_lives(groups, known, "membership")
    problem = "the same as line {line} during the same days; change one of them"
    for column in ("position", "organization_id"):
        _check_overlaps(groups, ("group_code", column), column, problem)


def _check_instruments(instruments: list[Row], known: dict[str, Row]) -> None:
    """An office's instrument is at one stage on a day, and only while the office exists."""
    _check_lives(instruments, known, "stage")
    _check_overlaps(
        instruments,
        ("organization_id", "subject"),
        "valid_from",
        "the stage of line {line} still holds then; end that one by valid_to, or let this one begin later",
    )


def _check_lives(rows: list[Row], known: dict[str, Row], what: str) -> None:
    for row in rows:
        office = known[row.text("organization_id")]
        if row.text("valid_from") < office.text("valid_from") or _end(row) > _end(office):
            raise row.error(
                "valid_from",
                f"the {what} must lie within the life of the office, {office.text('valid_from')} to "
                f"{office.text('valid_to') or 'today'}",
            )


def _check_overlaps(rows: list[Row], alike: tuple[str, str], column: str, problem: str) -> None:
    """Refuse two rows that are alike in these columns and hold on one day."""
    held: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        held[tuple(row.text(c) for c in alike)].append(row)
    for spans in held.values():
        spans.sort(key=lambda row: row.text("valid_from"))
        for earlier, later in pairwise(spans):
            if later.text("valid_from") < _end(earlier):
                raise later.error(column, problem.format(line=earlier.line))


def _expand_aliases(rows: list[Row], known: dict[str, Row]) -> list[dict[str, Value]]:
    """An alias of an area is one of every office of the area."""
    by_area: dict[str, list[str]] = defaultdict(list)
    for organization_id, office in known.items():
        by_area[office.text("area_id")].append(organization_id)
    line_of: dict[tuple[str, str], int] = {}
    aliases: list[dict[str, Value]] = []
    for row in rows:
        organization_id, area_id = row.text("organization_id"), row.text("area_id")
        if bool(organization_id) == bool(area_id):
            raise row.error("organization_id", "fill in either organization_id or area_id, not both or none")
        if area_id and area_id not in by_area:
            raise row.error("area_id", f"no office of {ORGANIZATIONS.file} has the area {area_id!r}")
        key = fold(row.text("spelling"))
        if not key:
            raise row.error("spelling", "it holds neither letters nor digits")
        for target in [organization_id] if organization_id else by_area[area_id]:
            if (key, target) in line_of:
                raise row.error(
                    "spelling",
                    f"for {target} it is read as {key!r}, like line {line_of[key, target]}; remove it",
                )
            line_of[key, target] = row.line
            aliases.append(
                {
                    "alias_key": key,
                    "organization_id": target,
                    "spelling": row.text("spelling"),
                    "source": row.text("source"),
                }
            )
    return aliases


def region_places(day: date, folder: Path = FOLDER) -> dict[str, int]:
    """The place of each region in the official order of the division that holds on `day`; empty if none does.

    Raises RegistryDataError as read_registry.
    """
    registry = read_registry(folder)
    schemes = [r.text("region_scheme") for r in registry.region_schemes if _holds_on(r, day)]
    return {
        row.text("region"): int(row.text("position"))
        for row in registry.region_order
        if row.text("region_scheme") in schemes
    }


def _holds_on(row: Row, day: date) -> bool:
    return row.text("valid_from") <= day.isoformat() < _end(row)


def read_registry(folder: Path = FOLDER) -> Registry:
    """Read all files of the registry and check them against each other.

    Raises RegistryDataError naming file, line, column and remedy.
    """
    organizations = read_table(folder, ORGANIZATIONS)
    known = {row.text("organization_id"): row for row in organizations}
    names, codes, schemes, order, regions, successions, aliases, groups, instruments, contacts = (
        read_table(folder, table)
        for table in (
            NAMES,
            CODES,
            REGION_SCHEMES,
            REGION_ORDER,
            REGIONS,
            SUCCESSIONS,
            ALIASES,
            GROUPS,
            INSTRUMENTS,
            CONTACTS,
        )
    )
    _check_references(organizations, known, "parent_id")
    for rows in (names, codes, regions, aliases, groups, instruments, contacts):
        _check_references(rows, known, "organization_id")
    _check_references(successions, known, "predecessor_id", "successor_id")
    rules, labels = (read_table(folder, table) for table in (AGGREGATION_RULES, VALUE_LABELS))
    _check_successions(successions, known)
    _check_rules(folder, rules)
    _check_names(names, known)
    _check_regions(schemes, order, regions)
    _check_groups(groups, known)
    _check_instruments(instruments, known)
    return Registry(
        organizations,
        names,
        codes,
        schemes,
        order,
        regions,
        successions,
        _expand_aliases(aliases, known),
        groups,
        instruments,
        contacts,
        rules,
        labels,
    )


def load(engine: Engine, folder: Path = FOLDER) -> None:
    """Bring the registry's tables to the files of ``folder``, in one transaction.

    Running it again changes nothing. Names, codes, regions and their divisions, successions, aliases,
    memberships and stages of local instruments that left the files leave the tables too; organizations and
    contacts stay, because cycles speak of them, and the state of a contact and the contacts entered by hand
    are not touched.

    Raises RegistryDataError, before anything is written, if a file is wrong.
    """
    registry = read_registry(folder)
    with engine.begin() as connection:
        connection.execute(query("registry/lock"))
        for name, rows in (
            ("organizations", [row.values for row in registry.organizations]),
            ("names", [row.values for row in registry.names]),
            ("codes", [row.values for row in registry.codes]),
            ("region_schemes", [row.values for row in registry.region_schemes]),
            ("regions", [row.values for row in registry.regions]),
            ("successions", [row.values for row in registry.successions]),
            ("aggregation_rules", [row.values for row in registry.aggregation_rules]),
            ("value_labels", [row.values for row in registry.value_labels]),
            ("aliases", registry.aliases),
            ("group_members", [row.values for row in registry.groups]),
            ("local_instruments", [row.values for row in registry.instruments]),
            ("sample_contacts", [row.values for row in registry.contacts]),
        ):
            statement = query(f"registry/load_{name}")
            connection.execute(statement, {"rows": json.dumps(rows, ensure_ascii=False)})
