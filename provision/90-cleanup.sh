#!/bin/sh
# Removes from the image what belongs to the build and not to the instances made from it.
# Run last, before 99-verify.sh: afterwards nobody can log in anew until an instance gets its own key.
#
# SINDRI_CLEAN_SENSITIVE_DATA  false: keep histories, credentials, logs, caches and the machine's identity (default true)
# SINDRI_REMOVE_SSH_KEYS       false: keep host keys and authorized keys (default true)
set -eu
umask 022

# Every account's home: services have one too, and root's is as full as the users'.
homes() {
  getent passwd | cut -d: -f6 | sort -u | while read -r home; do
    if [ -d "$home" ] && [ "$home" != / ]; then printf '%s\n' "$home"; fi
  done
  echo /etc/skel
}

clean_homes() {
  homes | while read -r home; do
    for name in .bash_history .zsh_history .ash_history .sh_history .history .python_history .node_repl_history \
      .mysql_history .psql_history .rediscli_history .sqlite_history .lesshst .viminfo .wget-hsts .cache \
      .npmrc .gitconfig .git-credentials .netrc .pypirc .vault-token .terraform.d/credentials.tfrc.json \
      .aws .azure .oci .aliyun .kube .docker/config.json .config/gcloud .config/gh .config/git .config/pip \
      .sudo_as_admin_successful .ssh/known_hosts .ssh/known_hosts.old; do
      rm -rf "${home:?}/$name"
    done
    find "$home/" -maxdepth 1 -type f \( -name .env -o -name '.env.*' -o -name 'core.[0-9]*' \) -delete
    find "$home/.ssh/" -maxdepth 1 -name 'id_*' -delete 2>/dev/null || true
  done
}

clean_packages() {
  if command -v apt-get >/dev/null; then apt-get clean; fi
  rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old
}

# The running script is Packer's to remove; the staging folder goes here because Packer does not know it.
clean_temporary() {
  self=$(readlink -f "$0")
  find /tmp /var/tmp -xdev -mindepth 1 -maxdepth 1 ! -path "$self" -exec rm -rf -- {} +
  rm -rf /var/crash/* /var/lib/systemd/coredump/*
  find / -xdev -maxdepth 1 -type f \( -name core -o -name 'core.[0-9]*' \) -delete
}

clean_logs() {
  rm -rf /var/log/journal/* /var/log/installer
  find /var/log -xdev -type f \
    \( -name '*.gz' -o -name '*.xz' -o -name '*.old' -o -name '*.[0-9]' -o -name '*-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' \) \
    -delete
  find /var/log -xdev -type f -exec truncate -s 0 {} +
}

# What makes a machine this machine. The first boot makes all of it anew.
clean_identity() {
  if command -v cloud-init >/dev/null; then
    cloud-init clean --logs
    # written by cloud-init for this instance's network cards
    rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init*
  fi
  : >/etc/machine-id
  if [ -d /var/lib/dbus ]; then ln -sf /etc/machine-id /var/lib/dbus/machine-id; fi
  rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /etc/udev/rules.d/70-persistent-net.rules \
    /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid-
  find /var/lib/dhcp /var/lib/dhcpcd /var/lib/NetworkManager -name '*lease*' -type f -delete 2>/dev/null || true
  echo localhost >/etc/hostname
  # Rewritten in place: where /etc/hosts is mounted from elsewhere it cannot be replaced.
  others=$(grep -v '^127\.0\.1\.1[[:space:]]' /etc/hosts || true)
  printf '%s\n' "$others" >/etc/hosts
}

# Without host keys sshd does not start, so something has to make them: cloud-init does, unless it is absent.
ensure_host_keys_at_boot() {
  if command -v cloud-init >/dev/null && [ ! -e /etc/cloud/cloud-init.disabled ]; then return; fi
  cat >/etc/systemd/system/sindri-ssh-keys.service <<'END'
[Unit]
Description=Make SSH host keys at the first boot
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
Before=ssh.service ssh.socket

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
END
  systemctl enable sindri-ssh-keys.service
}

remove_ssh_keys() {
  ensure_host_keys_at_boot
  rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
  homes | while read -r home; do
    rm -f "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"
  done
}

if [ "${SINDRI_CLEAN_SENSITIVE_DATA:-true}" = true ]; then
  clean_homes
  clean_packages
  clean_identity
  clean_temporary
  clean_logs
fi
rm -rf /var/tmp/sindri
if [ "${SINDRI_REMOVE_SSH_KEYS:-true}" = true ]; then remove_ssh_keys; fi
sync
