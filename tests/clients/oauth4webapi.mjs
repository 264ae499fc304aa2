// Runs discovery, the refresh grant, revocation, RFC 9068 validation and challenges with oauth4webapi.
import * as oauth from 'oauth4webapi'
import { accessToken, audience, clientId, issuer, refreshToken, report } from './report.mjs'

const plain = { [oauth.allowInsecureRequests]: true }
const client = { client_id: clientId }
const open = oauth.None()
const address = new URL(issuer)

async function discover(algorithm) {
  const answer = await oauth.discoveryRequest(address, { algorithm, ...plain })
  return oauth.processDiscoveryResponse(address, answer)
}

const servers = [await discover('oauth2'), await discover('oidc')]
const [server] = servers

async function refresh(token) {
  const answer = await oauth.refreshTokenGrantRequest(server, client, open, token, plain)
  return oauth.processRefreshTokenResponse(server, client, answer)
}

const refreshed = await refresh(refreshToken)

const request = new Request(`${issuer}/profile`, {
  headers: { authorization: `Bearer ${refreshed.access_token}` },
})
const claims = await oauth.validateJwtAccessToken(server, request, audience, plain)

let challenge
try {
  await oauth.protectedResourceRequest('a.b.c', 'GET', new URL(`${issuer}/profile`), undefined, null, plain)
} catch (error) {
  challenge = { name: error.name, status: error.status, cause: error.cause }
}

const revoked = await oauth.revocationRequest(server, client, open, refreshed.refresh_token, plain)
await oauth.processRevocationResponse(revoked)

let refused
try {
  await refresh(refreshed.refresh_token)
} catch (error) {
  refused = { name: error.name, error: error.error, status: error.status }
}

report({
  issuers: servers.map((each) => each.issuer),
  tokenType: refreshed.token_type,
  expiresIn: refreshed.expires_in,
  rotated: refreshed.refresh_token !== refreshToken,
  claims,
  challenge,
  refused,
  accessToken: accessToken.length > 0,
})
