// What every client gets from the tests, and how it tells them what it found.
const { issuer, accessToken, refreshToken } = JSON.parse(process.argv[2])

export { issuer, accessToken, refreshToken }

export const audience = 'gatehouse'
export const clientId = 'gatehouse'

export function report(found) {
  console.log(JSON.stringify(found))
}
