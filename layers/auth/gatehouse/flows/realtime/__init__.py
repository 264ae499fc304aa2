"""The socket commands, the delivery of publications, and the closing of connections."""
