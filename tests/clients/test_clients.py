"""Third-party OAuth and JWT libraries work with Gatehouse without changes to either side.

They run in Node.js and are installed from their lock file when a test first needs them.
"""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.local_stack import LocalStack
from tests.support.evidence import Record

Works = Callable[[str], None]

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
MODULES = HERE / "node_modules"
INSTALLED = MODULES / ".package-lock.json"
PASSWORD = "correct horse battery staple"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason="Not tested: Node.js and npm, which the JavaScript clients need, are missing.",
)


@pytest.fixture(scope="module")
def modules() -> None:
    """Installs the clients at the versions of the lock file."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    npm = shutil.which("npm") or "npm"
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=300)


@pytest.fixture
def tokens(stack: LocalStack) -> dict[str, Any]:
    """The tokens of a new user, and the user's ID."""
    credentials = {"email": f"user-{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=stack.http, timeout=30) as api:
        api.post("/register", json=credentials).raise_for_status()
        answer: dict[str, Any] = api.post("/login", json=credentials).raise_for_status().json()
        profile = api.get("/profile", headers={"Authorization": f"Bearer {answer['access_token']}"})
    return {**answer, "user": profile.json()["id"]}


@pytest.fixture
def report(request: pytest.FixtureRequest, stack: LocalStack, modules: None, tokens: Any) -> Any:
    """The report of a client that ran against the stack."""
    options = {
        "issuer": stack.http,
        "accessToken": tokens["access_token"],
        "refreshToken": tokens["refresh_token"],
    }
    run = subprocess.run(
        [shutil.which("node") or "node", f"{request.param}.mjs", json.dumps(options)],
        cwd=HERE,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture
def works(request: pytest.FixtureRequest, evidence: Record) -> Callable[[str], None]:
    """Records what a client did with the stack, once the test has checked it."""
    name = request.node.callspec.params["report"]
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    version = packages[f"node_modules/{name}"]["version"]
    return lambda what: evidence(
        "Third-party clients", {"client": name, "version": version, "does": what}
    )


def client(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("report", [name], indirect=True)


def assert_claims(claims: dict[str, Any], tokens: dict[str, Any], issuer: str) -> None:
    """Asserts the claims of RFC 9068 section 2.2."""
    assert claims["iss"] == issuer
    assert (claims["sub"], claims["client_id"]) == (tokens["user"], "gatehouse")
    assert claims["exp"] - claims["iat"] == 900
    assert claims["jti"]


@client("oauth4webapi")
def test_oauth4webapi_discovers_refreshes_validates_and_revokes(
    report: Any, tokens: dict[str, Any], stack: LocalStack, works: Works
) -> None:
    assert report["issuers"] == [stack.http, stack.http]
    assert (report["tokenType"], report["expiresIn"], report["rotated"]) == ("bearer", 900, True)
    assert_claims(report["claims"], tokens, stack.http)
    assert report["refused"] == {
        "name": "ResponseBodyError",
        "error": "invalid_grant",
        "status": 400,
    }
    works("discovers the server, refreshes, validates an access token (RFC 9068), revokes")


@client("oauth4webapi")
def test_oauth4webapi_reads_the_challenge_of_a_bad_token(report: Any, works: Works) -> None:
    challenge = report["challenge"]
    assert (challenge["name"], challenge["status"]) == ("WWWAuthenticateChallengeError", 401)
    (cause,) = challenge["cause"]
    assert cause["scheme"] == "bearer"
    assert cause["parameters"]["realm"] == "gatehouse"
    assert cause["parameters"]["error"] == "invalid_token"
    works("reads the challenge that an invalid token gets")


@client("openid-client")
def test_openid_client_discovers_refreshes_reads_and_revokes(
    report: Any, tokens: dict[str, Any], stack: LocalStack, works: Works
) -> None:
    assert report["issuer"] == stack.http
    assert 890 <= report["expiresIn"] <= 900
    assert report["profile"]["id"] == tokens["user"]
    assert report["refused"] == "invalid_grant"
    works("discovers the server, refreshes, reads the profile, revokes")


@client("jose")
def test_jose_verifies_with_the_published_keys(
    report: Any, tokens: dict[str, Any], stack: LocalStack, works: Works
) -> None:
    assert_claims(report["claims"], tokens, stack.http)
    assert (report["header"]["alg"], report["header"]["typ"]) == ("RS256", "at+jwt")
    works("verifies an access token with the published keys")


@client("jose")
def test_jose_refuses_what_is_forged_or_for_somebody_else(report: Any, works: Works) -> None:
    assert report["forged"] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
    assert report["foreign"] == "ERR_JWT_CLAIM_VALIDATION_FAILED"
    works("refuses a forged access token, and one for another audience")


@client("aws-jwt-verify")
def test_aws_jwt_verify_accepts_and_refuses(
    report: Any, tokens: dict[str, Any], stack: LocalStack, works: Works
) -> None:
    assert_claims(report["claims"], tokens, stack.http)
    assert report["refused"] == "JwtInvalidAudienceError"
    works("verifies an access token, and refuses one for another audience")


def test_lock_file_holds_no_download_address() -> None:
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)
