#!/bin/sh
set -eu
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 unattended-upgrades
printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' \
  >/etc/apt/apt.conf.d/20auto-upgrades
