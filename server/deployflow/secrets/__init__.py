"""Sealed credentials. From outside they can be written, never read back."""
