#!/bin/bash
# Makes a Debian 13 with Wine 10 in a folder: Debian 12's Wine 8 is too old for .NET 10. As root; 2.5 min, 1.3 GB, once.
# usage: make-chroot.sh FOLDER
set -euo pipefail
folder=$1
# A link whose target only exists inside.
[ -L "$folder/usr/bin/wine" ] && exit 0
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 2; }
# The first Debian archive which apt itself uses. Either file may be absent.
mirror=$(grep -ohsP '^(URIs:|deb) \Khttp\S+' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list | head -1 || true)
rm -rf "$folder.new"
mkdir -p "$(dirname "$folder")"
debootstrap --variant=minbase --include=wine64,wine,ca-certificates trixie "$folder.new" "${mirror:-http://deb.debian.org/debian}"
mv "$folder.new" "$folder"
