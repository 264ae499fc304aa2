"""The socket door: turns frames into the input of flows, and outcomes into replies and pushes."""
