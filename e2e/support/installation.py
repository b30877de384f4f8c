"""A server of its own and its first administrator."""

from dataclasses import dataclass

from support.console import Console
from tests.support.server import ServerProcess


@dataclass
class Installation:
    server: ServerProcess
    console: Console
