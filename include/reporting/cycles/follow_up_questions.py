"""What the Government directed about a report becomes questions of the next form of its regime.

A cycle that opens while directions about earlier reports of its regime are open asks with a form derived from
the regime's own: one section more for each, asked of all who owe the form. Answers are prose of that section.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from reporting.database import query
from reporting.forms.models import FollowUp, Form, Section
from reporting.letters.text import document_date
from reporting.wording.catalogue import text


def extended(connection: Connection, form: Form, regime: str, mode: str, period_to: date) -> Form:
    """The form with a section for every open direction about a report of an earlier period of the regime.

    The same questions give the same version, others a new one; nobody else gives out a version of this form
    until the transaction ends. The form itself where nothing is open.
    """
    rows = connection.execute(
        query("cycles/open_directions"), {"regime": regime, "mode": mode, "period_to": period_to}
    ).all()
    if not rows:
        return form
    connection.execute(query("cycles/lock_form"), {"form_code": form.code})
    content = form.model_dump(mode="json")
    content["sections"] = [*content["sections"], *(_section(row).model_dump(mode="json") for row in rows)]
    return Form.model_validate(content | {"version": _version(connection, form, content["sections"])})


def link(connection: Connection, cycle_id: str, form: Form) -> None:
    """Note which section of the cycle's form asks about which direction."""
    asked = [
        {"cycle_id": cycle_id, "section": section.code, "item_id": section.follow_up.item_id}
        for section in form.sections
        if section.follow_up is not None
    ]
    if asked:
        connection.execute(query("cycles/add_follow_up_question"), asked)


def _section(row: Row[Any]) -> Section:
    cited = {
        "number": row.number,
        "date": document_date(row.signed_on),
        "issuer": row.issuer,
        "position": row.position,
        "wording": row.wording,
    }
    return Section(
        code=f"follow_up_{row.item_id}",
        label=text("follow_up.section.label", **cited),
        prompt=text("follow_up.section.prompt", **cited),
        blank="warning",
        follow_up=FollowUp(
            item_id=row.item_id,
            number=row.number,
            signed_on=row.signed_on,
            issuer=row.issuer,
            wording=row.wording,
        ),
    )


def _version(connection: Connection, form: Form, sections: Sequence[object]) -> str:
    """The version that these sections have already, or the next one."""
    known = connection.execute(
        query("cycles/derived_versions"),
        {"form_code": form.code, "version": form.version},
    ).all()
    own = form.model_dump(mode="json") | {"sections": list(sections)}
    for row in known:
        if row.content | {"version": form.version} == json.loads(json.dumps(own)):
            return str(row.version)
    return f"{form.version}.{1 + max((int(row.version.rsplit('.', 1)[1]) for row in known), default=0)}"
