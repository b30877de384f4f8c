"""Benchmarks of the product: `make bench`, or `make bench ONLY=check-ins`.

They start servers and make people the way the server's own tests do, so those are on the path.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server"))
