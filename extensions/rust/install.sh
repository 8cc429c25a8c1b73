#!/bin/sh
set -eu
umask 022
for archive in "$SINDRI_DOWNLOADS"/*.tar.xz; do
  work=$(mktemp -d -p "$SINDRI_DOWNLOADS")
  tar -xJf "$archive" -C "$work" --no-same-owner --strip-components=1
  sh "$work/install.sh" --prefix=/usr/local --disable-ldconfig
  rm -rf "$work"
done
