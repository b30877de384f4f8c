"""`deployflow deployment …`, as a shell would call it."""

import pytest

from deployflow.app.failures import ExitCode
from tests.support.shell import Shell

MAC = "52:54:00:12:34:56"
PROFILE = """deployflow_profile: 1
name: Wipe only
tasks:
  - type: disk_prep
"""


@pytest.fixture
def with_profile(installed: Shell) -> Shell:
    file = installed.data.parent / "profile.yaml"
    file.write_text(PROFILE)
    assert installed("profile", "import", str(file)).code == 0
    return installed


class TestDeployments:
    def test_a_machine_is_prepared_shown_and_aborted(self, with_profile: Shell) -> None:
        assert with_profile("deployment", "list").err.startswith("There are none")
        armed = with_profile("deployment", "arm", "Wipe only", "--mac", MAC, "--name", "LAB-1", "--json").json
        assert (armed["state"], armed["match"]) == ("armed", {"mac": MAC})
        assert MAC in with_profile("deployment", "show", armed["id"]).out
        again = with_profile("deployment", "arm", "Wipe only", "--mac", MAC)
        assert (again.code, "abort that one first" in again.err) == (ExitCode.REFUSED, True)
        assert "Aborted by" in with_profile("deployment", "abort", armed["id"]).out
        assert with_profile("deployment", "abort", armed["id"]).code == ExitCode.REFUSED
        watched = with_profile("deployment", "watch", armed["id"])
        assert (watched.code, "aborted" in watched.err) == (ExitCode.FAILED, True)

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("arm", "Wipe only"), ExitCode.USAGE),
            (("arm", "Wipe only", "--mac", MAC, "--device", "PC-1"), ExitCode.USAGE),
            (("arm", "Wipe only", "--mac", "nonsense"), ExitCode.USAGE),
            (("arm", "Wipe only", "--mac", MAC, "--hours", "9"), ExitCode.USAGE),
            (("arm", "Nothing", "--mac", MAC), ExitCode.NOT_FOUND),
            (("show", "NOWHERE"), ExitCode.NOT_FOUND),
            (("approve", "AAAA-AAAA"), ExitCode.NOT_FOUND),
        ],
        ids=str,
    )
    def test_what_cannot_be_done_is_one_line(self, with_profile: Shell, arguments: tuple[str, ...], code: int) -> None:
        said = with_profile("deployment", *arguments)
        assert said.code == code
        assert "Traceback" not in said.err
