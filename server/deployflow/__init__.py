"""DeployFlow Fleet: deployment and device management."""

__version__ = "0.1.0"
