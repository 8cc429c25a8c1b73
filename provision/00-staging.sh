#!/bin/sh
# Makes the staging folder that Packer uploads into: the SSH user cannot write where files finally belong.
#
# SINDRI_UPLOADS  how many file uploads follow (default 0); upload N is staged in uploads/N/
#
# Run through sudo: SUDO_UID and SUDO_GID say who uploads.
set -eu

staging=/var/tmp/sindri
owner=${SUDO_UID:-0}:${SUDO_GID:-0}

rm -rf "$staging"
# A plain mkdir fails when somebody else made the folder in between; /var/tmp is open to all.
mkdir -m 0700 "$staging"
mkdir "$staging/uploads" "$staging/extensions"

number=0
while [ "$number" -lt "${SINDRI_UPLOADS:-0}" ]; do
  mkdir "$staging/uploads/$number"
  number=$((number + 1))
done

chown -R "$owner" "$staging"
