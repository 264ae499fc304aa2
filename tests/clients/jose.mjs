// Verifies an access token with jose and the published key set.
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { accessToken, audience, issuer, report } from './report.mjs'

const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
const expected = { issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] }
const { payload, protectedHeader } = await jwtVerify(accessToken, keys, expected)

async function refusal(token, changes = {}) {
  try {
    await jwtVerify(token, keys, { ...expected, ...changes })
  } catch (error) {
    return error.code
  }
}

const [header, body, signature] = accessToken.split('.')
const tampered = (signature[9] === 'A' ? 'B' : 'A') + signature.slice(10)

report({
  claims: payload,
  header: protectedHeader,
  forged: await refusal(`${header}.${body}.${signature.slice(0, 9)}${tampered}`),
  foreign: await refusal(accessToken, { audience: 'somebody else' }),
})
