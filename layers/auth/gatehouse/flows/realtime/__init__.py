"""What clients do over the socket, how publications reach them, and how connections end."""
