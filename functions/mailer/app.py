"""Takes mails from the queue and sends them."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from gatehouse.backend.root import production
from gatehouse.flows.accounts.send_mail import send_mail

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> Any:
    """One batch; the records that failed are reported, and only they come again."""
    return process_partial_response(event, _send, processor, context)


def _send(record: SQSRecord) -> None:
    send_mail(production(), record.body)
