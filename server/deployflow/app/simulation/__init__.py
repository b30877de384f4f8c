"""Agents that are not there: thousands of them in one process, for the capacity figure and for tests."""
