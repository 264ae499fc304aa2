"""The socket: the commands of the Centrifuge client protocol that it understands."""

from gatehouse.flows.close_connection import close_connection
from gatehouse.flows.connect import Connect, connect
from gatehouse.flows.decline import Nothing, decline
from gatehouse.flows.publish import Publish, publish
from gatehouse.flows.read_presence import ReadPresence, count_presence, read_presence
from gatehouse.flows.refresh_connection import RefreshConnection, refresh_connection
from gatehouse.flows.subscribe import Subscribe, subscribe
from gatehouse.flows.unsubscribe import Unsubscribe, unsubscribe
from gatehouse.websocket.socket import Socket

handler = socket = Socket(close=close_connection)

socket.opening("connect", takes=Connect, flow=connect)
socket.command("refresh", takes=RefreshConnection, flow=refresh_connection)

socket.command("subscribe", takes=Subscribe, flow=subscribe)
socket.command("unsubscribe", takes=Unsubscribe, flow=unsubscribe)
socket.command("publish", takes=Publish, flow=publish, delivers=True)
socket.command("presence", takes=ReadPresence, flow=read_presence)
socket.command("presence_stats", takes=ReadPresence, flow=count_presence)

socket.command("history", takes=Nothing, flow=decline)
socket.command("rpc", takes=Nothing, flow=decline)
socket.command("sub_refresh", takes=Nothing, flow=decline)
