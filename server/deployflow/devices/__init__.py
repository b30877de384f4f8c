"""Devices: who they are, what they are made of, and whether they are there."""
