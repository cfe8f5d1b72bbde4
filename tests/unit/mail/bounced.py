"""Bounces as the usual servers write them, about a mail with a given Message-ID and address."""

from __future__ import annotations

REPORT = """\
Return-Path: <>
From: {sender}
To: baocao@ttdn.bo-chu-tri.example
Subject: {subject}
Message-ID: <{own_id}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

{words}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.so.example

{status}

--B
Content-Type: {returned_type}

From: baocao@ttdn.bo-chu-tri.example
To: {address}
Subject: =?utf-8?b?xJDhu4Egbmdo4buL?=
Message-ID: {message_id}

--B--
"""


def report(
    message_id: str,
    address: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown",
    original: str | None = None,
    own_id: str = "bounce-1@mx.so.example",
) -> bytes:
    """A delivery status notification (RFC 3464) as Postfix writes it."""
    lines = [
        f"Final-Recipient: rfc822; {address}",
        *([f"Original-Recipient: rfc822;{original}"] if original else []),
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: {diagnostic.format(address=address)}",
    ]
    return REPORT.format(
        sender="MAILER-DAEMON@mx.so.example (Mail Delivery System)",
        subject="Undelivered Mail Returned to Sender",
        words=f"I'm sorry to have to inform you that your message could not be delivered to {address}.",
        status="\n".join(lines),
        returned_type="text/rfc822-headers",
        address=original or address,
        message_id=message_id,
        own_id=own_id,
    ).encode()


def exchange(message_id: str, address: str) -> bytes:
    """The same as Exchange Online writes it."""
    return REPORT.format(
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615@so.example>",
        subject="Undeliverable",
        words=f"Your message to {address} couldn't be delivered.",
        status=f"Final-Recipient: rfc822;{address}\nAction: failed\nStatus: 5.1.10\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP\n"
        " address lookup",
        returned_type="message/rfc822",
        address=address,
        message_id=message_id,
        own_id="bounce-2@outlook.so.example",
    ).encode()


def qmail(message_id: str, address: str) -> bytes:
    """What qmail writes: no delivery status at all."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.so.example
To: baocao@ttdn.bo-chu-tri.example
Subject: failure notice
Message-ID: <qmail-1@mx.so.example>

Hi. This is the qmail-send program at mx.so.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <baocao@ttdn.bo-chu-tri.example>
From: baocao@ttdn.bo-chu-tri.example
To: {address}
Message-ID: {message_id}

Kinh gui: Quy Co quan
""".encode()


def exim(message_id: str, address: str) -> bytes:
    """What Exim writes; its sender is not empty here, as some mailboxes do not keep that."""
    return f"""\
From: Mail Delivery System <Mailer-Daemon@mx.so.example>
To: baocao@ttdn.bo-chu-tri.example
X-Failed-Recipients: {address}
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender
Message-ID: <exim-1@mx.so.example>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {address}
    host mx.so.example [203.0.113.5]
    SMTP error from remote mail server after RCPT TO:<{address}>:
    550 5.1.1 no such user

------ This is a copy of the message, including all the headers. ------

From: baocao@ttdn.bo-chu-tri.example
Message-ID: {message_id}

Kinh gui
""".encode()


def out_of_office(message_id: str, address: str) -> bytes:
    """An answer of a program in a person's name, with the empty sender that some give it."""
    return f"""\
Return-Path: <>
From: Dau moi <{address}>
To: baocao@ttdn.bo-chu-tri.example
Subject: Automatic reply: out of office
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
In-Reply-To: {message_id}
Message-ID: <ooo-1@mx.so.example>

I am out of office until Monday. User unknown to you may help: 550 5.1.1
<{address}>
""".encode()


def read_receipt(message_id: str, address: str) -> bytes:
    """A notice that a mail was read (RFC 8098)."""
    return f"""\
From: Dau moi <{address}>
To: baocao@ttdn.bo-chu-tri.example
Subject: Read
Message-ID: <mdn-1@mx.so.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="B"

--B
Content-Type: text/plain

Your message was read.

--B
Content-Type: message/disposition-notification

Final-Recipient: rfc822;{address}
Original-Message-ID: {message_id}
Disposition: manual-action/MDN-sent-manually; displayed

--B--
""".encode()
