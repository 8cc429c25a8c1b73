#!/bin/sh
# Looks for what must not be captured in the image, names all of it, and fails when there is any.
# Run after 90-cleanup.sh with the same inputs. Changes nothing.
#
# SINDRI_CLEAN_SENSITIVE_DATA  false: do not look for what 90-cleanup.sh was told to keep (default true)
# SINDRI_REMOVE_SSH_KEYS       false: the same for host keys and authorized keys (default true)
set -eu

# Turns paths, one per line, into findings.
as() {
  while read -r path; do echo "not clean: $path ($1)"; done
}

homes() {
  getent passwd | cut -d: -f6 | sort -u
  echo /etc/skel
}

# Those of the given names that exist in any home.
in_homes() {
  homes | while read -r home; do
    for name in "$@"; do
      [ ! -s "$home/$name" ] || echo "$home/$name"
    done
  done
}

ssh_keys() {
  find /etc/ssh -maxdepth 1 -name 'ssh_host_*_key*' | as 'SSH host key: all instances would share it'
  in_homes .ssh/authorized_keys .ssh/authorized_keys2 | as 'a key that could log in to every instance'
}

sensitive_data() {
  find /etc/machine-id -size +0 | as 'all instances would share it'
  if [ ! -L /var/lib/dbus/machine-id ]; then
    find /var/lib/dbus -name machine-id 2>/dev/null | as 'all instances would share it'
  fi
  find /var/lib/cloud/data/instance-id 2>/dev/null | as "cloud-init's memory of the build instance"
  find /var/lib/systemd/random-seed 2>/dev/null | as 'all instances would share it'
  in_homes .bash_history .zsh_history .python_history .node_repl_history | as 'shell history'
  in_homes .aws/credentials .azure/msal_token_cache.json .oci/config .aliyun/config.json .docker/config.json \
    .kube/config .netrc .npmrc .git-credentials .env .ssh/id_rsa .ssh/id_ecdsa .ssh/id_ed25519 | as 'credentials'
  find /var/crash /var/lib/systemd/coredump -type f 2>/dev/null | as 'memory of a crashed program'
  find / -xdev -maxdepth 1 -type f \( -name core -o -name 'core.[0-9]*' \) | as 'memory of a crashed program'
  find /var/tmp/sindri -maxdepth 0 2>/dev/null | as 'staging folder of the build'
  [ "$(du -xsm /var/log | cut -f1)" -le 200 ] || echo /var/log | as 'more than 200 MB of logs'
}

findings=$(
  if [ "${SINDRI_REMOVE_SSH_KEYS:-true}" = true ]; then ssh_keys; fi
  if [ "${SINDRI_CLEAN_SENSITIVE_DATA:-true}" = true ]; then sensitive_data; fi
)
[ -z "$findings" ] || {
  printf '%s\n' "$findings" >&2
  exit 1
}
echo 'the image is clean'
