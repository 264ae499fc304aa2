// The input that the tests pass to every client, and the way a client reports its results.
const { issuer, accessToken, refreshToken } = JSON.parse(process.argv[2])

export { issuer, accessToken, refreshToken }

export const audience = 'gatehouse'
export const clientId = 'gatehouse'

export function report(found) {
  console.log(JSON.stringify(found))
}
