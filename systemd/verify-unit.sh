#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds the unit against systemd's own reading of it: unknown keys, bad values, commands that are not there.
# usage: verify-unit.sh UNIT PROGRAM INSTALLED-PROGRAM
set -eu
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not installed"; exit 77; }
program=$(realpath "$2")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# The program is not installed yet: the one just built stands in for it.
sed "s|^\(Exec[A-Za-z]*=\)$3 |\1$program |" "$1" >"$copy/nfsieve.service"
said=$(systemd-analyze verify --man=no "$copy/nfsieve.service" 2>&1) || { echo "$said"; exit 1; }
# Complaints that do not fail the command are complaints all the same; other units are not our concern.
if echo "$said" | grep nfsieve; then exit 1; fi
