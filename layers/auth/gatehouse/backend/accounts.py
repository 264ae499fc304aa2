"""The parts of accounts: the stores, the outbox and the mail sender."""

from functools import cached_property
from typing import TYPE_CHECKING

from gatehouse.stores.counters import Counters
from gatehouse.stores.sessions import Sessions
from gatehouse.stores.table import Table, Write
from gatehouse.stores.users import Users

if TYPE_CHECKING:
    from gatehouse.backend.root import Backend
    from gatehouse.emails.outbox import Outbox
    from gatehouse.emails.ses_sender import SesSender
    from gatehouse.stores.codes import Codes
    from gatehouse.stores.email_changes import EmailChanges
    from gatehouse.stores.events import Events
    from gatehouse.stores.links import Links
    from gatehouse.stores.mails import Mails
    from gatehouse.stores.registrations import Registrations
    from gatehouse.stores.removals import Removals
    from gatehouse.stores.sweeps import Sweeps
    from gatehouse.stores.trusted_networks import TrustedNetworks


class Accounts:
    """The accounts table with its stores, the outbox and the mail sender."""

    def __init__(self, backend: "Backend") -> None:
        self._settings = backend.settings
        self._clock = backend.clock
        self._dynamodb = backend.dynamodb
        self._sqs = backend.sqs
        self._ses = backend.ses

    @cached_property
    def table(self) -> Table:
        return Table(self._settings.require("accounts_table"), self._dynamodb)

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
    def trusted_networks(self) -> "TrustedNetworks":
        from gatehouse.stores.trusted_networks import TrustedNetworks

        return TrustedNetworks(self.table)

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
    def codes(self) -> "Codes":
        from gatehouse.stores.codes import Codes

        return Codes(self.table)

    @cached_property
    def email_changes(self) -> "EmailChanges":
        from gatehouse.stores.email_changes import EmailChanges

        return EmailChanges(self.table)

    @cached_property
    def removals(self) -> "Removals":
        from gatehouse.stores.removals import Removals

        return Removals(self.table)

    @cached_property
    def sweeps(self) -> "Sweeps":
        from gatehouse.stores.sweeps import Sweeps

        return Sweeps(self.table)

    @cached_property
    def mails(self) -> "Mails":
        from gatehouse.stores.mails import Mails

        return Mails(self.table)

    @cached_property
    def outbox(self) -> "Outbox":
        from gatehouse.emails.outbox import Outbox

        queue_url = self._settings.require("mail_queue_url")
        return Outbox(self.mails, queue_url, self._clock, self._sqs)

    @cached_property
    def ses_sender(self) -> "SesSender":
        from gatehouse.emails.ses_sender import SesSender

        return SesSender(self._settings.require("mail_from"), self._ses)
