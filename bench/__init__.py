"""Benchmarks of the product: `make bench`, or `make bench ONLY=check-ins`.

They start servers, people and machines the way the tests do, so those are on the path.
"""

import sys
from pathlib import Path

for _tests in ("e2e", "server"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / _tests))
