"""`reporting reply` and `reporting follow-up`: what the Government answered, and what is to come of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, Force, OutFolder, Reason, required
from reporting.cli.letters import kind_in_words
from reporting.cli.output import as_json, note, say, table, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.documents.replies import FollowUpItem, RecordedReply

commands = typer.Typer(
    no_args_is_help=True, help="Replies to the ministry's reports: record, list, show, draft-letter."
)
follow_up = typer.Typer(
    no_args_is_help=True, help="What is to be followed up months or years later: list, set, close, reopen."
)
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number and symbol, such as 11062/VPCP-QHQT.")]


class OpenAs(StrEnum):
    """As what the letter's cycle is opened."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


@commands.command()
def record(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The reply as a file of include/registry/replies."),
    ],
    by: By,
    scan: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The document itself.")
    ] = None,
) -> None:
    """Put a reply of the Government on record; what it directs becomes items to be followed up."""
    from reporting.documents import replies
    from reporting.wording.vietnamese import short_date

    by, reply = required(by, "--by"), replies.load_reply(file)
    with warehouse().begin() as connection:
        replies.record_reply(
            connection,
            reply,
            by=by,
            filename=scan.name if scan else None,
            file=scan.read_bytes() if scan else None,
        )
        recorded = replies.find_reply(connection, reply.number)
    say(
        words(
            "reply.recorded",
            number=recorded.number,
            date=short_date(recorded.signed_on),
            issuer=recorded.issuer,
            directions=recorded.item_count,
        )
    )
    _say_link(recorded)


@commands.command("list")
def list_replies(json: AsJson = False) -> None:
    """List the replies on record, newest first."""
    from reporting.documents.replies import replies
    from reporting.wording.vietnamese import short_date

    with warehouse().connect() as connection:
        known = replies(connection)
    if json:
        as_json([asdict(reply) for reply in known])
        return
    if not known:
        note(words("reply.none"))
        return
    table(
        ["number", "registered_on", "issuer", "answers", "open_items"],
        [(r.number, short_date(r.signed_on), r.issuer, r.answers_number, r.open_count) for r in known],
    )


@commands.command()
def show(number: Number, json: AsJson = False) -> None:
    """Show a reply: what it answers, the opinion, and where its directions stand."""
    from reporting.documents import replies
    from reporting.wording.vietnamese import short_date

    with warehouse().connect() as connection:
        reply = replies.find_reply(connection, number)
        items = replies.follow_ups(connection, number=reply.number, includes_done=True)
    if json:
        as_json(asdict(reply) | {"items": [asdict(item) for item in items]})
        return
    say(f"{reply.number}, {short_date(reply.signed_on)}, {reply.issuer}: {reply.subject}")
    say(words("reply.signed", capacity=reply.capacity, signer=reply.signer))
    _say_link(reply)
    say(words("reply.opinion", opinion_of=reply.opinion_of, opinion=reply.opinion))
    _list_items(items)


