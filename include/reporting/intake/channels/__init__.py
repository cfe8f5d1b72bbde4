"""The ways in which offices' answers reach the ministry, behind one interface.

What arrives is archived as it came and noted before anything reads it, and marked in its channel only after
that is committed.
"""

from reporting.intake.channels.base import Channel, ChannelError, Item, UnfitItemError
from reporting.intake.channels.collecting import collect
from reporting.intake.channels.configuration import configured
from reporting.intake.channels.folder import Folder
from reporting.intake.channels.imap import Imap
from reporting.intake.channels.looking import Lookout, has_new
from reporting.intake.channels.maildir import Maildir

__all__ = [
    "Channel",
    "ChannelError",
    "Folder",
    "Imap",
    "Item",
    "Lookout",
    "Maildir",
    "UnfitItemError",
    "collect",
    "configured",
    "has_new",
]
