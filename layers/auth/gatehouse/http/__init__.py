"""The HTTP side: turns API Gateway events into inputs of flows, and outcomes into responses."""
