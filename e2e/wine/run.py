"""`make test-wine`: the agent's own tests and the agent's story on Windows, under Wine."""

import os
import sys
from pathlib import Path

E2E = Path(__file__).resolve().parents[1]
PYTEST = E2E.parent / "server" / ".venv" / "bin" / "pytest"

if __name__ == "__main__":
    os.execv(PYTEST, [str(PYTEST), "-c", str(E2E / "pytest.ini"), "-v", str(E2E / "wine"), *sys.argv[1:]])
