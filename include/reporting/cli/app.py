"""All commands in one application."""

from __future__ import annotations

import typer

from reporting.cli import (
    ad_hoc,
    analysis,
    archives,
    backups,
    changes,
    checks,
    contacts,
    contributions,
    cycles,
    desk,
    editions,
    intake,
    letters,
    mails,
    marts,
    metrics,
    names,
    rehearse,
    replies,
    returns,
    rules,
    section_texts,
    upkeep,
    workbooks,
)
from reporting.cli.errors import Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reporting cycles from the shell. docs/command-line.md describes every command.",
)
app.add_typer(changes.commands, name="cycle")
cycles.commands.command("answers")(ad_hoc.answers)
app.add_typer(ad_hoc.requests, name="request")
app.add_typer(ad_hoc.questions, name="question")
app.command("rehearse")(rehearse.rehearse)
app.command("resolve")(names.resolve)
app.add_typer(letters.commands, name="letter")
editions.commands.command("text")(section_texts.text_of_section)
app.add_typer(editions.commands, name="report")
app.add_typer(workbooks.commands, name="workbook")
app.command("check")(checks.check)
app.add_typer(intake.commands, name="intake")
desk.commands.command("reply")(ad_hoc.reply)
returns.add_to(intake.commands, desk.commands)
app.add_typer(desk.commands, name="desk")
app.add_typer(replies.commands, name="reply")
app.add_typer(replies.follow_up, name="follow-up")
app.add_typer(contributions.commands, name="contributions")
app.add_typer(mails.commands, name="mail")
app.add_typer(contacts.commands, name="contact")
app.add_typer(archives.commands, name="archive")
app.add_typer(backups.commands, name="backup")
app.add_typer(rules.commands, name="rules")
app.command("digest")(contacts.digest)
app.add_typer(upkeep.registry, name="registry")
app.add_typer(marts.commands, name="marts")
app.command("metrics")(metrics.metrics)
app.command("trace")(analysis.trace)
app.command("export")(analysis.export)
app.command("query")(analysis.query)
app.command("dictionary")(analysis.dictionary)
app.command("migrate")(upkeep.migrate)
