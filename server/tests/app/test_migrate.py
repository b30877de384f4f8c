import sqlite3
from pathlib import Path

import pytest
from alembic import op
from alembic.script import ScriptDirectory

from deployflow.app import migrate
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings


class TestASchemaIsWholeOrNotThere:
    async def test_a_start_that_breaks_off_leaves_nothing_and_the_next_one_begins_anew(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make, made = op.create_table, 0

        def break_off(*arguments: object, **named: object) -> object:
            nonlocal made
            made += 1
            if made == 5:
                raise OSError("No space left on device")
            return make(*arguments, **named)  # type: ignore[arg-type]

        database = Database(Settings(data_dir=tmp_path))
        with monkeypatch.context() as patched:
            patched.setattr(op, "create_table", break_off)
            with pytest.raises(OSError, match="No space"):
                await migrate.upgrade(database)
        with sqlite3.connect(tmp_path / "deployflow.db") as plain:
            assert plain.execute("SELECT name FROM sqlite_master").fetchall() == []
        await migrate.upgrade(database)
        assert await migrate.present_revision(database) == migrate.newest_revision()
        await database.close()
        plain.close()


class TestFilesOfMigrations:
    def test_a_files_name_begins_with_its_revision_and_sorts_by_age(self) -> None:
        walked = ScriptDirectory.from_config(migrate.migration_config()).walk_revisions()
        assert migrate.revisions() == tuple(script.revision for script in reversed(list(walked)))
