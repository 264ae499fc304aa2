"""Takes care of sockets: pings them every minute, looks at them later, clears the dead; and
finishes what was interrupted."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from gatehouse.backend import production
from gatehouse.flows.check_connection import check_connection
from gatehouse.flows.finish_removals import finish_removals
from gatehouse.flows.hand_over_mails import hand_over_mails
from gatehouse.flows.ping_connections import ping_connections
from gatehouse.flows.ring_again import ring_again
from gatehouse.realtime.checks import Check

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of delayed checks, or one tick of the schedule. Either may come twice or late."""
    if "Records" in event:
        return process_partial_response(event, _check, processor, context)
    return _tick()


def _check(record: SQSRecord) -> None:
    check_connection(production(), Check.from_body(record.body))


def _tick() -> None:
    backend = production()
    ping_connections(backend, backend.clock.now() // 60)
    ring_again(backend)
    hand_over_mails(backend)
    finish_removals(backend)
