"""Enrollment: how a token becomes a device with a key of its own."""
