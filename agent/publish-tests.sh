#!/bin/bash
# Publishes the test suite for Windows as one folder with DeployFlow.Agent.Tests.exe and the agent beside it, for Wine or a lab machine.
# usage: publish-tests.sh FOLDER
set -euo pipefail
folder=$(realpath -m "$1")
cd "$(dirname "$0")"
dotnet publish tests/DeployFlow.Agent.Tests -c Release -r win-x64 --self-contained -o "$folder" -v quiet --nologo -p:RunAnalyzers=false
