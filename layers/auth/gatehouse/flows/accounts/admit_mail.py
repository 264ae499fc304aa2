"""Admit a request that causes an email on the word of a stranger."""

import logging
from typing import NamedTuple

from gatehouse import limits
from gatehouse.backend.root import Backend
from gatehouse.errors import ChallengeFailed, ChallengeRequired, MailsExhausted
from gatehouse.flows.accounts.require_challenge import require_challenge
from gatehouse.identity import Device

USED_UP = "a mail budget is used up"
"""The log line that template.yaml counts for an alarm."""

ADMISSION = (ChallengeRequired, ChallengeFailed, MailsExhausted)
"""The refusals of a request that causes such a mail."""

log = logging.getLogger(__name__)


class Purpose(NamedTuple):
    """What a mail is requested for, and the budget that it is drawn from."""

    name: str
    budget: str


STRANGERS, RESETS = "strangers", "resets"
"""Resets go to owners only, so a flood of registrations must not hold them up."""

REGISTER = Purpose("register", STRANGERS)
RESEND = Purpose("resend", STRANGERS)
CHANGE_EMAIL = Purpose("change", STRANGERS)
FORGOT = Purpose("forgot", RESETS)


def admit_mail(
    backend: Backend, purpose: Purpose, account: str, solution: str | None, device: Device
) -> None:
    """Draws one mail from a budget of the hour, whether or not the address has an account.

    Each budget has two parts of ``MAIL_BUDGET`` mails. The second part is a reserve, for clients
    that solve a challenge. An owner who asks for a reset from a client address of an earlier
    sign-in waits for neither.

    Notices to owners about their accounts draw from no budget.

    Args:
        account: the canonical email address that the request concerns.

    Raises:
        ChallengeRequired, ChallengeFailed: the mode of challenges requires a solution.
        MailsExhausted: the reserve is used up too.
    """
    mode = backend.settings.challenge
    if mode == "always":
        require_challenge(backend, purpose.name, account, solution)
    if _draw(backend, purpose, "open"):
        return
    log.error(USED_UP, extra={"budget": purpose.budget})
    if purpose.budget == RESETS and limits.is_trusted(backend, device, account):
        return
    if mode == "under-load":
        require_challenge(backend, purpose.name, account, solution)
    if not _draw(backend, purpose, "reserve"):
        raise MailsExhausted(retry_after=limits.HOUR - backend.clock.now() % limits.HOUR)


def _draw(backend: Backend, purpose: Purpose, part: str) -> bool:
    """Counts one mail, unless the part of the budget is used up. Returns whether it did."""
    now, settings = backend.clock.now(), backend.settings
    return backend.accounts.counters.count(
        "mails",
        f"{purpose.budget}-{part}",
        now // limits.HOUR,
        most=settings.mail_budget * settings.limit_factor,
        ttl=now + 2 * limits.HOUR,
    )
