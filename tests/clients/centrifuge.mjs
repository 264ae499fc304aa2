// Several clients of the official JavaScript library in one program. Each publishes and receives everything.
// Its argument has the URL, tokens, channel, the number of publications per client and the pause between them.
// It prints `published` after the last publication, and then what each client received.
import { Centrifuge } from 'centrifuge'
import WebSocket from 'ws'

const { url, tokens, channel, each, pause, deaf } = JSON.parse(process.argv[2])
const delay = (ms) => new Promise((done) => setTimeout(done, ms))

function join(token) {
  const client = new Centrifuge(url, {
    token,
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
  })
  const room = client.newSubscription(channel, { minResubscribeDelay: 20, maxResubscribeDelay: 200 })
  const log = { begin: undefined, heard: [], acknowledged: [], unrecovered: 0, reconnects: -1 }
  room.on('subscribed', ({ streamPosition, wasRecovering, recovered }) => {
    log.reconnects += 1
    log.begin ??= streamPosition.offset
    if (wasRecovering && !recovered) log.unrecovered += 1
  })
  room.on('publication', ({ offset, data }) => log.heard.push([offset, data.name]))
  room.subscribe()
  client.connect()
  return { client, room, log }
}

async function publish({ room, log }, number) {
  for (let count = 0; count < each; count += 1) {
    const name = `${number}-${count}`
    await room
      .publish({ name })
      .then(() => log.acknowledged.push(name))
      .catch(() => undefined)
    await delay(pause)
  }
}

async function hearAll({ client, room, log }) {
  const end = Date.now() + 2 * deaf
  while (Date.now() < end) {
    await room.ready(deaf).catch(() => undefined)
    const top = await room.history({ limit: 0 }).catch(() => undefined)
    const last = log.heard.at(-1)?.[0] ?? log.begin
    if (top && last >= top.offset) break
    await delay(50)
  }
  client.disconnect()
}

const clients = tokens.map(join)
await Promise.all(clients.map(({ room }) => room.ready(20_000)))
await Promise.all(clients.map(publish))
console.log('published')
await Promise.all(clients.map(hearAll))
console.log(JSON.stringify(clients.map(({ log }) => log)))
