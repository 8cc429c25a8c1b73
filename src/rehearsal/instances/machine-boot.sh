#!/bin/sh
# Process 1 of a machine: does in order what the distribution's own init would for a cloud instance, that is
# machine id, resolver, cloud-init's stages and sshd; reaps what is left to it; on SIGTERM ends everything.
#
#   argument  local: cloud-init also has its stage before there is a network
set -u
first=${1:-}

# The shell collects every process that ends while it waits, also those it did not start, and hears signals at once.
pause() { # seconds
  sleep "$1" &
  wait $!
}

stage() { # cloud-init arguments
  cloud-init "$@" &
  wait $!
}

halt() {
  trap '' TERM
  echo 'sindri: the machine is stopping'
  kill -TERM -1 2>/dev/null
  tries=0
  set -- /proc/[0-9]*
  while [ "$tries" -lt 50 ] && [ "$#" -gt 1 ]; do
    tries=$((tries + 1))
    pause 0.1
    set -- /proc/[0-9]*
  done
  sync
  exit 0
}
trap halt TERM

if [ ! -s /etc/machine-id ] || [ "$(cat /etc/machine-id)" = uninitialized ]; then
  systemd-machine-id-setup >/dev/null 2>&1
fi
if [ -x /usr/bin/systemd-tmpfiles ]; then systemd-tmpfiles --create --prefix=/run --prefix=/var/run >/dev/null 2>&1; fi
mkdir -p /run/sshd /run/systemd/resolve

# What DHCP tells a real instance. Where the file is a link, it leads into /run.
resolver=$(readlink -f /etc/resolv.conf) || resolver=
[ -n "$resolver" ] || resolver=/etc/resolv.conf
mkdir -p "$(dirname "$resolver")"
printf 'nameserver 169.254.169.253\noptions timeout:2 attempts:1\n' >"$resolver"

if command -v cloud-init >/dev/null; then
  # As the generator does at boot: names the datasource by the firmware, so that no other is waited for.
  if [ -x /usr/lib/cloud-init/ds-identify ]; then /usr/lib/cloud-init/ds-identify; fi
  if [ -d /run/sindri/files ]; then cp -r /run/sindri/files/. /; fi
  if [ "$first" = local ]; then
    # Without a DHCP client in its path it asks for no address: the machine has one, and may not change it. Of the
    # programs beside that it wants blkid.
    mkdir -p /run/sindri/bin
    ln -sf "$(command -v blkid)" /run/sindri/bin/
    env PATH=/usr/bin:/bin:/run/sindri/bin cloud-init init --local &
    wait $!
  fi
  stage init
else
  echo 'sindri: this image has no cloud-init, so nothing puts a key in it'
fi
[ -x /usr/sbin/sshd ] || echo 'sindri: this image has no sshd, so nobody can log in'


keep_sshd() {
  if [ -x /usr/sbin/sshd ] && ! kill -0 "$(cat /run/sshd.pid 2>/dev/null)" 2>/dev/null; then
    /usr/sbin/sshd -D -e -o PidFile=/run/sshd.pid &
  fi
}
keep_sshd

if command -v cloud-init >/dev/null; then
  stage modules --mode=config
  stage modules --mode=final
fi
echo 'sindri: the machine is up'

while :; do
  pause 2
  keep_sshd
done
