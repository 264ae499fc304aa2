// Calls every feature of the official JavaScript client once, and reports the results.
import { Centrifuge } from 'centrifuge'
import WebSocket from 'ws'

const { url, token, expired, foreign } = JSON.parse(process.argv[2])
const channel = 'room:tour'
const open = []

function client(options = {}) {
  const made = new Centrifuge(url, {
    token,
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 100,
    ...options,
  })
  open.push(made)
  return made
}

const once = (emitter, event) => new Promise((heard) => emitter.once(event, heard))
const code = (work) => work.then(() => 0, (error) => error.code)

async function joined(room) {
  const subscribed = once(room, 'subscribed')
  room.subscribe()
  return subscribed
}

const found = {}
const ada = client()
const bob = client()
const hearing = ada.newSubscription(channel, { joinLeave: true })
const speaking = bob.newSubscription(channel)
ada.connect()
bob.connect()

// connect and subscribe are sent in one frame, because both are ready at the same time.
found.subscribed = (await joined(hearing)).recoverable
const arrival = once(hearing, 'join')
await joined(speaking)
found.join = (await arrival).info.user

const heard = once(hearing, 'publication')
await speaking.publish({ text: 'hello' })
const { data, offset, info } = await heard
found.publication = { data, offset, user: info.user }

found.presence = Object.keys((await hearing.presence()).clients).length
found.stats = await hearing.presenceStats()
await speaking.publish({ text: 'again' })
const page = await hearing.history({ limit: 1, reverse: true })
found.history = page.publications.map(({ offset, data }) => [offset, data.text])
found.time = typeof (await ada.rpc('time')).data.seconds
found.noSuchProcedure = await code(ada.rpc('unheard-of'))
found.foreign = await code(ada.publish(foreign, {}))
found.unlisted = await code(ada.history('lobby', { limit: 1 }))

// After a reconnect, missed publications are recovered.
const again = once(hearing, 'subscribed')
const missed = []
ada.disconnect()
await speaking.publish({ text: 'missed' })
hearing.on('publication', ({ data }) => missed.push(data.text))
ada.connect()
const back = await again
found.recovered = [back.wasRecovering, back.recovered]
await speaking.publish({ text: 'live' })
while (missed.at(-1) !== 'live') await once(hearing, 'publication')
found.missed = missed

for (let round = 0; round < 5; round += 1) {
  hearing.unsubscribe()
  await joined(hearing)
}
found.loop = hearing.state

const gone = once(hearing, 'leave')
bob.disconnect()
found.leave = (await gone).info.user

// Codes that end a client for good, and codes after which it reconnects.
async function ends(options) {
  const ending = client(options)
  const disconnected = once(ending, 'disconnected')
  ending.connect()
  return (await disconnected).code
}
found.invalid = await ends({ token: 'invalid' })
let asked = 0
const returning = client({
  token: expired,
  getToken: async () => {
    asked += 1
    return token
  },
})
returning.connect()
await returning.ready(5_000)
found.expired = { asked, state: returning.state }

open.forEach((each) => each.disconnect())
console.log(JSON.stringify(found))
