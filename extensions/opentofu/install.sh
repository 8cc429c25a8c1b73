#!/bin/sh
set -eu
umask 022
unzip -q -o "$SINDRI_DOWNLOADS/tofu.zip" tofu -d "$SINDRI_DOWNLOADS"
install -m 0755 "$SINDRI_DOWNLOADS/tofu" /usr/local/bin/tofu
