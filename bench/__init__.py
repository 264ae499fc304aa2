"""Measures cold starts, warm requests and the cost of each request."""
