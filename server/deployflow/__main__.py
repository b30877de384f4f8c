"""`python -m deployflow`, where the command itself is not on PATH."""

from deployflow.app.cli import main

main()
