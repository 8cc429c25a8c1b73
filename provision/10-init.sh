#!/bin/sh
# Waits for the base image to finish its own first boot, then updates the package lists and installs the basics.
#
# SINDRI_UPGRADE   false: leave the installed packages as old as they are (default true)
# SINDRI_PACKAGES  more packages to install, separated by spaces
set -eu
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "10-init: $*" >&2
  exit 1
}

command -v apt-get >/dev/null || fail 'no apt-get: the base image must be Debian or Ubuntu'

# `cloud-init status --wait` never returns when cloud-init will not run; its result file is what it waits for.
# https://docs.cloud-init.io/en/latest/explanation/failure_states.html
if command -v cloud-init >/dev/null && [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ]; then
  waited=0
  until [ -e /run/cloud-init/result.json ]; do
    [ "$waited" -lt 300 ] || fail 'cloud-init has not finished after 300 seconds (see /var/log/cloud-init.log)'
    sleep 1
    waited=$((waited + 1))
  done
fi

# The lock timeout covers installing only; `update` needs tries of its own while the first boot's apt holds the lists.
tries=1
until apt-get update -q -o Acquire::Retries=3 -o APT::Update::Error-Mode=any; do
  [ "$tries" -lt 8 ] || fail 'apt-get update failed 8 times: is a package mirror reachable from the build instance?'
  sleep $((tries * 5))
  tries=$((tries + 1))
done

if [ "${SINDRI_UPGRADE:-true}" = true ]; then
  apt-get dist-upgrade -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold
fi

# shellcheck disable=SC2086 # a list of package names
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
  ca-certificates curl sudo ${SINDRI_PACKAGES:-}
