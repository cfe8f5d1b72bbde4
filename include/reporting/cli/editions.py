"""`reporting report`: editions of a cycle's report, supplements to it; any of them made again as of then."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import AsJson, By, CycleId, Force, Reason, required
from reporting.cli.letters import kind_in_words
from reporting.cli.output import aligned, as_json, at, note, say, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.summary.rebuild import Rebuilt

commands = typer.Typer(
    no_args_is_help=True,
    help="Reports of a cycle: versions, rebuild, news, reopen, revise, abandon, supplement.",
)

Edition = Annotated[int, typer.Option(min=1, help="Which edition of the report; 1 is the first.")]
Supplement = Annotated[
    int | None,
    typer.Option(min=1, help="A supplement by its number, instead of an edition.", show_default=False),
]
DIFFERENT = 1
"""Exit code of a rebuild whose files are not those of the archive."""


def _words(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"editions.cli.{key}", **values)


def _headings(*columns: str) -> list[str]:
    return [_words(f"column.{column}") for column in columns]


@commands.command()
def versions(cycle: CycleId, json: AsJson = False) -> None:
    """List every draft of the cycle's reports: which was signed, on how much it rests, whether it can be made
    again.
    """
    from reporting.cycles.opening import regime_of
    from reporting.summary.rebuild import versions as versions_of
    from reporting.wording.vietnamese import short_date

    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        known = versions_of(connection, cycle)
    if json:
        as_json([asdict(version) for version in known])
        return
    if not known:
        note(_words("no_versions"))
        return
    aligned(
        _headings(
            "report", "version", "drafted", "sources", "decision", "number", "registered_on", "published",
            "rebuildable",
        ),
        [
            (
                kind_in_words(v.kind),
                v.version,
                at(v.drafted_at),
                v.source_count,
                words(f"decision.{v.decision}") if v.decision else words("not_done"),
                v.number,
                short_date(v.registered_on) if v.registered_on else None,
                at(v.published_at),
                _words("yes" if v.snapshot_sha256 else "no"),
            )
            for v in known
        ],
    )  # fmt: skip


@commands.command()
def rebuild(
    cycle: CycleId,
    edition: Edition = 1,
    supplement: Supplement = None,
    version: Annotated[
        int | None,
        typer.Option(
            min=1, help="Which draft; if not given, the signed one, else the newest.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Also write the files into this folder.", show_default=False),
    ] = None,
    force: Force = False,
) -> None:
    """Make the files of a report again from what was kept with its draft, and compare them with the archive.

    Exit code 1 when a file is not byte for byte the archived one.
    """
    from reporting.cycles.opening import regime_of
    from reporting.documents.editions import kind_of
    from reporting.summary.rebuild import find_version
    from reporting.summary.rebuild import rebuild as make_again

    kind = kind_of("edition", edition) if supplement is None else kind_of("supplement", supplement)
    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        rebuilt = make_again(connection, find_version(connection, cycle, kind, version))
    if out is not None:
        for file in rebuilt.files:
            write_file(out / file.filename, file.data, force=force)
    results = [(f.filename, _words(f"result.{_result(f.is_same)}")) for f in rebuilt.files]
    results += [(name, _words("result.lost")) for name in rebuilt.lost]
    aligned(_headings("file", "result"), results)
    _tell_rebuilt(rebuilt)
    if not rebuilt.is_same:
        raise typer.Exit(DIFFERENT)


def _result(is_same: bool | None) -> str:
    return "new" if is_same is None else "same" if is_same else "differs"


def _tell_rebuilt(rebuilt: Rebuilt) -> None:
    """Whether the rebuilt files are those of the archive; where not, why that may be."""
    report = {"report": kind_in_words(rebuilt.version.kind), "version": rebuilt.version.version}
    if rebuilt.edited:
        say(_words("edited", files=", ".join(f"include/{name}" for name in rebuilt.edited)))
    if rebuilt.is_same:
        say(_words("rebuilt_same", count=len(rebuilt.files), **report))
        return
    different = sum(not file.is_same for file in rebuilt.files) + len(rebuilt.lost)
    say(_words("rebuilt_differs", count=different, **report))
    if not rebuilt.software:
        say(_words("because_unknown"))
        return
    none = _words("none")
    parts = [
        _words("part", name=name, then=then or none, now=now or none)
        for name, (then, now) in rebuilt.software.items()
    ]
    say(_words("because_software", parts="; ".join(parts)))


@commands.command()
def news(cycle: CycleId, json: AsJson = False) -> None:
    """Show what came, changed or was taken back after what the newest published report rests on."""
    from reporting.cycles.opening import regime_of
    from reporting.documents import editions
    from reporting.wording.vietnamese import join_names, short_date

    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        newest = editions.newest(connection, cycle)
        found = editions.news(connection, cycle)
    if newest is None:
        raise ValueError(f"No report of {cycle} is published yet; everything that comes goes into the draft.")
    if json:
        as_json({"number": newest.number, "registered_on": newest.registered_on, **asdict(found)})
        return
    cited = {"number": newest.number, "date": short_date(newest.registered_on)}
    if not found.offices:
        say(_words("no_news", **cited))
        return
    say(_words("news", count=len(found.offices), names=join_names(found.offices), **cited))


@commands.command()
def reopen(cycle: CycleId, reason: Reason, by: By) -> None:
    """Start a new edition of a published report; once out it replaces the former, which stays as it is."""
    from reporting.documents import editions

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    _tell("started", cycle, editions.reopen(engine, cycle, reason=reason, by=by))


@commands.command()
def supplement(cycle: CycleId, by: By) -> None:
    """Start a supplement to the published report from what came after it."""
    from reporting.documents import editions

    engine = warehouse()
    _tell("started", cycle, editions.start_supplement(engine, cycle, by=required(by, "--by")))


@commands.command()
def revise(cycle: CycleId, reason: Reason, by: By) -> None:
    """Give another reason for the edition that is being made; it is drafted and approved anew."""
    from reporting.documents import editions

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    _tell("revised", cycle, editions.revise_reason(engine, cycle, reason=reason, by=by))


@commands.command()
def abandon(
    cycle: CycleId,
    reason: Reason,
    by: By,
    edition: Annotated[
        int | None, typer.Option(min=2, help="The edition that is given up.", show_default=False)
    ] = None,
    supplement: Supplement = None,
) -> None:
    """Give up an edition or supplement that has no number, such as one started by mistake; if none is named,
    the one that is being made.
    """
    from reporting.documents import editions

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    if edition is not None and supplement is not None:
        raise typer.BadParameter("give --edition or --supplement, not both")
    if edition is not None:
        kind = editions.kind_of("edition", edition)
    elif supplement is not None:
        kind = editions.kind_of("supplement", supplement)
    else:
        with engine.connect() as connection:
            kind = editions.being_made(connection, cycle)
    was_open = editions.abandon(engine, cycle, kind, reason=reason, by=by)
    _tell("abandoned" if was_open else "was_abandoned", cycle, kind)


def _tell(what: str, cycle: str, kind: str) -> None:
    from reporting.documents import lifecycle

    with warehouse().connect() as connection:
        document = lifecycle.find(connection, cycle, kind)
    assert document is not None  # started above
    say(_words(what, title=document.title, kind=kind))
