"""Whether a Word template that an officer edited can still be filled.

Places that are missing, unknown, misspelt or broken are named with where they stand. What a template must
hold is data: include/templates/places.yaml.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reporting import plain_yaml
from reporting.letters.blocks import Block, BlockKind, Blocks, Cell, Table
from reporting.settings import INCLUDE
from reporting.wording.catalogue import text

PLACES = INCLUDE / "templates" / "places.yaml"

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_SCOPE = re.compile(r"^\{([%{])(p|tr|tc|r)\s")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|[{}]")
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\N{NO-BREAK SPACE}": " "})
_OPENERS = {"for": "endfor", "if": "endif"}
_EXCERPT = 60


@dataclass(frozen=True)
class TemplateFinding:
    """Something that is amiss in a template: where, and what to mend, in Vietnamese."""

    place: str
    message: str


@dataclass(frozen=True)
class TemplateContract:
    """What a template must hold. `needs` are paths such as copies[] or offices[].name."""

    name: str
    words: str
    needs: tuple[str, ...]
    fixed: tuple[str, ...]
    has_tracking_table: bool
    sample: Mapping[str, Any]

    @property
    def known(self) -> frozenset[str]:
        """The names that may stand in it."""
        return frozenset(self.sample)


@dataclass
class _Tags:
    """The tags of one part of the document in their order, each with its place."""

    tags: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    findings: list[TemplateFinding] = field(default_factory=list)


@lru_cache(maxsize=2)
def contracts(file: Path = PLACES) -> dict[str, TemplateContract]:
    """What each template must hold, by its path below the folder of templates."""
    content = plain_yaml.load(unicodedata.normalize("NFC", file.read_text("utf-8")))
    sample = {name: _with_blocks(entry["sample"]) for name, entry in content["places"].items()}
    return {
        name: TemplateContract(
            name=name,
            words=entry["words"],
            needs=tuple(_flat(entry["needs"])),
            fixed=tuple(entry.get("fixed", ())),
            has_tracking_table=entry.get("has_tracking_table", False),
            sample=sample | _with_blocks(entry.get("sample", {})),
        )
        for name, entry in content["templates"].items()
    }


def _with_blocks(sample: Any) -> Any:
    """`sample` with a run of blocks wherever it says {blocks: […]}."""
    if isinstance(sample, list):
        return [_with_blocks(entry) for entry in sample]
    if not isinstance(sample, dict):
        return sample
    if set(sample) == {"blocks"}:
        return Blocks([_sample_block(**block) for block in sample["blocks"]])
    return {name: _with_blocks(entry) for name, entry in sample.items()}


def _sample_block(kind: BlockKind, text: str = "", table: Sequence[Sequence[str]] = ()) -> Block:
    if kind != "table":
        return Block(kind, text)
    rows = tuple(tuple(Cell(words) for words in row) for row in table)
    return Block(kind, table=Table(tuple(6.0 for _ in rows[0]), rows))


def place_words() -> dict[str, str]:
    """What is printed at each place, for an officer who edits a template."""
    content = plain_yaml.load(PLACES.read_text("utf-8"))
    return {name: unicodedata.normalize("NFC", entry["words"]) for name, entry in content["places"].items()}


def contract_of(name: str) -> TemplateContract:
    """What the template `name` must hold: letter/request.docx, or short: request. Raises LookupError."""
    for contract in contracts().values():
        if name in (contract.name, Path(contract.name).name, Path(contract.name).stem):
            return contract
    known = ", ".join(Path(c).stem for c in contracts())
    raise LookupError(f"There is no template {name!r}; there are: {known}.")


def check_template(path: Path, contract: TemplateContract) -> list[TemplateFinding]:
    """What is amiss in the template at `path`, in its order; empty where it can be used.

    Text, fonts and order may differ freely, and Word may have split a place into several runs. Never raises
    for a bad file.
    """
    try:
        document = Document(str(path))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, OSError):
        return [_of_file("not_word")]
    parts = [_read_body(document), *_read_margins(document)]
    findings = [f for part in parts for f in part.findings]
    used: set[str] = set()
    for part in parts:
        part_used, part_findings = _parse(part, contract)
        used |= part_used
        findings += part_findings
    words = place_words()
    for need in contract.needs:
        if need not in used:
            name = re.split(r"[.\[]", need)[0]
            findings.append(_of_file("missing", place=_as_written(need), words=words[name]))
    printed = " ".join(_paragraph_text(p) for p in document.element.body.iter(qn("w:p")))
    for key in contract.fixed:
        if text(key).casefold() not in " ".join(printed.split()).casefold():
            findings.append(_of_file("fixed", words=text(key)))
    if contract.has_tracking_table:
        findings += _check_mark(document)
    return findings or _try(path, contract)


def refusal(path: Path, findings: Sequence[TemplateFinding]) -> str:
    """One message that says why the template cannot be used, with file and places."""
    listed = "; ".join(text("templates.entry", place=f.place, message=f.message) for f in findings)
    return text("templates.refused", file=path, findings=listed)


def fill_sample(path: Path, contract: TemplateContract) -> bytes:
    """The docx made from the template and sample data, to look at. Raises what filling it raises."""
    from reporting.letters.official import fill_template  # which checks templates itself

    return fill_template(path, contract.sample, _sample_table() if contract.has_tracking_table else None)


def _try(path: Path, contract: TemplateContract) -> list[TemplateFinding]:
    """Fill it with sample data, every name strictly."""
    try:
        fill_sample(path, contract)
    except (TemplateError, ValueError, TypeError) as error:
        return [_of_file("sample", error=error)]
    return []


def _sample_table() -> Any:
    from reporting.letters.official import TrackingTable

    return TrackingTable(
        "Stt", "Sở TT&TT", (("Quy chế", (2011, 2012)),), (("An Giang", (True, False)),), ("1", "")
    )


# --- reading the document -----------------------------------------------------------------------------


def _read_body(document: DocumentObject) -> _Tags:
    found = _Tags()
    paragraph = table = 0
    for child in document.element.body:
        if child.tag == qn("w:p"):
            paragraph += 1
            _read_paragraph(child, text("templates.place.paragraph", number=paragraph), found, in_table=False)
        elif child.tag == qn("w:tbl"):
            table += 1
            for row, tr in enumerate(child.findall(qn("w:tr")), 1):
                for column, tc in enumerate(tr.findall(qn("w:tc")), 1):
                    place = text("templates.place.cell", table=table, row=row, column=column)
                    for p in tc.iter(qn("w:p")):
                        _read_paragraph(p, place, found, in_table=True)
        else:
            for p in child.iter(qn("w:p")):
                _read_paragraph(p, text("templates.place.frame"), found, in_table=False)
    return found


def _read_margins(document: DocumentObject) -> Iterator[_Tags]:
    seen = set()
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind not in ("header", "footer") or relation.target_part.partname in seen:
            continue
        seen.add(relation.target_part.partname)
        found = _Tags()
        place = text(f"templates.place.{kind}")
        for element in relation.target_part.element.iter():
            if element.tag == qn("w:p"):
                _read_paragraph(element, place, found, in_table=False)
            for value in element.attrib.values():
                for tag in _TAG.findall(value):
                    found.tags.append(tag)
                    found.places.append(place)
        yield found


def _paragraph_text(paragraph: Any) -> str:
    return "".join(t.text or "" for t in paragraph.iter(qn("w:t")))


def _read_paragraph(paragraph: Any, where: str, found: _Tags, *, in_table: bool) -> None:
    words = _paragraph_text(paragraph)
    place = where if not words.strip() else text("templates.place.quoted", place=where, words=_excerpt(words))
    for tag in _TAG.findall(words):
        found.tags.append(tag)
        found.places.append(place)
        scope = _SCOPE.match(tag)
        alone = words.strip() == tag
        if scope and scope[2] == "p" and not alone:
            found.findings.append(TemplateFinding(place, text("templates.finding.not_alone", tag=tag)))
        if scope and scope[2] in ("tr", "tc") and not in_table:
            found.findings.append(TemplateFinding(place, text("templates.finding.not_in_table", tag=tag)))
    if _BRACES.search(_TAG.sub("", words)):
        found.findings.append(TemplateFinding(place, text("templates.finding.broken")))


def _excerpt(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _EXCERPT else words[:_EXCERPT].rstrip() + "…"


def _check_mark(document: DocumentObject) -> list[TemplateFinding]:
    from reporting.letters.official import TRACKING_TABLE_MARK

    count = sum(p.text.strip() == TRACKING_TABLE_MARK for p in document.paragraphs)
    return [] if count == 1 else [_of_file("mark", mark=TRACKING_TABLE_MARK, count=count)]


# --- understanding the tags ---------------------------------------------------------------------------


def _parse(part: _Tags, contract: TemplateContract) -> tuple[set[str], list[TemplateFinding]]:
    """The paths that the part prints or asks about, and what is amiss in its tags."""
    findings = _check_blocks(part)
    environment = Environment()  # nothing is rendered by it
    lines = []
    for tag, place in zip(part.tags, part.places, strict=True):
        plain = _SCOPE.sub(r"{\1 ", tag).translate(_QUOTES).replace("\n", " ")
        if tag.startswith("{{"):
            try:
                environment.parse(plain)
            except TemplateSyntaxError:
                findings.append(TemplateFinding(place, text("templates.finding.syntax", tag=tag)))
                plain = ""
        lines.append(plain)
    if findings:
        return _names_alone(part), findings
    try:
        tree = environment.parse("\n".join(lines))
    except TemplateSyntaxError as error:
        at = min(max(error.lineno - 1, 0), len(part.tags) - 1)
        return _names_alone(part), [
            TemplateFinding(part.places[at], text("templates.finding.syntax", tag=part.tags[at]))
        ]
    reader = _Reader(part, contract)
    reader.visit(tree, {})
    return reader.used, reader.findings


def _check_blocks(part: _Tags) -> list[TemplateFinding]:
    """Blocks that are opened and not closed, or closed and not opened."""
    findings: list[TemplateFinding] = []
    opened: list[tuple[str, str, str]] = []
    for tag, place in zip(part.tags, part.places, strict=True):
        if not tag.startswith("{%"):
            continue
        word = (_SCOPE.sub("{% ", tag)[2:-2].strip(" -+").split() or [""])[0]
        if word in _OPENERS:
            opened.append((word, tag, place))
        elif word in _OPENERS.values():
            if opened and _OPENERS[opened[-1][0]] == word:
                opened.pop()
            else:
                findings.append(TemplateFinding(place, text("templates.finding.not_opened", tag=tag)))
        elif word not in ("else", "elif", "set"):
            findings.append(TemplateFinding(place, text("templates.finding.syntax", tag=tag)))
    findings += [
        TemplateFinding(place, text("templates.finding.not_closed", tag=tag, closing=_OPENERS[word]))
        for word, tag, place in opened
    ]
    return findings


def _names_alone(part: _Tags) -> set[str]:
    """Where the tags cannot be understood together, every path that they could mean: what may only be broken
    is not called missing.
    """
    names = {name for tag in part.tags for name in re.findall(r"[a-z_]+", tag)}
    return {
        need
        for contract in contracts().values()
        for need in contract.needs
        if re.split(r"[.\[]", need)[0] in names
    }


class _Reader:
    """Walks a parsed template and notes the paths used; a loop's variable stands for what it runs over."""

    def __init__(self, part: _Tags, contract: TemplateContract) -> None:
        self.part, self.contract = part, contract
        self.used: set[str] = set()
        self.findings: list[TemplateFinding] = []

    def visit(self, node: nodes.Node, bound: Mapping[str, str]) -> None:
        """Note the paths below `node`; `bound` maps the variables of the loops around it to their paths."""
        if isinstance(node, nodes.For):
            over = self._path(node.iter, bound)
            self.visit(node.iter, bound)
            target = node.target.name if isinstance(node.target, nodes.Name) else ""
            for child in (*node.body, *node.else_):
                self.visit(child, {**bound, target: f"{over}[]", "loop": "loop"})
            return
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            path = self._path(node, bound)
            self.used.add(path)
            self._check_name(node, path)
            return
        for child in node.iter_child_nodes():
            self.visit(child, bound)

    def _path(self, node: nodes.Node, bound: Mapping[str, str]) -> str:
        if isinstance(node, nodes.Name):
            return bound.get(node.name, node.name)
        if isinstance(node, nodes.Getattr):
            return f"{self._path(node.node, bound)}.{node.attr}"
        if isinstance(node, nodes.Getitem):
            base = self._path(node.node, bound)
            return base if isinstance(node.arg, nodes.Slice) else f"{base}[]"
        if isinstance(node, nodes.Filter) and node.node is not None:
            return self._path(node.node, bound)
        return ""

    def _check_name(self, node: nodes.Node, path: str) -> None:
        root = re.split(r"[.\[]", path)[0]
        if root == "loop":
            return
        place = self.part.places[node.lineno - 1]
        if root not in self.contract.known:
            self._unknown(place, root, self.contract.known)
            return
        sample = self.contract.sample[root]
        first = sample[0] if isinstance(sample, list) and sample else sample
        fields = {n.rpartition(".")[2] for n in self.contract.needs if n.startswith(f"{root}[]") and "." in n}
        fields |= set(first) if isinstance(first, dict) else set()
        attribute = path.rpartition(".")[2] if "." in path else ""
        if attribute and attribute.removesuffix("[]") not in {f.removesuffix("[]") for f in fields}:
            self._unknown(place, attribute, fields)

    def _unknown(self, place: str, name: str, known: Iterable[str]) -> None:
        similar = difflib.get_close_matches(name, sorted(known), n=1)
        key = "misspelt" if similar else "unknown"
        self.findings.append(
            TemplateFinding(
                place, text(f"templates.finding.{key}", name=name, similar=similar[0] if similar else "")
            )
        )


def strict_environment() -> Environment:
    """How templates are filled: a name without a value is an error, never a blank; and from a template that
    somebody edited no way leads to Python's own attributes (jinja2.exceptions.SecurityError).
    """
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _as_written(need: str) -> str:
    """A path as it is written in a template: "copies[]" is the loop over copies and what it prints."""
    root, _, inner = need.partition("[]")
    if "[]" not in need:
        return "{{ " + need + " }}"
    return (
        "{% for … in " + root + " %}" + (" {{ …" + inner.replace("[]", "") + " }}" if inner else " {{ … }}")
    )


def _of_file(key: str, **values: object) -> TemplateFinding:
    return TemplateFinding(text("templates.place.file"), text(f"templates.finding.{key}", **values))


def _flat(entries: Iterable[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _flat(entry)
        else:
            yield entry
