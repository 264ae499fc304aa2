"""Examples for every input and output of the HTTP API.

Tests check them against the models, and compare the formats of their IDs and tokens with those
that are really issued.
"""

import base64
import hashlib
import json
from typing import Any

from gatehouse import __version__


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _noise(label: str, size: int) -> str:
    """Returns bytes that look random and are the same in each run, as base64url."""
    return _base64url(hashlib.shake_256(label.encode()).digest(size))


def _jwt(header: dict[str, Any], claims: dict[str, Any], signature_size: int) -> str:
    parts = [_base64url(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, _noise("signature", signature_size)])


_EMAIL, _PASSWORD = "ada@example.org", "correct horse battery staple"
_USER, _SESSION = "5b1f2c3d4e5f60718293a4b5c6d7e8f9", "0a9b8c7d6e5f40312213f4e5d6c7b8a9"
_LINK = _noise("link", 32)
_REFRESH = f"r1.{_USER}.{_SESSION}.3.{_noise('refresh', 32)}"
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_THEN, _NOW, _END = "2026-11-18T08:15:30Z", "2026-11-20T09:58:24Z", "2026-12-04T09:58:24Z"
_ISSUER = "https://api.example.com"
_KEY_ID = _noise("key", 32)
_ACCESS = _jwt(
    {"alg": "RS256", "kid": _KEY_ID, "typ": "at+jwt"},
    {
        "iss": _ISSUER,
        "sub": _USER,
        "aud": "gatehouse",
        "exp": 1795168704 + 900,
        "iat": 1795168704,
        "jti": "e3d97403a1f00ec98a51ad7ee0abefb6",
        "client_id": "gatehouse",
        "sid": _SESSION,
        "auth_time": 1794989730,
        "amr": ["pwd"],
    },
    256,
)
_APP_TOKEN = _jwt(
    {"alg": "HS256", "typ": "JWT"}, {"sub": "42", "channel": "room:lobby", "exp": 1795168704}, 32
)

PARAMETERS = {"id": _SESSION, "file": "app-JX4L2QZT.js"}

INPUTS: dict[str, dict[str, Any]] = {
    "Register": {"email": _EMAIL, "password": _PASSWORD, "name": "Ada"},
    "VerifyRegistration": {"token": _LINK, "password": _PASSWORD},
    "ResendVerification": {"email": _EMAIL},
    "LogIn": {"email": _EMAIL, "password": _PASSWORD, "refresh": "body"},
    "RefreshSession": {"refresh_token": _REFRESH},
    "LogOut": {"refresh_token": _REFRESH},
    "ExchangeToken": {"grant_type": "refresh_token", "refresh_token": _REFRESH},
    "RevokeToken": {"token": _REFRESH, "token_type_hint": "refresh_token"},
    "RequestPasswordReset": {"email": _EMAIL},
    "ResetPassword": {"token": _LINK, "password": "a new and even longer password"},
    "ChangePassword": {
        "current_password": _PASSWORD,
        "new_password": "a new and even longer password",
    },
    "DeleteAccount": {"password": _PASSWORD},
    "RequestEmailChange": {"new_email": "ada@example.net", "password": _PASSWORD},
    "ConfirmEmailChange": {"token": _LINK},
    "ChangeProfile": {"name": "Ada Lovelace"},
}

_PROFILE = {
    "id": _USER,
    "email": _EMAIL,
    "name": "Ada",
    "email_verified": True,
    "created_at": _THEN,
}
_SESSION_VIEW = {
    "id": _SESSION,
    "current": True,
    "address": "198.51.100.7",
    "user_agent": _BROWSER,
    "created_at": _THEN,
    "last_seen_at": _NOW,
    "expires_at": _END,
}
_EVENT = {
    "id": "001794989730-5f60718293a4",
    "tag": "user:session:start",
    "at": _THEN,
    "session_id": _SESSION,
    "address": "198.51.100.7",
    "user_agent": _BROWSER,
    "reason": "",
    "count": 1,
}

OUTPUTS: dict[str, dict[str, Any]] = {
    "Profile": _PROFILE,
    "Tokens": {
        "access_token": _ACCESS,
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_token": _REFRESH,
    },
    "SessionList": {"sessions": [_SESSION_VIEW]},
    "EventPage": {"events": [_EVENT], "next": None},
    "Export": {
        "profile": _PROFILE,
        "sessions": [_SESSION_VIEW],
        "devices": [{"fingerprint": "3f1e0d9c8b7a6958", "last_seen_at": _NOW}],
        "email_change": None,
        "events": [_EVENT],
        "messages": [],
    },
    "Health": {"status": "ok", "version": __version__},
    "KeySet": {
        "keys": [
            {
                "kty": "RSA",
                "n": _noise("modulus", 256),
                "e": "AQAB",
                "kid": _KEY_ID,
                "alg": "RS256",
                "use": "sig",
            }
        ]
    },
    "ServerMetadata": {
        "issuer": _ISSUER,
        "jwks_uri": f"{_ISSUER}/.well-known/jwks.json",
        "token_endpoint": f"{_ISSUER}/token",
        "revocation_endpoint": f"{_ISSUER}/revoke",
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    },
    "PageConfig": {
        "stage": "prod",
        "socket_url": "wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod",
        "min_password_length": 15,
        "api_docs": False,
        "challenge": "under-load",
        "challenge_provider": "altcha",
    },
}

CHALLENGE = {
    "provider": "altcha",
    "parameters": {
        "algorithm": "PBKDF2/SHA-256",
        "cost": 5000,
        "data": {"for": "5c1d1c3e4bb1d6f0a1fd8f0f0a3f9a52"},
        "expiresAt": 1800000600,
        "keyLength": 32,
        "keyPrefix": "0f4c1c6d35e2b5f6a7d8c9e0f1a2b3c4",
        "nonce": "8d2f6b1e7a3c4d5e9f0a1b2c3d4e5f60",
        "salt": "1a2b3c4d5e6f708192a3b4c5d6e7f809",
    },
    "signature": "9b1c6f0a6a7d4b35f3e0d7c8a9b2c1d0e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0",
}

PROBLEM_DETAILS = {
    "malformed_json": "Expecting ',' delimiter: line 1 column 26 (char 25).",
    "unsupported_media_type": "Send the body as application/json.",
    "body_too_large": "The body must not exceed 65536 bytes.",
    "challenge_failed": "The solution is wrong, has expired or was used before. Solve the new "
    "challenge.",
    "permission_denied": "Cookies are accepted only from allowed origins.",
}


def example(examples: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Returns the example of a model.

    Raises:
        LookupError: the model has none, so one must be added here.
    """
    if name not in examples:
        raise LookupError(f"docs/generator/examples.py needs an example of {name}")
    return examples[name]
