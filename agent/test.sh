#!/bin/bash
# Builds everything with warnings as errors and runs the tests; ends with the runner's summary.
set -euo pipefail
cd "$(dirname "$0")"
dotnet build -c Debug -warnaserror -v quiet --nologo
dotnet test -c Debug --no-build "$@"