@commands.command("draft-letter")
def draft_letter(
    number: Number,
    addressees: Annotated[
        str,
        typer.Option(
            metavar="GROUPS",
            help="Lists of the registry, separated by commas: ministries,provincial_committees.",
            show_default=False,
        ),
    ],
    out: OutFolder,
    regime: Annotated[
        str, typer.Option(help="Regime whose ministry, unit, signer and Nơi nhận the letter takes.")
    ],
    request_on: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="Day of the letter; today, if not given.")
    ] = None,
    report_by: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY_FORMATS, help="Last day of a report on it; none is asked for, if not given."
        ),
    ] = None,
    item: Annotated[
        list[int] | None, typer.Option(help="Only this direction, by its item; may be repeated.")
    ] = None,
    open_as: Annotated[
        OpenAs | None,
        typer.Option("--open", help="Open a cycle for it: drafted, approved, sent, followed up."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who opens it; needed with --open.")] = "",
    force: Force = False,
) -> None:
    """Draft the ministry's letter that carries out what a reply directs, to look at or to be sent."""
    from reporting import clock
    from reporting.documents import replies
    from reporting.pdf import to_pdf
    from reporting.regimes.models import load_regime

    if open_as is not None:
        by = required(by, "--by")
    groups = [group for part in addressees.split(",") if (group := part.strip())]
    engine = warehouse()
    with engine.connect() as connection:
        directive = replies.directive_regime(
            connection,
            number,
            load_regime(regime),
            groups,
            request_on=request_on.date() if request_on else clock.wall_now().date(),
            report_by=report_by.date() if report_by else None,
            items=item or (),
        )
        drafted = replies.draft_letter(connection, directive)
    for file in drafted.files:
        write_file(out / file.filename, file.data, force=force)
        pdf = to_pdf(file.data, Path(file.filename).suffix)
        if pdf is not None:
            write_file((out / file.filename).with_suffix(".pdf"), pdf, force=force)
    if open_as is not None:
        cycle_id = replies.open_directive(engine, number, directive, open_as.value, by=by)
        say(words("reply.opened", cycle=cycle_id))


@follow_up.command("list")
def list_follow_ups(
    due_before: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="Only what is due before this day.")
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="Also what is closed.")] = False,
    json: AsJson = False,
) -> None:
    """List directions of replies and reviews that directives order, by their day."""
    from reporting.documents.replies import follow_ups

    with warehouse().connect() as connection:
        items = follow_ups(
            connection, due_before=due_before.date() if due_before else None, includes_done=done
        )
    if json:
        as_json([asdict(item) for item in items])
    else:
        _list_items(items)


@follow_up.command()
def close(
    item: Annotated[int, typer.Argument(help="Number of the item, as `follow-up list` shows it.")],
    outcome: Annotated[str, typer.Option(help="What came of it: the letter, the cycle.", show_default=False)],
    by: By,
) -> None:
    """Close an item with what came of it."""
    from reporting.documents.replies import close_follow_up

    with warehouse().begin() as connection:
        closed = close_follow_up(connection, item, outcome, required(by, "--by"))
    say(words("reply.closed", item=closed.item_id, outcome=closed.outcome))


@follow_up.command("set")
def set_item(
    item: Annotated[int, typer.Argument(help="Number of the item, as `follow-up list` shows it.")],
    by: By,
    due: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="By when it is to be done.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who is to do it.")] = None,
) -> None:
    """Give an item a day or an owner, or others than it had."""
    from reporting.documents.replies import set_follow_up
    from reporting.wording.vietnamese import short_date

    with warehouse().begin() as connection:
        now = set_follow_up(
            connection, item, due_on=due.date() if due else None, owner=owner, by=required(by, "--by")
        )
    due_on = short_date(now.due_on) if now.due_on else words("reply.no_day")
    say(words("reply.set", item=now.item_id, due_on=due_on, owner=now.owner))


@follow_up.command()
def reopen(
    item: Annotated[int, typer.Argument(help="Number of the item, as `follow-up list --done` shows it.")],
    reason: Reason,
    by: By,
) -> None:
    """Follow an item up again that was closed too early or by mistake."""
    from reporting.documents.replies import reopen_follow_up

    with warehouse().begin() as connection:
        opened = reopen_follow_up(connection, item, required(reason, "--reason"), required(by, "--by"))
    say(words("reply.reopened", item=opened.item_id))


def _say_link(reply: RecordedReply) -> None:
    if reply.answers_number is None:
        return
    key = "reply.linked" if reply.answered_cycle else "reply.cited"
    report = kind_in_words(reply.answered_kind) if reply.answered_kind else None
    say(words(key, number=reply.answers_number, cycle=reply.answered_cycle, report=report))


def _list_items(items: Sequence[FollowUpItem]) -> None:
    from reporting.wording.vietnamese import short_date

    if not items:
        note(words("reply.no_items"))
        return
    table(
        ["item", "source", "due_on", "owner", "wording", "answered", "outcome"],
        [
            (
                item.item_id,
                item.number or item.cycle_id,
                short_date(item.due_on) if item.due_on else words("not_done"),
                item.owner,
                item.wording if len(item.wording) <= 100 else f"{item.wording[:100].rsplit(' ', 1)[0]} …",
                words("answered", answered=item.answered, asked=item.asked, cycle=item.asked_in)
                if item.asked_in
                else "",
                item.outcome,
            )
            for item in items
        ],
    )
