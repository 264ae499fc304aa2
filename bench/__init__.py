"""What is measured: cold starts, warm requests, and what each request costs."""
