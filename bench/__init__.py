"""Benchmarks of the product: `make bench`, or `make bench ONLY=check-ins`."""
