"""AWS's list prices in US East (N. Virginia), in dollars without free tiers, and costs by them."""

from bench.counting import Use

MILLION = 1_000_000
MONTH = 730 * 60
"""Minutes of a month."""

LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""On arm64."""
HTTP_REQUEST = 1.00 / MILLION
SOCKET_MESSAGE = 1.00 / MILLION
"""Per 32 KB in either direction."""
CONNECTION_MINUTE = 0.25 / MILLION
READ_UNIT = 0.125 / MILLION
WRITE_UNIT = 0.625 / MILLION
CALL = {"sqs": 0.40 / MILLION, "ses": 100.0 / MILLION}
"""Per call of the services that are billed by call."""

_BEHIND = frozenset({"maintenance", "mailer", "delivery", "rotation"})
"""Functions that are not called through API Gateway."""

TRANSFER_OUT = 0.09
"""Per gigabyte to the internet, of the first 10 terabytes in a month."""
SECRET, ALARM = 0.40, 0.10
"""Per month."""
STORAGE, RESTORE, LOG = 0.25, 0.20, 0.50
"""Per gigabyte: stored for a month, with point-in-time recovery for a month, written to logs."""


def data(use: Use) -> float:
    """Returns the dollars for requests, messages and units. They are the same on every machine."""
    door = 0.0 if use.function in _BEHIND else HTTP_REQUEST
    if use.function == "realtime":
        door = SOCKET_MESSAGE
    calls = sum(use.calls[name] * price for name, price in CALL.items())
    units = use.reads * READ_UNIT + use.writes * WRITE_UNIT
    return LAMBDA_REQUEST + door + use.frames * SOCKET_MESSAGE + units + calls


def delivery(few: Use, many: Use) -> float:
    """Returns the dollars per additional recipient, from two uses that differ in recipients."""
    return (data(many) - data(few)) / (many.frames - few.frames)


def compute(seconds: float, megabytes: int) -> float:
    """Returns the dollars for the time of a function."""
    return seconds * megabytes / 1024 * LAMBDA_GB_SECOND
