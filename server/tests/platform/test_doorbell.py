import asyncio
from pathlib import Path

from deployflow.platform.doorbell import Doorbell
from deployflow.platform.wakeups import Wakeups


class TestDoorbell:
    async def test_the_server_hears_what_a_command_published(self, tmp_path: Path) -> None:
        server, command = Wakeups(None, Doorbell(tmp_path)), Wakeups(None, Doorbell(tmp_path))
        heard: set[str] = set()
        server.listen("changes", heard.update)
        await server.start()
        try:
            keys = {f"tenant/device:{number}" for number in range(20_000)}
            await asyncio.to_thread(command.publish, "changes", keys)
            async with asyncio.timeout(5):
                while heard != keys:
                    await asyncio.sleep(0.01)
        finally:
            await server.stop()

    async def test_a_ring_that_nobody_hears_harms_nobody(self, tmp_path: Path) -> None:
        Doorbell(tmp_path).ring(b"{}")
        (tmp_path / "wake.sock").write_text("left behind by something else")
        Doorbell(tmp_path).ring(b"{}")

    async def test_what_cannot_be_read_is_passed_over(self, tmp_path: Path) -> None:
        server, ringer = Wakeups(None, Doorbell(tmp_path)), Doorbell(tmp_path)
        heard: set[str] = set()
        server.listen("changes", heard.update)
        await server.start()
        try:
            for message in (b"", b"\xff", b"[]", b'{"channel": "changes"}', b'{"channel": "changes", "keys": ["a"]}'):
                ringer.ring(message)
            async with asyncio.timeout(5):
                while not heard:
                    await asyncio.sleep(0.01)
            assert heard == {"a"}
        finally:
            await server.stop()

    async def test_the_socket_is_the_owners_and_goes_with_the_server(self, tmp_path: Path) -> None:
        folder = tmp_path / ("long" * 30)
        folder.mkdir()
        server = Wakeups(None, Doorbell(folder))
        await server.start()
        assert (folder / "wake.sock").stat().st_mode & 0o777 == 0o600
        await server.stop()
        assert not (folder / "wake.sock").exists()
