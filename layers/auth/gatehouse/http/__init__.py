"""The HTTP door: from an API Gateway event to a flow's input, and from its outcome to an answer."""
