"""The socket door: from a frame to a flow's input, and from its outcome to a reply or a push."""
