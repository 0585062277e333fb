#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copies files to the configuration directory, but never over what an operator may have edited.
# usage: install-config.sh CONFDIR FILE...   (DESTDIR as meson install sets it)
set -eu
target="${DESTDIR:-}$1"
shift
mkdir -p "$target"
for file in "$@"; do
    copy="$target/$(basename "$file")"
    if [ -e "$copy" ]; then
        echo "Keeping $copy"
    else
        install -m 0644 "$file" "$copy"
    fi
done
