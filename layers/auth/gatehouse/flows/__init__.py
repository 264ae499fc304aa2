"""The operations of the service: one verb per module, with its input, its output and its flow."""
