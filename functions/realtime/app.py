"""The socket: the supported commands of the Centrifuge client protocol."""

from gatehouse.flows.realtime.call import Call, call
from gatehouse.flows.realtime.check_connection import schedule_first_check
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.flows.realtime.connect import Connect, connect, settle_connection
from gatehouse.flows.realtime.join import settle_subscription
from gatehouse.flows.realtime.publish import Publish, publish
from gatehouse.flows.realtime.read_history import ReadHistory, read_history
from gatehouse.flows.realtime.read_presence import ReadPresence, count_presence, read_presence
from gatehouse.flows.realtime.refresh_connection import RefreshConnection, refresh_connection
from gatehouse.flows.realtime.refresh_subscription import RefreshSubscription, refresh_subscription
from gatehouse.flows.realtime.subscribe import Subscribe, subscribe
from gatehouse.flows.realtime.unsubscribe import Unsubscribe, unsubscribe
from gatehouse.websocket.socket import Socket

handler = socket = Socket(enter=schedule_first_check, close=close_connection)

socket.first_command("connect", input=Connect, flow=connect, after_reply=settle_connection)
socket.command("refresh", input=RefreshConnection, flow=refresh_connection, changes=True)

socket.command(
    "subscribe", input=Subscribe, flow=subscribe, after_reply=settle_subscription, joins=True
)
socket.command("sub_refresh", input=RefreshSubscription, flow=refresh_subscription, changes=True)
socket.command("unsubscribe", input=Unsubscribe, flow=unsubscribe, leaves=True)

socket.command("publish", input=Publish, flow=publish, delivers=True)
socket.command("history", input=ReadHistory, flow=read_history)
socket.command("presence", input=ReadPresence, flow=read_presence)
socket.command("presence_stats", input=ReadPresence, flow=count_presence)

socket.command("rpc", input=Call, flow=call)
