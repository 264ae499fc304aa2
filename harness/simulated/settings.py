"""The settings of a deployment in memory."""

from typing import Any

from gatehouse.settings import Settings
from harness.simulated.sqs import SQS


def settings_of(sqs: SQS, **more: Any) -> Settings:
    """What the realtime half needs, with the queues of ``sqs``."""
    return Settings(
        stage="simulated",
        accounts_table="AccountsTable",
        realtime_table="RealtimeTable",
        mail_queue_url=sqs.url("MailQueue"),
        delivery_queue_url=sqs.url("DeliveryQueue"),
        delivery_dead_letters_url=sqs.url("DeliveryDeadLetters"),
        check_queue_url=sqs.url("CheckQueue"),
        connections_url="https://socket.simulated.example",
        token_secret="secret",
        **more,
    )
