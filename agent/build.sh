#!/bin/bash
# Publishes the agent into agent/dist/: linux-x64 native, win-x64 as one file, unpacked, as downloads and as packages.
# Skips what is there already and was made from the same sources.
# usage: build.sh [linux-x64] [win-x64]     (both by default)
set -euo pipefail
cd "$(dirname "$0")"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(linux-x64 win-x64)
project=src/DeployFlow.Agent
native=(-p:PublishAot=true)
trimmed=(--self-contained -p:PublishSingleFile=true -p:PublishTrimmed=true -p:EnableCompressionInSingleFile=true -p:DebugType=none)

sources_hash() {
    find src packaging build.sh Directory.Build.props Directory.Packages.props global.json BannedSymbols.txt .editorconfig \
        -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

publish() { # publish TARGET OPTIONS…
    local target=$1
    shift
    rm -rf "dist/$target.new"
    dotnet publish "$project" -c Release -r "$target" -o "dist/$target.new" -v quiet --nologo "$@"
    rm -f "dist/$target.new"/*.dbg "dist/$target.new"/*.pdb
    rm -rf "dist/$target"
    mv "dist/$target.new" "dist/$target"
}

pack() { # pack TARGET TOOL
    if command -v "$2" >/dev/null; then
        python3 packaging/build.py "$1"
    else
        echo "!!! No $2: there will be no installer package for $1 (sudo scripts/install-system-packages)." >&2
    fi
}

build_linux() {
    local linker
    if linker=$(command -v clang || command -v gcc) && echo 'int main(void){return 0;}' | "$linker" -x c -o /dev/null - -lz 2>/dev/null; then
        publish linux-x64 "${native[@]}" "-p:CppCompilerAndLinker=$(basename "$linker")"
    else
        echo "!!! No native linker (clang or gcc, and zlib1g-dev): linux-x64 is built as a trimmed self-contained program," >&2
        echo "!!! which is larger and needs more memory. Install them for a release." >&2
        publish linux-x64 "${trimmed[@]}"
    fi
    tar -C dist/linux-x64 --owner=0 --group=0 --sort=name -czf dist/deployflow-agent-linux-x64.tar.gz .
    pack linux-x64 dpkg-deb
}

build_windows() {
    publish win-x64 "${trimmed[@]}"
    rm -f dist/deployflow-agent-win-x64.zip
    (cd dist/win-x64 && python3 -m zipfile -c ../deployflow-agent-win-x64.zip ./*)
    pack win-x64 wixl
}

mkdir -p dist
hash=$(sources_hash)
for target in "${targets[@]}"; do
    stamp=dist/.$target.stamp
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$hash" ]; then
        echo "agent/dist/$target is up to date"
        continue
    fi
    case $target in
        linux-x64) build_linux; package=deployflow-agent-linux-x64.tar.gz ;;
        win-x64) build_windows; package=deployflow-agent-win-x64.zip ;;
        *) echo "unknown target $target; known are linux-x64 and win-x64" >&2; exit 2 ;;
    esac
    (cd dist && for file in "${package%%.*}".*; do case $file in *.sha256) ;; *) sha256sum "$file" > "$file.sha256" ;; esac; done)
    echo "$hash" > "$stamp"
    echo "agent/dist/$package: $(stat -c %s "dist/$package") bytes"
done
