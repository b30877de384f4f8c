"""Tests that no database takes part in, or only SQLite, run once: in the SQLite run."""

import os

collect_ignore = (
    ["test_cli.py", "test_console.py", "test_headers.py", "test_make.py", "test_openapi.py", "test_serving.py"]
    if os.environ.get("DEPLOYFLOW_TEST_DATABASE") == "postgresql"
    else ["test_backup_postgresql.py"]
)
