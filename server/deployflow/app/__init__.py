"""The composition root: what the server is made of, and the commands that start it."""
