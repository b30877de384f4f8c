"""Deployment profiles and templates: what a machine becomes, as an ordered list of typed tasks."""
