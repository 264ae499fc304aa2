"""The parts of accounts: what is kept of users, and the mails they get."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gatehouse.clock import Clock
from gatehouse.settings import Settings
from gatehouse.stores.counters import Counters
from gatehouse.stores.sessions import Sessions
from gatehouse.stores.table import Table, Write
from gatehouse.stores.users import Users

if TYPE_CHECKING:
    from gatehouse.emails.outbox import Outbox
    from gatehouse.emails.ses_sender import SesSender
    from gatehouse.stores.email_changes import EmailChanges
    from gatehouse.stores.events import Events
    from gatehouse.stores.links import Links
    from gatehouse.stores.mails import Mails
    from gatehouse.stores.registrations import Registrations
    from gatehouse.stores.removals import Removals


@dataclass(frozen=True)
class Accounts:
    """The accounts table with its stores, and the way out for mails."""

    settings: Settings
    clock: Clock
    dynamodb: Callable[[], Any]
    sqs: Callable[[], Any]
    ses: Callable[[], Any]

    @cached_property
    def table(self) -> Table:
        return Table(self.settings.require("accounts_table"), self.dynamodb)

    def transact(self, *writes: Write) -> None:
        """Makes the writes, all or nothing. Raises: ``TransactionRefused``, ``Unavailable``"""
        self.table.transact(*writes)

    @cached_property
    def users(self) -> Users:
        return Users(self.table)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.table)

    @cached_property
    def counters(self) -> Counters:
        return Counters(self.table)

    @cached_property
    def events(self) -> "Events":
        from gatehouse.stores.events import Events

        return Events(self.table)

    @cached_property
    def registrations(self) -> "Registrations":
        from gatehouse.stores.registrations import Registrations

        return Registrations(self.table)

    @cached_property
    def links(self) -> "Links":
        from gatehouse.stores.links import Links

        return Links(self.table)

    @cached_property
    def email_changes(self) -> "EmailChanges":
        from gatehouse.stores.email_changes import EmailChanges

        return EmailChanges(self.table)

    @cached_property
    def removals(self) -> "Removals":
        from gatehouse.stores.removals import Removals

        return Removals(self.table)

    @cached_property
    def mails(self) -> "Mails":
        from gatehouse.stores.mails import Mails

        return Mails(self.table)

    @cached_property
    def outbox(self) -> "Outbox":
        from gatehouse.emails.outbox import Outbox

        return Outbox(self.mails, self.settings.require("mail_queue_url"), self.clock, self.sqs)

    @cached_property
    def ses_sender(self) -> "SesSender":
        from gatehouse.emails.ses_sender import SesSender

        return SesSender(self.settings.require("mail_from"), self.ses)
