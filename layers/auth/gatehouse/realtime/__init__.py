"""The parts of realtime messaging: channel rules, pushes, and the gateway to connections."""
