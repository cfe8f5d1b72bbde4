"""Build the workbook that goes out to an office: pre-filled, locked but for its input cells, anchored by
tags.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from reporting.forms.models import Form, Indicator
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date
from reporting.workbook.build_tables import quoted, write_list, write_quantities
from reporting.workbook.identity import WorkbookIdentity, sign
from reporting.workbook.instructions import instructions
from reporting.workbook.layout import (
    BODY_COLUMN,
    IDENTITY_SHEET,
    MARK_COLUMNS,
    VALUE_COLUMN,
    CoverField,
    Table,
    column_tag,
    cover_fields,
    end_tag,
    row_tag,
    sheet_name,
    start_tag,
)
from reporting.workbook.prior import NOTHING, LastPeriod, PriorAnswer

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["CoverPage", "WorkbookIdentity", "build_workbook"]

FONT = "Times New Roman"
SHADE = "#EDEDED"
HEADER_SHADE = "#D9E2F3"
TAKEN_OVER = {"italic": True, "font_color": "#1F4E9E"}
"""How an answer looks that was filled in from the last period, until the office writes another."""
_A4 = 9
_FIRST_INPUT = 4  # the column in which the input cells of marks begin where nothing stands beside them
_FIRST_CHOICES = 3  # the column of the hidden sheet from which choices are written
_PROTECTION = {"format_cells": True, "format_columns": True, "format_rows": True, "select_locked_cells": True}


@dataclass(frozen=True)
class CoverPage:
    """What the cover says before the office fills anything in. Phrases are Vietnamese, as in the letter.

    `request` names what asks for the report where no letter does; `letter_on` is then the day of the request.
    """

    report_title: str
    letter_number: str
    letter_on: date
    period_label: str
    deadline_phrase: str
    last_day_phrase: str
    organization_name: str
    ministry_name: str
    unit_name: str
    contact_line: str
    request: str = ""


def build_workbook(
    form: Form,
    identity: WorkbookIdentity,
    cover: CoverPage,
    signing_key: str,
    last_period: LastPeriod = NOTHING,
) -> bytes:
    """The .xlsx of one recipient. Equal input gives equal bytes.

    Sheets: cover, table of marks, numbers, open tables, sections, instructions, as far as the form has them,
    and a very hidden one with the signed identity. What the office reported in the `last_period` stands
    beside what is asked; marks that last, and the focal point, are filled in.
    Raises ValueError for an empty signing key or an identity that names another form version.
    """
    if (identity.form_code, identity.form_version) != (form.code, form.version):
        raise ValueError(
            f"identity names form {identity.form_code}@{identity.form_version}, but the form given is "
            f"{form.code}@{form.version}; build the identity from the form"
        )
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {
            "title": cover.report_title,
            "subject": identity.reference_code,
            "author": cover.unit_name,
            "company": cover.ministry_name,
            "created": datetime(cover.letter_on.year, cover.letter_on.month, cover.letter_on.day),  # noqa: DTZ001 - Excel's own stamp
        }
    )
    Builder(book, form, identity, cover, last_period).write(sign(identity, signing_key))
    book.close()
    return buffer.getvalue()


class Builder:
    """A workbook under construction; what its sheets have in common."""

    def __init__(
        self, book: Any, form: Form, identity: WorkbookIdentity, cover: CoverPage, last: LastPeriod
    ) -> None:
        self.book = book
        self.form = form
        self.identity = identity
        self.cover = cover
        self.last = last
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        self._choices: list[Sequence[str]] = []
        self._taken_over: Format | None = None

    def format(self, **properties: object) -> Format:
        wanted = {"font_name": FONT, "font_size": 11, "valign": "vcenter", "text_wrap": True, **properties}
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(wanted)
        return self._formats[key]

    def header(self) -> Format:
        return self.boxed(bold=True, align="center", bg_color=HEADER_SHADE)

    def label_shade(self, is_total: bool = False) -> dict[str, object]:
        return {"bg_color": HEADER_SHADE, "bold": True} if is_total else {"bg_color": SHADE}

    def range_of(self, choices: Sequence[str]) -> str:
        """The range of the hidden sheet that offers choices too long for a validation."""
        self._choices.append(choices)
        column = _FIRST_CHOICES + len(self._choices) - 1
        return f"={IDENTITY_SHEET}!{xl_range_abs(0, column, len(choices) - 1, column)}"

    def boxed(self, **properties: object) -> Format:
        return self.format(border=1, border_color="#7F7F7F", **properties)

    def input(self, **properties: object) -> Format:
        indent = 0 if properties.get("align") == "center" else 1
        return self.boxed(**{"locked": False, "bg_color": "#FFFFFF", "indent": indent, **properties})

    def write(self, token: str) -> None:
        self.write_cover()
        if self.form.indicators:
            self.write_marks()
        if self.form.quantities is not None:
            write_quantities(self, self.form.quantities)
        for table in self.form.lists:
            write_list(self, table)
        if self.form.sections:
            self.write_sections()
        self.write_instructions()
        self.write_identity(token)

    # -- sheets -----------------------------------------------------------------------------------

    def sheet(self, name: str, *, landscape: bool, rows_may_be_inserted: bool = False) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(_A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_footer(
            text(
                "workbook.print.footer",
                reference_code=self.identity.reference_code,
                organization_name=self.cover.organization_name.replace("&", "&&"),
            )
        )
        sheet.protect("", {**_PROTECTION, "insert_rows": True} if rows_may_be_inserted else _PROTECTION)
        return sheet

    def tags(self, sheet: Worksheet, table: Table, columns: dict[str, int]) -> None:
        """Hide the first row and column, which hold the tags; `columns` says which column has which tag."""
        sheet.write_string(0, 0, start_tag(table))
        for column, index in columns.items():
            sheet.write_string(0, index, column_tag(table, column))
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 0, 4, None, {"hidden": True})

    def heading(
        self, sheet: Worksheet, row: int, columns: tuple[int, int], words: str, **properties: object
    ) -> None:
        cell = self.format(**{"align": "center", "bold": True, "font_size": 14, **properties})
        sheet.set_row(row, 18 if "font_size" in properties else 24)
        sheet.merge_range(row, columns[0], row, columns[1], "", cell)
        sheet.write_string(row, columns[0], words, cell)

    def write_cover(self) -> None:
        sheet = self.sheet(sheet_name("cover"), landscape=False)
        self.tags(sheet, "cover", {VALUE_COLUMN: 2})
        sheet.set_column(1, 1, 34)
        sheet.set_column(2, 2, 52)
        sheet.set_column(3, 3, 30)
        given = self.given_values()
        self.heading(sheet, 1, (1, 3), text("workbook.cover.heading"))
        words = text(f"workbook.cover.{self.how()}")
        self.heading(sheet, 2, (1, 3), words, bold=False, font_size=10, italic=True)
        sheet.set_row(2, 30 if len(words) < 200 else 44)
        row, group = 3, ""
        for field in cover_fields(self.form):
            if not field.is_shown_empty and not given.get(field.key):
                continue
            if field.group != group:
                group = field.group
                band = self.boxed(bold=True, bg_color=HEADER_SHADE)
                sheet.merge_range(row, 1, row, 3, "", band)
                sheet.write_string(row, 1, text(f"workbook.cover.group.{group}"), band)
                sheet.set_row(row, 18)
                row += 1
            self.write_cover_field(sheet, row, field, given.get(field.key, ""))
            row += 1
        sheet.write_string(row, 0, end_tag("cover"))
        self.heading(sheet, row, (1, 3), text("workbook.cover.secrecy"), bold=True, font_size=10)
        sheet.freeze_panes(3, 0)
        sheet.fit_to_pages(1, 1)
        sheet.activate()

    def how(self) -> str:
        """How to fill in a form of this kind: its key under workbook.cover."""
        if not self.form.indicators:
            return "how_without_marks" if self.form.quantities is None else "how_numbers_only"
        return "how" if self.form.quantities is None and not self.form.lists else "how_with_numbers"

    def given_values(self) -> dict[str, str]:
        cover = self.cover
        letter = "letter" if cover.letter_number else "letter_unnumbered"
        return {
            "report_title": cover.report_title,
            "letter": cover.request
            or text(
                f"workbook.cover.value.{letter}", number=cover.letter_number, date=short_date(cover.letter_on)
            ),
            "period": cover.period_label,
            "deadline": _deadline(cover),
            "ministry": text(
                "workbook.cover.value.ministry", ministry_name=cover.ministry_name, unit_name=cover.unit_name
            ),
            "prior_period": self.last.label,
            "contact_line": cover.contact_line,
            "organization_name": cover.organization_name,
            "reference_code": self.identity.reference_code,
            "form_version": text(
                "workbook.cover.value.form_version",
                form_code=self.identity.form_code,
                form_version=self.identity.form_version,
            ),
        }

    def write_cover_field(self, sheet: Worksheet, row: int, field: CoverField, value: str) -> None:
        sheet.write_string(row, 0, row_tag("cover", field.key))
        sheet.write_string(
            row, 1, text(f"workbook.cover.label.{field.key}"), self.boxed(bg_color=SHADE, indent=1)
        )
        known = self.last.contact.get(field.key, "")
        hint = text(f"workbook.cover.hint.{'prior' if known else field.hint}", nil=self.form.nil)
        sheet.set_row(row, 17 * max(1, -(-len(value) // 66), -(-len(hint) // 44)))
        if field.kind == "given":
            sheet.write_string(
                row,
                2,
                value,
                self.boxed(bg_color=SHADE, align="left", indent=1, bold=field.key == "organization_name"),
            )
        else:
            number_format = "dd/mm/yyyy" if field.kind == "date" else "@"
            align = "center" if field.kind == "tick" else "left"
            self.write_input(sheet, row, 2, known, num_format=number_format, align=align)
        if field.choices:
            sheet.data_validation(
                row,
                2,
                row,
                2,
                {
                    "validate": "list",
                    "source": [text(choice) for choice in field.choices],
                    "error_type": "warning",
                },
            )
        sheet.write_string(
            row, 3, hint, self.format(font_size=9, indent=1, italic=True, font_color="#595959")
        )

    def write_input(
        self, sheet: Worksheet, row: int, column: int, value: str | date | None, **properties: object
    ) -> None:
        """An input cell; what is filled in from the last period is set off while it stands unchanged."""
        cell = self.input(**properties)
        if not value:
            sheet.write_blank(row, column, None, cell)
            return
        at = xl_rowcol_to_cell(row, column)
        if isinstance(value, date):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), cell)  # noqa: DTZ001 - Excel knows no zone
            same = f"={at}=DATE({value.year},{value.month},{value.day})"
        else:
            sheet.write_string(row, column, value, cell)
            same = f"=EXACT({at},{quoted(value)})"
        if self._taken_over is None:
            self._taken_over = self.book.add_format(TAKEN_OVER)
        sheet.conditional_format(
            row, column, row, column, {"type": "formula", "criteria": same, "format": self._taken_over}
        )

    def note(self, sheet: Worksheet, columns: tuple[int, int], words: str, prior: str) -> None:
        """The line that says how a table is filled in, and with `prior` what stands there from last time."""
        if prior:
            told = text(f"workbook.prior.{prior}", period=self.last.label)
            words = text("workbook.prior.under", note=words, prior=told)
        self.heading(sheet, 3, columns, words, bold=False, font_size=10, italic=True)
        if prior:
            sheet.set_row(3, 46)

    def prior_cell(self, sheet: Worksheet, row: int, column: int, words: str, **properties: object) -> None:
        """What was reported last time, to look at: locked and grey."""
        cell = self.boxed(bg_color=SHADE, font_color="#595959", font_size=10, **properties)
        sheet.write_string(row, column, words, cell)

    def write_marks(self) -> None:
        sheet = self.sheet(sheet_name("marks"), landscape=True)
        shows = self.last.shows_marks(self.form)
        columns = ("number", "label", "year", *(("prior",) if shows else ()), *MARK_COLUMNS)
        self.tags(sheet, "marks", {key: columns.index(key) + 1 for key in MARK_COLUMNS})
        widths = (5, 34, 7, *((26,) if shows else ()), 15, 24, 14, 28, 28)
        for index, width in enumerate(widths, start=1):
            sheet.set_column(index, index, width)
        last = len(columns)
        self.heading(sheet, 1, (1, last), text("workbook.marks.heading", title=self.form.title))
        sheet.set_row(1, 36)
        self.subheading(sheet, 2, (1, last), "marks")
        self.note(sheet, (1, last), text("workbook.marks.note"), "note_marks" if shows else "")
        header = self.header()
        for index, column in enumerate(columns, start=1):
            key = "prior.column" if column == "prior" else f"marks.column.{column}"
            sheet.write_string(4, index, text(f"workbook.{key}"), header)
        sheet.set_row(4, 32)
        row = 5
        for number, indicator in enumerate(self.form.indicators, start=1):
            self.write_indicator(sheet, row, number, indicator, columns.index("mark") + 1)
            row += len(self.form.years)
        sheet.write_string(row, 0, end_tag("marks"))
        sheet.freeze_panes(5, 3)
        sheet.repeat_rows(4)

    def write_indicator(
        self, sheet: Worksheet, row: int, number: int, indicator: Indicator, first: int
    ) -> None:
        """The rows of one indicator; its input cells begin in the column `first`."""
        years = self.form.years
        last = row + len(years) - 1
        shaded = self.boxed(bg_color=SHADE, indent=1)
        centred = self.boxed(bg_color=SHADE, align="center")
        if len(years) > 1:
            sheet.merge_range(row, 1, last, 1, "", centred)
            sheet.merge_range(row, 2, last, 2, "", shaded)
        sheet.write_string(row, 1, str(number), centred)
        sheet.write_string(row, 2, indicator.label, shaded)
        height = max(24.0, 16.0 * -(-len(indicator.label) // 30) / len(years))
        for offset, year in enumerate(years):
            at = row + offset
            sheet.write_string(at, 0, row_tag("marks", indicator.code, str(year)))
            sheet.write_number(at, 3, year, centred)
            shown = self.last.mark_shown(indicator, year)
            if first > _FIRST_INPUT:
                self.prior_cell(sheet, at, first - 1, shown, align="left", indent=1)
            known = self.last.filled_in(indicator, year) or PriorAnswer("")
            mark = self.form.marks.offered[0] if known.state else ""
            self.write_input(sheet, at, first, mark, align="center", num_format="@")
            self.write_input(sheet, at, first + 1, known.document_number, align="left", num_format="@")
            self.write_input(sheet, at, first + 2, known.document_on, align="center", num_format="dd/mm/yyyy")
            self.write_input(sheet, at, first + 3, None, align="left", num_format="@")
            self.write_input(sheet, at, first + 4, None, align="left", num_format="@")
            sheet.set_row(at, max(height, 14.0 * -(-len(shown) // 26)))
            self.input_helps(sheet, at, indicator, year, first)

    def input_helps(self, sheet: Worksheet, row: int, indicator: Indicator, year: int, first: int) -> None:
        sheet.data_validation(
            row,
            first,
            row,
            first,
            {
                "validate": "list",
                "source": list(self.form.marks.offered),
                "input_title": text("workbook.marks.input.mark_title"),
                "input_message": text("workbook.marks.input.mark"),
                "error_type": "warning",
                "error_title": text("workbook.marks.input.invalid_title"),
                "error_message": text("workbook.marks.input.invalid"),
            },
        )
        examples = {
            "document_number": (first + 1, indicator.evidence.number_example),
            "document_on": (first + 2, short_date(date(year, 12, 28))),
        }
        for key, (column, example) in examples.items():
            sheet.data_validation(
                row,
                column,
                row,
                column,
                {
                    "validate": "any",
                    "input_title": text(f"workbook.marks.input.{key}_title"),
                    "input_message": text(f"workbook.marks.input.{key}", example=example),
                },
            )

    def subheading(self, sheet: Worksheet, row: int, columns: tuple[int, int], table: str) -> None:
        words = text(
            f"workbook.{table}.subheading",
            organization_name=self.cover.organization_name,
            reference_code=self.identity.reference_code,
        )
        self.heading(sheet, row, columns, words, font_size=12)

    def write_sections(self) -> None:
        sheet = self.sheet(sheet_name("sections"), landscape=True)
        self.tags(sheet, "sections", {BODY_COLUMN: 3})
        for index, width in enumerate((5, 34, 108), start=1):
            sheet.set_column(index, index, width)
        self.heading(sheet, 1, (1, 3), text("workbook.sections.heading"))
        self.subheading(sheet, 2, (1, 3), "sections")
        header = self.header()
        for index, column in enumerate(("number", "label", BODY_COLUMN), start=1):
            sheet.write_string(3, index, text(f"workbook.sections.column.{column}"), header)
        row = 4
        bold, small = self.format(bold=True), self.format(font_size=10, italic=True, font_color="#595959")
        for number, section in enumerate(self.form.sections, start=1):
            sheet.write_string(row, 0, row_tag("sections", section.code))
            sheet.write_string(row, 1, str(number), self.boxed(bg_color=SHADE, align="center"))
            label = self.boxed(bg_color=SHADE, indent=1)
            sheet.write_rich_string(row, 2, bold, section.label, small, "\n" + section.prompt, label)
            sheet.write_blank(row, 3, None, self.input(align="left", valign="top", num_format="@"))
            sheet.set_row(
                row, max(100, 15 * -(-len(section.label) // 32) + 13 * -(-len(section.prompt) // 40))
            )
            row += 1
        sheet.write_string(row, 0, end_tag("sections"))
        sheet.freeze_panes(4, 3)
        sheet.repeat_rows(3)

    def write_instructions(self) -> None:
        sheet = self.sheet(sheet_name("instructions"), landscape=True)
        for index, width in enumerate((5, 104, 34)):
            sheet.set_column(index, index, width)
        self.heading(sheet, 0, (0, 2), text("workbook.instructions.heading"))
        header = self.header()
        for index, column in enumerate(("number", "instruction", "example")):
            sheet.write_string(1, index, text(f"workbook.instructions.column.{column}"), header)
        shows_prior = self.last.shows_marks(self.form) or self.last.shows_numbers(self.form)
        items = instructions(self.form, shows_prior=shows_prior)
        for row, (_, words, example) in enumerate(items, start=2):
            sheet.write_string(row, 0, str(row - 1), self.boxed(align="center"))
            sheet.write_string(row, 1, words, self.boxed(indent=1))
            sheet.write_string(row, 2, example, self.boxed(indent=1))
            sheet.set_row(row, 17.0 * max(-(-len(words) // 120), -(-len(example) // 32)))
        sheet.freeze_panes(2, 0)

    def write_identity(self, token: str) -> None:
        sheet = self.book.add_worksheet(IDENTITY_SHEET)
        sheet.write_string(0, 0, start_tag("identity"))
        sheet.write_string(0, 1, column_tag("identity", VALUE_COLUMN))
        values = {
            "token": token,
            "form_code": self.identity.form_code,
            "form_version": self.identity.form_version,
        }
        for row, (key, value) in enumerate(values.items(), start=1):
            sheet.write_string(row, 0, row_tag("identity", key))
            sheet.write_string(row, 1, value)
        for column, choices in enumerate(self._choices, start=_FIRST_CHOICES):
            sheet.write_column(0, column, choices)
        sheet.protect("")
        sheet.very_hidden()


def _deadline(cover: CoverPage) -> str:
    """The deadline in the letter's words and its last day; where those words name that day, only its weekday
    is added.
    """
    day = cover.last_day_phrase.partition(" (")[0]
    if cover.deadline_phrase.endswith(day):
        return cover.deadline_phrase.removesuffix(day) + cover.last_day_phrase
    return text(
        "workbook.cover.value.deadline",
        deadline_phrase=cover.deadline_phrase,
        last_day_phrase=cover.last_day_phrase,
    )
