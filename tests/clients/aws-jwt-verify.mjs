// Verifies an access token with aws-jwt-verify. The key set is passed in, because it fetches only over HTTPS.
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
