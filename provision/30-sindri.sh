#!/bin/sh
# Installs Sindri in /usr/local/bin and its catalogue of extensions in /usr/local/share/sindri, lets it install the
# extensions, and records all of it in /etc/sindri/image.json.
#
# SINDRI_VERSION      the version number to install, e.g. 3.1.0
# SINDRI_ARCHIVE      a staged gzip of the executable; without it the release is downloaded
# SINDRI_RELEASE_URL  https address under which v<version>/sindri-linux-<x64|arm64>.gz and v<version>/SHA256SUMS lie
# SINDRI_SHA256       checksum of the gzip (hex); without it that of the published SHA256SUMS is asked for
# SINDRI_PROFILE      name of the profile, recorded only
# SINDRI_EXTENSIONS   extensions to install, comma-separated; the catalogue that has them is staged in
#                     /var/tmp/sindri/extensions
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "30-sindri: $*" >&2
  exit 1
}

staged=/var/tmp/sindri/extensions
catalogue=/usr/local/share/sindri/extensions
work=$(mktemp -d)
no_services=/usr/sbin/policy-rc.d
[ ! -e "$no_services" ] || no_services=
trap 'rm -rf "$work" $no_services' EXIT

# What gets into file names, addresses and image.json below is made of harmless characters only.
case ${SINDRI_VERSION:?} in *[!0-9A-Za-z.+-]*) fail "$SINDRI_VERSION is not a version number" ;; esac
for name in "${SINDRI_PROFILE:-}" "${SINDRI_EXTENSIONS:-}"; do
  case $name in *[!0-9a-z,-]*) fail "$name is not the name of a profile or a list of extensions" ;; esac
done

download() {
  curl --proto '=https' --proto-redir '=https' -fsSL --retry 5 --retry-connrefused -o "$2" "$1" ||
    fail "cannot download $1: is $SINDRI_VERSION a released version?"
}

fetch_release() {
  case $(uname -m) in
    x86_64) asset=sindri-linux-x64.gz ;;
    aarch64) asset=sindri-linux-arm64.gz ;;
    *) fail "Sindri is not released for $(uname -m)" ;;
  esac
  release=${SINDRI_RELEASE_URL:?}/v$SINDRI_VERSION
  archive=$work/$asset
  download "$release/$asset" "$archive"
  if [ -z "$checksum" ]; then
    download "$release/SHA256SUMS" "$work/SHA256SUMS"
    checksum=$(awk -v asset="$asset" '$2 == asset || $2 == "*" asset { print $1 }' "$work/SHA256SUMS")
    [ -n "$checksum" ] || fail "$release/SHA256SUMS does not list $asset"
  fi
}

install_sindri() {
  checksum=${SINDRI_SHA256:-}
  archive=${SINDRI_ARCHIVE:-}
  [ -n "$archive" ] || fetch_release
  if [ -n "$checksum" ]; then
    actual=$(sha256sum <"$archive" | cut -d' ' -f1)
    [ "$actual" = "$checksum" ] || fail "${archive##*/} has sha256 $actual instead of $checksum: refused"
  fi
  gunzip -c "$archive" >"$work/sindri"
  install -o root -g root -m 0755 "$work/sindri" /usr/local/bin/sindri
  installed=$(/usr/local/bin/sindri --version) || fail 'the installed sindri does not run on this image'
  [ "${installed##* }" = "$SINDRI_VERSION" ] || fail "installed sindri is $installed instead of $SINDRI_VERSION"
  echo "installed sindri $SINDRI_VERSION"
}

# Owned by root and readable by everybody, whoever uploaded it and with whatever umask.
install_catalogue() {
  rm -rf "$catalogue"
  mkdir -p "$catalogue"
  cp -R "$staged/." "$catalogue"
  chown -R root:root "$catalogue"
  chmod -R u=rwX,go=rX "$catalogue"
}

install_extensions() {
  /usr/local/bin/sindri --help | grep -q '^ *extension ' ||
    fail "sindri $SINDRI_VERSION cannot install extensions: a later version can"
  # shellcheck disable=SC2086 # a list of names
  /usr/local/bin/sindri extension install -- $names ||
    fail "extensions were not installed (exit code $?): the error above names the one that failed, and its log"
}

record() {
  mkdir -p /etc/sindri
  list=
  for name in $names; do list="$list${list:+, }\"$name\""; done
  printf '{\n  "sindri": "%s",\n  "profile": "%s",\n  "extensions": [%s],\n  "builtAt": "%s"\n}\n' \
    "$SINDRI_VERSION" "${SINDRI_PROFILE:-}" "$list" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >/etc/sindri/image.json
}

names=$(printf '%s' "${SINDRI_EXTENSIONS:-}" | tr , ' ')
install_sindri
[ ! -d "$staged" ] || install_catalogue
# Services start with the first instance, not in the build, where they would leave their state in the image.
# https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
if [ -n "$no_services" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$no_services"
  chmod 755 "$no_services"
fi
[ -z "$names" ] || install_extensions
record
