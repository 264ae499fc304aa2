"""Mails under way: those that wait to be queued, and those that were sent."""

from collections.abc import Iterator

from gatehouse.aws import ConditionFailed
from gatehouse.identity import new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, Write, unmarshal, when

CLAIM_LIFE = 120
"""Seconds after which a mailer that never finished is taken for dead. Less than the queue's
visibility timeout (180 s), so that the next delivery of the message finds the claim free."""

SENT_LIFE = 14 * 86_400
"""Seconds for which a sent mail is remembered: as long as a queue can keep a message."""


class Mails:
    """The mails of the accounts table, by their message keys."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, key: str, body: str, now: int) -> Write:
        """The write that makes a mail wait, as part of the transaction that gives the reason."""
        item = {**item_keys.outbox_mail(key), "key": key, "body": body, "created_at": now}
        return self._table.putting(item)

    def queued(self, key: str) -> None:
        """The queue has it; it waits no longer."""
        self._table.delete(item_keys.outbox_mail(key))

    def overdue(self, before: int) -> Iterator[tuple[str, str]]:
        """Key and body of the mails that have waited since ``before`` or longer."""
        partition = ("pk", item_keys.outbox_mail("any")["pk"])
        for item in self._table.query(partition):
            if item["created_at"] <= before:
                yield item["key"], item["body"]

    def claim(self, key: str, now: int) -> bool:
        """Takes a mail to be sent; False where it was sent, or somebody is just sending it."""
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
            # A retry of our own write, after its answer was lost, meets itself.
            return failed.old is not None and unmarshal(failed.old).get("claim") == mine
        return True

    def sent(self, key: str) -> None:
        """It left; nobody sends it again."""
        self._table.update(item_keys.delivered_mail(key), when("SET #sent = :yes", yes=True))

    def release(self, key: str) -> None:
        """It could not be sent; the next delivery may try at once."""
        self._table.delete(item_keys.delivered_mail(key), when("#sent = :no", no=False))
