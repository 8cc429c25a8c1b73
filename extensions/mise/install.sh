#!/bin/sh
set -eu
umask 022
tar -xzf "$SINDRI_DOWNLOADS/mise.tgz" -C "$SINDRI_DOWNLOADS" --no-same-owner package/bin/mise
install -m 0755 "$SINDRI_DOWNLOADS/package/bin/mise" /usr/local/bin/mise
