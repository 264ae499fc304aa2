"""Mails that wait to be queued, and the keys of mails that were sent."""

from collections.abc import Iterator

from gatehouse.aws import ConditionFailed
from gatehouse.identity import new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, Write, unmarshal, when

CLAIM_LIFE = 120
"""Seconds after which a mailer that has not finished counts as dead. Shorter than the queue's
visibility timeout (180 s), so that the next delivery of the message finds the claim free."""

SENT_LIFE = 14 * 86_400
"""Seconds for which a sent mail is remembered: as long as a queue can retain a message."""


class Mails:
    """The mails in the accounts table, by message key."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, key: str, body: str, now: int) -> Write:
        """Returns the write that stores a waiting mail, for the transaction that causes it."""
        item = {**item_keys.outbox_mail(key), "key": key, "body": body, "created_at": now}
        return self._table.putting(item)

    def queued(self, key: str) -> None:
        """Deletes a waiting mail, once the queue has it."""
        self._table.delete(item_keys.outbox_mail(key))

    def overdue(self, before: int) -> Iterator[tuple[str, str]]:
        """Yields the key and body of each mail that has waited since ``before`` or longer."""
        partition = ("pk", item_keys.outbox_mail("any")["pk"])
        for item in self._table.query(partition):
            if item["created_at"] <= before:
                yield item["key"], item["body"]

    def claim(self, key: str, now: int) -> bool:
        """Claims a mail for sending. Returns False if it was sent or another mailer holds it."""
        mine = new_id()
        item = {
            **item_keys.delivered_mail(key),
            "claim": mine,
            "claimed_until": now + CLAIM_LIFE,
            "sent": False,
            "ttl": now + SENT_LIFE,
        }
        free = when(
            "attribute_not_exists(#pk) OR (#sent = :no AND #claimed_until <= :now)",
            no=False,
            now=now,
        )
        try:
            self._table.put(item, free, old=True)
        except ConditionFailed as failed:
            # A retry after a lost response finds its own earlier write.
            return failed.old is not None and unmarshal(failed.old).get("claim") == mine
        return True

    def sent(self, key: str) -> None:
        """Marks a mail as sent, so that it is not sent again."""
        self._table.update(item_keys.delivered_mail(key), when("SET #sent = :yes", yes=True))

    def finishing(self, key: str) -> Write:
        """Returns the write that marks a mail as done. It fails if it was done before."""
        return self._table.updating(
            item_keys.delivered_mail(key),
            when("SET #sent = :yes", yes=True),
            when("#sent = :no", no=False),
        )

    def release(self, key: str) -> None:
        """Releases the claim of an unsent mail, so that the next delivery may try at once."""
        self._table.delete(item_keys.delivered_mail(key), when("#sent = :no", no=False))
