"""The script library, and the kind of action that runs a script."""
