// An access token checked by aws-jwt-verify, which is given the key set: it fetches over HTTPS only.
import { JwtVerifier } from 'aws-jwt-verify'
import { accessToken, audience, issuer, report } from './report.mjs'

const jwksUri = `${issuer}/.well-known/jwks.json`
const jwks = await (await fetch(jwksUri)).json()

function verifier(expected) {
  const made = JwtVerifier.create({ issuer, audience: expected, jwksUri })
  made.cacheJwks(jwks)
  return made
}

let refused
try {
  verifier('somebody else').verifySync(accessToken)
} catch (error) {
  refused = error.constructor.name
}

report({ claims: verifier(audience).verifySync(accessToken), refused })
