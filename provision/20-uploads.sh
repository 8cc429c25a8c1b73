#!/bin/sh
# Installs the uploaded files where they belong, owned by root, with the modes they were uploaded with.
#
# SINDRI_UPLOADS    how many uploads there are (default 0)
# SINDRI_UPLOAD_N   destination of upload N, counted from 0. Ending in / it is a folder that takes everything in the
#                   upload; otherwise it is the name of the one file or folder uploaded (a folder there is added to).
# SINDRI_STAGING    where the uploads are staged, as uploads/N/ (default /var/tmp/sindri)
set -eu
umask 022

fail() {
  echo "20-uploads: $*" >&2
  exit 1
}

# Entry by entry: copying uploads/N itself would give the destination folder the staging folder's mode.
install_into() {
  mkdir -p "$2"
  find "$1" -mindepth 1 -maxdepth 1 -exec cp -R --preserve=mode -t "$2" -- {} +
}

install_as() {
  [ "$(find "$1" -mindepth 1 -maxdepth 1 -printf x)" = x ] ||
    fail "$2: more than one file was uploaded; end the destination with / to install them into that folder"
  entry=$(find "$1" -mindepth 1 -maxdepth 1)
  if [ -f "$entry" ] && [ -d "$2" ]; then
    fail "$2 is a folder; end the destination with / to install the file into it"
  fi
  mkdir -p "$(dirname "$2")"
  cp -R --preserve=mode -T -- "$entry" "$2"
}

number=0
while [ "$number" -lt "${SINDRI_UPLOADS:-0}" ]; do
  staged=${SINDRI_STAGING:-/var/tmp/sindri}/uploads/$number
  destination=$(printenv "SINDRI_UPLOAD_$number") || fail "SINDRI_UPLOAD_$number is not set"
  [ -n "$(find "$staged" -mindepth 1 -maxdepth 1 -print -quit)" ] || fail "$destination: nothing was uploaded"
  case $destination in
    /*/ | /) install_into "$staged" "$destination" ;;
    /*) install_as "$staged" "$destination" ;;
    *) fail "$destination: a destination is an absolute path" ;;
  esac
  echo "installed $destination"
  number=$((number + 1))
done
