"""What realtime messages need: channel rules, pushes, and the way to a connection."""
