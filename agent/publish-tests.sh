#!/bin/bash
# Publishes the test suite for Windows as one folder with DeployFlow.Agent.Tests.exe, for Wine or a lab machine. The agent
# beside it, which the tests start, is the one that is shipped.
# usage: publish-tests.sh FOLDER
set -euo pipefail
folder=$(realpath -m "$1")
cd "$(dirname "$0")"
./build.sh win-x64
dotnet publish tests/DeployFlow.Agent.Tests -c Release -r win-x64 --self-contained -o "$folder" -v quiet --nologo -p:RunAnalyzers=false
cp dist/win-x64/* "$folder/"
