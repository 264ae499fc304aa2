"""Schemathesis generates requests from docs/openapi.json: every answer conforms to the document.

These of its checks are left out:

- ``ignored_auth`` sends each request again without a token. The list of public routes in
  test_access.py and the tests of each route cover that without a second request per example.
- ``positive_data_acceptance``: input that fits the schema may still be refused (a link that was
  never sent, a wrong password).
- ``negative_data_rejection``: forms ignore unknown fields (RFC 6749 section 3.2), and every form
  field is text. JSON is covered by tests/functions/test_bad_input.py.
- ``unsupported_method``: API Gateway answers 404 instead of 405 for a method that no route has.
- the stateful checks (``use_after_free``, ``ensure_resource_availability``): no operation creates
  an object that another one takes by its ID.
"""

import json
import secrets
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as of_openapi

from harness.local_stack import LocalStack
from harness.template import ROOT, routes
from tests.support.evidence import Record

PASSWORD = "correct horse battery staple"
EXAMPLES = 8
"""Requests for each operation. All of them together take seconds."""

CHECKS = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
]

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    operation.ok().label: operation.ok()
    for operation in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
    if isinstance(operation, Ok)
}


@pytest.fixture(scope="module")
def token(stack: LocalStack) -> str:
    """An access token of a user whose password appears in no example."""
    credentials = {"email": f"user-{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=stack.http, timeout=30) as api:
        api.post("/register", json=credentials).raise_for_status()
        tokens = api.post("/login", json=credentials).raise_for_status().json()
    access_token: str = tokens["access_token"]
    return access_token


@pytest.mark.parametrize("label", OPERATIONS)
def test_api_does_what_its_document_says(
    label: str, stack: LocalStack, token: str, evidence: Record
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    tried: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy())
    def conforms(case: schemathesis.Case[Any]) -> None:
        tried.append(label)
        case.call_and_validate(base_url=stack.http, headers=headers, checks=CHECKS, timeout=30)

    conforms()
    evidence("Third-party clients: Schemathesis", {"route": label, "requests": len(tried)})


def test_every_route_is_described() -> None:
    described = {tuple(label.split(" ", 1)) for label in OPERATIONS}
    assert described == routes()
