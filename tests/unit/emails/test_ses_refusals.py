"""Why Amazon SES refuses an email."""

import pytest
from botocore.session import get_session

from gatehouse.emails.ses_refusals import Cause, cause_of
from harness.moto_backend import MAIL_FROM

UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region EU: "
)

REFUSALS = [
    ("BadRequestException", "Invalid email address ada@example..com.", Cause.ADDRESS),
    ("BadRequestException", "Invalid email address .", Cause.ADDRESS),
    ("BadRequestException", "Local address contains control or whitespace", Cause.ADDRESS),
    ("BadRequestException", "Local address contains dot-dot", Cause.ADDRESS),
    ("BadRequestException", "Local address starts with dot", Cause.ADDRESS),
    ("BadRequestException", "Domain contains illegal character", Cause.ADDRESS),
    ("BadRequestException", "Domain ends with dot", Cause.ADDRESS),
    ("BadRequestException", "Missing final '@domain'", Cause.ADDRESS),
    ("BadRequestException", "Missing domain", Cause.ADDRESS),
    ("BadRequestException", "Missing local name", Cause.ADDRESS),
    ("BadRequestException", "Illegal address", Cause.ADDRESS),
    ("BadRequestException", "Illegal route-addr", Cause.ADDRESS),
    ("InvalidParameterValue", "Domain contains dot-dot", Cause.ADDRESS),
    ("MessageRejected", "Address blacklisted.", Cause.ADDRESS),
    ("MessageRejected", "Address is on the suppression list for your account", Cause.ADDRESS),
    ("MessageRejected", "Recipient is suppressed", Cause.ADDRESS),
    ("MessageRejected", UNVERIFIED + "ada@example.com", Cause.OPERATOR),
    ("MessageRejected", UNVERIFIED + MAIL_FROM, Cause.OPERATOR),
    ("MessageRejected", f"Email address not verified {MAIL_FROM}", Cause.OPERATOR),
    ("MessageRejected", "Sending suspended for this account.", Cause.OPERATOR),
    ("MessageRejected", "Sending paused for this account.", Cause.OPERATOR),
    ("MessageRejected", "Message contains a virus", Cause.OPERATOR),
    ("MessageRejected", "", Cause.OPERATOR),
    ("BadRequestException", f"Invalid email address <{MAIL_FROM.upper()}>", Cause.OPERATOR),
    ("BadRequestException", "Invalid content: address header", Cause.OPERATOR),
    ("BadRequestException", "Body text must be given", Cause.OPERATOR),
    ("BadRequestException", "", Cause.OPERATOR),
    ("AccountSuspendedException", "Address", Cause.OPERATOR),
    ("SendingPausedException", "Address", Cause.OPERATOR),
    ("MailFromDomainNotVerifiedException", "Domain is not verified", Cause.OPERATOR),
    ("NotFoundException", "Configuration set <x> does not exist.", Cause.OPERATOR),
    ("AccessDeniedException", "is not authorized to perform ses:SendEmail", Cause.OPERATOR),
    ("UnrecognizedClientException", "The security token is invalid", Cause.OPERATOR),
    ("SomethingNewException", "Invalid email address", Cause.OPERATOR),
    ("TooManyRequestsException", "Too many requests", Cause.LOAD),
    ("LimitExceededException", "Daily message quota exceeded.", Cause.LOAD),
    ("ThrottlingException", "Maximum sending rate exceeded.", Cause.LOAD),
    ("Throttling", "Daily message quota exceeded", Cause.LOAD),
    ("ServiceUnavailable", "Address", Cause.LOAD),
    ("InternalFailure", "", Cause.LOAD),
]


@pytest.mark.parametrize(("code", "reason", "cause"), REFUSALS)
def test_cause_of_a_refusal(code: str, reason: str, cause: Cause) -> None:
    assert cause_of(code, reason, sender=MAIL_FROM) is cause


@pytest.mark.parametrize("sender", ["accounts..x@gatehouse.example", "accounts@gatehouse", "x"])
def test_fault_of_the_sender_s_address_is_never_taken_for_the_recipient_s(sender: str) -> None:
    reason = "Local address contains dot-dot"
    assert cause_of("BadRequestException", reason, sender=sender) is Cause.OPERATOR


def test_every_refusal_that_ses_documents_is_tried() -> None:
    operation = get_session().get_service_model("sesv2").operation_model("SendEmail")
    documented = {shape.name for shape in operation.error_shapes}
    assert documented <= {code for code, _, _ in REFUSALS}
