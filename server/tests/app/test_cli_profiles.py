"""`deployflow profile …`, called as a shell would."""

from pathlib import Path

from deployflow.app.failures import ExitCode
from tests.support.shell import Shell

FILE = """deployflow_profile: 1
name: Office PC
computer_naming_pattern: PC-{seq:3}
tasks:
  - type: disk_prep
    name: Disk
  - type: wait
    name: Wait
    configuration:
      seconds: 5
"""


class TestProfiles:
    def test_a_file_is_imported_listed_shown_and_exported(self, installed: Shell, tmp_path: Path) -> None:
        file, copy = tmp_path / "office.yaml", tmp_path / "copy.yaml"
        file.write_text(FILE, "utf-8")
        assert installed("profile", "list").err.startswith("There are none yet")
        assert installed("profile", "import", file).out == "Office PC is version 1 now.\n"
        assert "PC-{seq:3}" in installed("profile", "list").out
        shown = installed("profile", "show", "office pc").out
        assert "disk_prep" in shown
        assert "boot" in shown
        assert installed("profile", "export", "Office PC", "--to", copy).code == 0
        changed = copy.read_text("utf-8").replace("seconds: 5", "seconds: 6")
        copy.write_text(changed, "utf-8")
        assert installed("profile", "import", copy).code == ExitCode.REFUSED
        assert installed("profile", "import", copy, "--replace").out == "Office PC is version 2 now.\n"
        assert installed("profile", "export", "Office PC").out == changed

    def test_a_wrong_file_says_its_line(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "office.yaml"
        file.write_text(FILE.replace("seconds: 5", "seconds: soon"), "utf-8")
        said = installed("profile", "import", file)
        assert said.code == ExitCode.USAGE
        assert "Line 10: Task 2, Wait: seconds: Input should be a valid integer" in said.err

    def test_the_templates_that_ship_are_listed(self, installed: Shell) -> None:
        found = installed("profile", "list", "--templates", "--json").json["items"]
        assert [one["kind"] for one in found] == ["built in"] * 4

    def test_a_preflight_ends_with_what_it_found(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "office.yaml"
        file.write_text(FILE, "utf-8")
        installed("profile", "import", file)
        good = installed("profile", "preflight", "Office PC")
        assert (good.code, good.out) == (0, "ok     The order of the tasks is right\n")
        file.write_text(FILE + "  - type: install_agent\n    name: Agent\n", "utf-8")
        installed("profile", "import", file, "--replace")
        bad = installed("profile", "preflight", "Office PC")
        assert bad.code == ExitCode.REFUSED
        assert "stops  task 3: 'Agent' needs an applied image: apply one before it" in bad.out

    def test_an_unknown_profile_says_how_to_find_one(self, installed: Shell) -> None:
        said = installed("profile", "show", "Nothing")
        assert said.code == ExitCode.NOT_FOUND
        assert "`deployflow profile list`" in said.err
