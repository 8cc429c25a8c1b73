#!/bin/sh
# In Azure: takes from the machine what the agent gave it, as Azure asks before a machine is generalized, and the
# account Packer logged in with. Run after everything else: without its account nobody can become root any more.
# https://learn.microsoft.com/azure/virtual-machines/generalize#linux
set -eu

command -v waagent >/dev/null || {
  echo '99-waagent: no waagent: the base image must have the Azure Linux Agent' >&2
  exit 1
}
# What cloud-init let that account do, and would let any other of its name.
rm -f /etc/sudoers.d/90-cloud-init-users
waagent -force -deprovision+user
# Packer removes its scripts over a connection that it could not make again.
rm -f "$0"
sync
