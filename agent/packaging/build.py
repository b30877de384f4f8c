"""Packs the published agent: an MSI for Windows, made on Linux by wixl, and a .deb for Debian and Ubuntu.

usage: build.py linux-x64|win-x64 [--version V]     from ../dist/<target> to ../dist/deployflow-agent-<target>.{deb,msi}
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
AGENT = HERE.parent
DIST = AGENT / "dist"
PREFIX = Path("opt/deployflow-agent")
SECURE_PROPERTIES = (
    "UPDATE Property SET Value = 'WIX_UPGRADE_DETECTED;WIX_DOWNGRADE_DETECTED;SERVER;TOKEN;CA;TAGS' "
    "WHERE Property = 'SecureCustomProperties'"
)
CONTROL = """\
Package: deployflow-agent
Version: {version}
Architecture: amd64
Maintainer: DeployFlow Fleet <maintainers@deployflow.invalid>
Installed-Size: {kilobytes}
Depends: libc6 (>= 2.34), zlib1g
Section: admin
Priority: optional
Homepage: https://github.com/deployflow/deployflow
Description: agent of DeployFlow Fleet
 Carries out what the DeployFlow Fleet server asks of this machine.
"""


class Missing(Exception):
    """A tool or a build that is needed and not there."""


def version_of_agent() -> str:
    props = (AGENT / "Directory.Build.props").read_text(encoding="utf-8")
    found = re.search(r"<Version>([0-9.]+)</Version>", props)
    if found is None:
        raise Missing("Directory.Build.props has no <Version>")
    return found.group(1)


def tool(name: str, package: str) -> None:
    if shutil.which(name) is None:
        raise Missing(f"{name} is not on PATH; install {package} (sudo scripts/install-system-packages)")


def require_build(target: str) -> None:
    if not (DIST / target).is_dir():
        raise Missing(f"agent/dist/{target} is not built; run: make agent")


def build_msi(version: str, to: Path) -> None:
    require_build("win-x64")
    tool("wixl", "wixl")
    tool("msibuild", "msitools")
    # wixl looks for files from where the description lies, and takes no absolute path.
    build = os.path.relpath(DIST / "win-x64", HERE)
    draft = to.with_suffix(".new")
    subprocess.run(
        [
            "wixl",
            "-a",
            "x64",
            "-D",
            f"Version={version}",
            "-D",
            f"Build={build}",
            "-o",
            draft,
            "agent.wxs",
        ],
        cwd=HERE,
        check=True,
    )
    # The part that runs elevated is passed only what this names, and wixl fills it with its own names alone.
    subprocess.run(["msibuild", draft, "-q", SECURE_PROPERTIES], check=True)
    draft.replace(to)


def build_deb(version: str, to: Path) -> None:
    require_build("linux-x64")
    tool("dpkg-deb", "dpkg")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        program = root / PREFIX
        shutil.copytree(DIST / "linux-x64", program)
        for file in program.iterdir():
            file.chmod(0o755 if file.name == "deployflow-agent" else 0o644)
        put(
            HERE / "deployflow-agent.service",
            root / "lib/systemd/system/deployflow-agent.service",
        )
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/deployflow-agent").symlink_to(f"/{PREFIX}/deployflow-agent")
        kilobytes = sum(file.stat().st_size for file in program.iterdir()) // 1024
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(CONTROL.format(version=version, kilobytes=kilobytes), encoding="utf-8")
        for script in ("postinst", "prerm", "postrm"):
            put(HERE / "deb" / script, control.parent / script, 0o755)
        root.chmod(0o755)
        draft = to.with_suffix(".new")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, draft],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        draft.replace(to)


def put(source: Path, to: Path, mode: int = 0o644) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    to.chmod(mode)


BUILDERS = {"linux-x64": (build_deb, "deb"), "win-x64": (build_msi, "msi")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=BUILDERS)
    parser.add_argument("--version", help="of the package; the agent's own unless given")
    parser.add_argument("--to", type=Path, help="the file to write")
    given = parser.parse_args()
    builder, suffix = BUILDERS[given.target]
    to = given.to or DIST / f"deployflow-agent-{given.target}.{suffix}"
    try:
        builder(given.version or version_of_agent(), to)
    except Missing as missing:
        print(f"packaging: {missing}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(
            f"packaging: {error.cmd[0]} failed ({error.returncode}); its words are above",
            file=sys.stderr,
        )
        return 1
    print(f"agent/dist/{to.name}: {to.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
