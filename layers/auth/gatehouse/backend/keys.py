"""The keys of a deployment, and every token that is issued or verified with them.

Secrets are read on first use. Packages that only some functions need (bcrypt, cryptography) are
imported by the methods that use them, because imports make up most of a cold start.
"""

import hmac
import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gatehouse.backend.cached import Cached
from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from gatehouse.app_tokens import ConnectionClaims, SubscriptionClaims
    from gatehouse.backend.root import Backend
    from gatehouse.identity import Identity
    from gatehouse.keyring import PrivateRing
    from gatehouse.passwords import Peppers
    from gatehouse.stores.public_keys import PublicKeys
    from gatehouse.tokens import Party, RefreshKeys, VerifiedTokens

UNKNOWN_KEY_LIFE = 30
"""Seconds for which keys stay cached when a token names an unknown key. Tokens with made-up key IDs
cause at most one read in this time."""


class VerifyingKeys(NamedTuple):
    """The public keys by ``kid``, and the tokens verified with them since they were read."""

    keys: "dict[str, RSAPublicKey]"
    verified_tokens: "VerifiedTokens"


class Keys:
    """The peppers, the refresh keys, the key ring and the secret of the app's own tokens."""

    def __init__(self, backend: "Backend") -> None:
        self._settings = backend.settings
        self._clock = backend.clock
        self._secrets = backend.secrets
        self._dynamodb = backend.dynamodb

    @cached_property
    def public_keys(self) -> "PublicKeys":
        from gatehouse.stores.public_keys import PublicKeys
        from gatehouse.stores.table import Table

        return PublicKeys(Table(self._settings.require("accounts_table"), self._dynamodb))

    @cached_property
    def peppers(self) -> "Peppers":
        from gatehouse.passwords import Peppers

        return Peppers(*self._versioned("pepper_secret"))

    @cached_property
    def refresh_keys(self) -> "RefreshKeys":
        from gatehouse.tokens import RefreshKeys

        return RefreshKeys(*self._versioned("refresh_secret"))

    def derived_key(self, purpose: str) -> bytes:
        """Returns a key for one purpose, derived from a secret that the function may read."""
        keys = self.peppers if self._settings.pepper_secret else self.refresh_keys
        return hmac.digest(keys.keys[keys.current], purpose.encode(), "sha256")

    def challenge_secret(self) -> str:
        """Returns our secret key at the provider of challenges. Raises: ``Unavailable``"""
        return self._challenge_secret.get()

    def private_ring(self) -> "PrivateRing":
        """Reads and returns the private key ring. Raises: ``Unavailable``"""
        from gatehouse.keyring import PrivateRing

        return PrivateRing.from_secret(self._secrets.read(self._settings.require("signing_secret")))

    # Access tokens.

    @cached_property
    def party(self) -> "Party":
        from gatehouse.tokens import Party

        return Party(
            issuer=self._settings.require("public_url"),
            audience=self._settings.audience,
            client_id=self._settings.client_id,
        )

    def issue_access(self, user_id: str, session_id: str, auth_time: int) -> str:
        """Returns an access token, signed with the current key."""
        from gatehouse.tokens import issue_access

        kid, key = self._signing_key.get()
        return issue_access(
            user_id,
            session_id,
            party=self.party,
            kid=kid,
            key=key,
            now=self._clock.now(),
            auth_time=auth_time,
        )

    def verify_access(self, token: str) -> "Identity":
        """Returns the caller that a token proves. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.tokens import verify_access

        return verify_access(
            token,
            party=self.party,
            keys=self._public_key,
            now=self._clock.now(),
            verified=self._verifying_keys.get().verified_tokens,
        )

    def _public_key(self, kid: str) -> "RSAPublicKey | None":
        """Returns a public key by its ``kid``. For an unknown one, the set is read again."""
        cached = self._verifying_keys
        return cached.get().keys.get(kid) or cached.get(UNKNOWN_KEY_LIFE).keys.get(kid)

    # The app's own tokens.

    def accepts_app_token(self, token: str) -> bool:
        """Whether a token must be verified as one of the app's own."""
        from gatehouse.app_tokens import is_app_token

        return bool(self._settings.token_secret) and is_app_token(token)

    def verify_app_token(self, token: str) -> "ConnectionClaims":
        """Returns the claims of a connection token. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.app_tokens import verify_connection

        return verify_connection(token, secret=self._app_secret.get(), now=self._clock.now())

    def verify_subscription_token(self, token: str) -> "SubscriptionClaims":
        """Returns the claims of a subscription token. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.app_tokens import verify_subscription

        return verify_subscription(token, secret=self._app_secret.get(), now=self._clock.now())

    # Cached keys.

    @cached_property
    def _signing_key(self) -> "Cached[tuple[str, RSAPrivateKey]]":
        from gatehouse.keyring import load_private

        def read() -> "tuple[str, RSAPrivateKey]":
            current = self.private_ring().current
            return current.kid, load_private(current)

        return Cached(read, self._clock)

    @cached_property
    def _verifying_keys(self) -> Cached[VerifyingKeys]:
        from gatehouse.keyring import load_public

        return Cached(lambda: VerifyingKeys(load_public(self.public_keys.read()), {}), self._clock)

    @cached_property
    def _challenge_secret(self) -> Cached[str]:
        name = self._settings.require("challenge_secret")
        return Cached(lambda: self._secrets.read(name).strip(), self._clock)

    @cached_property
    def _app_secret(self) -> Cached[bytes]:
        from gatehouse.app_tokens import MIN_SECRET

        def read() -> bytes:
            secret = self._secrets.read(self._settings.require("token_secret")).encode()
            if len(secret) < MIN_SECRET:
                raise Unavailable(f"TOKEN_SECRET has fewer than {MIN_SECRET} bytes")
            return secret

        return Cached(read, self._clock)

    def _versioned(self, setting: str) -> tuple[str, dict[str, bytes]]:
        """Reads a secret like ``{"current": "p1", "p1": "…"}``.

        Returns:
            The ID of the current key, and the keys by ID.
        """
        secret: dict[str, str] = json.loads(self._secrets.read(self._settings.require(setting)))
        keys = {name: text.encode() for name, text in secret.items() if name != "current"}
        if secret.get("current") not in keys:
            raise Unavailable(f"the secret of {setting.upper()} names no current key")
        return secret["current"], keys
