"""Asks a provider of challenges whether a token that a client sent is valid.

The trust store is the system's, because the AWS clients' one lacks the roots of other companies.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from urllib3 import PoolManager

URLS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
"""The endpoint of each provider."""

TIMEOUT = 4.0
"""Seconds for the whole request. A caller's function has 15."""


def siteverify(url: str, form: Mapping[str, str]) -> Any:
    """Returns the provider's answer to a form: a JSON document.

    Raises:
        Unavailable: no such answer arrived in time. A client that was not checked passes no check.
    """
    from urllib3 import Timeout
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request(
            "POST",
            url,
            fields=dict(form),
            encode_multipart=False,
            timeout=Timeout(total=TIMEOUT),
            retries=False,
            redirect=False,
        )
        if answer.status >= 300:
            raise Unavailable(f"the provider of challenges answered {answer.status}")
        return json.loads(answer.data)
    except (HTTPError, ValueError) as error:
        raise Unavailable("the provider of challenges did not answer") from error


@cache
def _pool() -> "PoolManager":
    from ssl import create_default_context

    from urllib3 import PoolManager

    return PoolManager(ssl_context=create_default_context())
