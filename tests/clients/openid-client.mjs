// Runs discovery, the refresh grant, a protected resource and revocation with openid-client.
import * as client from 'openid-client'
import { clientId, issuer, refreshToken, report } from './report.mjs'

const config = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
  execute: [client.allowInsecureRequests],
  algorithm: 'oauth2',
})

const tokens = await client.refreshTokenGrant(config, refreshToken)
const answer = await client.fetchProtectedResource(
  config,
  tokens.access_token,
  new URL(`${issuer}/profile`),
  'GET',
)
const profile = await answer.json()

await client.tokenRevocation(config, tokens.refresh_token)

let refused
try {
  await client.refreshTokenGrant(config, tokens.refresh_token)
} catch (error) {
  refused = error.error
}

report({ issuer: config.serverMetadata().issuer, expiresIn: tokens.expiresIn(), profile, refused })
