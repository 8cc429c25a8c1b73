#!/bin/sh
# Hardens the image in the manner of the CIS benchmarks' level 1 for servers, as far as it is safe on a cloud.
# Everything is written as configuration that the first boot reads: the build machine (which may share its kernel with
# others) is not changed, and no service is restarted under the running build.
#
# SINDRI_CIS_HARDENING  true: harden (default false)
#
# Left out on purpose: password ageing (accounts log in by key, and an expired locked password locks the key out too),
# a host firewall (the cloud's security groups), noexec on /tmp (package scripts run there), disabling udf (Azure
# provisions from it), refusing IPv6 router advertisements (clouds route by them).
set -eu
umask 022
[ "${SINDRI_CIS_HARDENING:-false}" = true ] || exit 0
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "40-harden: $*" >&2
  exit 1
}

install_packages() {
  no_services=/usr/sbin/policy-rc.d
  [ ! -e "$no_services" ] || no_services=
  trap 'rm -f $no_services' EXIT
  if [ -n "$no_services" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$no_services"
    chmod 755 "$no_services"
  fi
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 apparmor auditd libpam-pwquality
}

# sshd takes the first value it reads, so the name sorts before those of cloud-init (50-) and everybody else.
# ClientAlive: Azure's certification accepts 30 to 235 seconds.
harden_ssh() {
  cat >/etc/ssh/sshd_config.d/01-sindri.conf <<'END'
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
HostbasedAuthentication no
IgnoreRhosts yes
PermitUserEnvironment no
GSSAPIAuthentication no
X11Forwarding no
MaxAuthTries 4
MaxSessions 10
MaxStartups 10:30:60
LoginGraceTime 60
ClientAliveInterval 180
ClientAliveCountMax 3
LogLevel VERBOSE
Banner /etc/issue.net
END
  chmod 600 /etc/ssh/sshd_config /etc/ssh/sshd_config.d/01-sindri.conf
  # Asks sshd itself what is in effect, with a throw-away host key because the image's own may be gone.
  keys=$(mktemp -d)
  ssh-keygen -q -t ed25519 -N '' -f "$keys/key"
  mkdir -p /run/sshd
  effective=$(/usr/sbin/sshd -T -h "$keys/key") || fail 'sshd refuses its configuration'
  rm -rf "$keys"
  for setting in 'permitrootlogin no' 'passwordauthentication no'; do
    printf '%s\n' "$effective" | grep -qx "$setting" ||
      fail "sshd does not have '$setting' in effect: does /etc/ssh/sshd_config include sshd_config.d first?"
  done
}

harden_kernel() {
  mkdir -p /etc/modprobe.d /etc/systemd/coredump.conf.d
  cat >/etc/sysctl.d/60-sindri.conf <<'END'
fs.suid_dumpable = 0
kernel.dmesg_restrict = 1
kernel.kptr_restrict = 2
kernel.randomize_va_space = 2
kernel.yama.ptrace_scope = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv4.conf.all.secure_redirects = 0
net.ipv4.conf.default.secure_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.send_redirects = 0
net.ipv4.conf.all.accept_source_route = 0
net.ipv4.conf.default.accept_source_route = 0
net.ipv4.conf.all.log_martians = 1
net.ipv4.conf.default.log_martians = 1
net.ipv4.conf.all.rp_filter = 1
net.ipv4.conf.default.rp_filter = 1
net.ipv4.icmp_echo_ignore_broadcasts = 1
net.ipv4.icmp_ignore_bogus_error_responses = 1
net.ipv4.tcp_syncookies = 1
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.default.accept_redirects = 0
net.ipv6.conf.all.accept_source_route = 0
net.ipv6.conf.default.accept_source_route = 0
END
  # Containers are routed by the host.
  if ! command -v dockerd >/dev/null && ! command -v containerd >/dev/null; then
    printf 'net.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 0\n' >>/etc/sysctl.d/60-sindri.conf
  fi

  modules='cramfs freevxfs hfs hfsplus jffs2 usb-storage dccp rds tipc'
  # snaps are squashfs images
  [ -d /snap ] || command -v snap >/dev/null || modules="$modules squashfs"
  for module in $modules; do
    printf 'install %s /bin/false\nblacklist %s\n' "$module" "$module"
  done >/etc/modprobe.d/sindri.conf

  printf '[Coredump]\nStorage=none\nProcessSizeMax=0\n' >/etc/systemd/coredump.conf.d/60-sindri.conf
  printf '* hard core 0\n' >/etc/security/limits.d/60-sindri.conf

  grep -q '[[:space:]]/dev/shm[[:space:]]' /etc/fstab 2>/dev/null ||
    echo 'tmpfs /dev/shm tmpfs defaults,nodev,nosuid,noexec 0 0' >>/etc/fstab
}

harden_accounts() {
  # In the main file, where auditors look; Debian's consists of comments.
  cat >/etc/security/pwquality.conf <<'END'
minlen = 14
minclass = 4
dcredit = -1
lcredit = -1
ocredit = -1
ucredit = -1
difok = 2
maxrepeat = 3
maxsequence = 3
dictcheck = 1
enforcing = 1
enforce_for_root
END
  sed -i 's/^UMASK[[:space:]].*/UMASK 027/' /etc/login.defs
  echo 'umask 027' >/etc/profile.d/sindri-umask.sh

  printf 'Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\n' >/etc/sudoers.d/01-sindri
  chmod 440 /etc/sudoers.d/01-sindri
  visudo -cq || fail 'sudo refuses its configuration'
}

harden_logging() {
  mkdir -p /etc/systemd/journald.conf.d
  printf '[Journal]\nStorage=persistent\nCompress=yes\n' >/etc/systemd/journald.conf.d/60-sindri.conf

  cat >/etc/audit/rules.d/60-sindri.rules <<'END'
-w /etc/passwd -p wa -k identity
-w /etc/shadow -p wa -k identity
-w /etc/group -p wa -k identity
-w /etc/gshadow -p wa -k identity
-w /etc/sudoers -p wa -k scope
-w /etc/sudoers.d -p wa -k scope
-w /etc/ssh/sshd_config -p wa -k sshd
-w /etc/ssh/sshd_config.d -p wa -k sshd
-w /var/log/sudo.log -p wa -k actions
-w /var/log/lastlog -p wa -k logins
-w /etc/localtime -p wa -k time-change
-w /etc/apparmor.d -p wa -k mac-policy
END
  chmod 640 /etc/audit/rules.d/60-sindri.rules
}

restrict_files() {
  chmod 644 /etc/passwd /etc/group
  chown root:shadow /etc/shadow /etc/gshadow
  chmod 640 /etc/shadow /etc/gshadow
  for file in /etc/crontab /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /etc/cron.d \
    /boot/grub/grub.cfg; do
    [ ! -e "$file" ] || chmod og-rwx "$file"
  done

  echo 'Authorized use only. All activity may be monitored and reported.' >/etc/issue
  cp /etc/issue /etc/issue.net
  chmod 644 /etc/issue /etc/issue.net
}

install_packages
harden_ssh
harden_kernel
harden_accounts
harden_logging
restrict_files
echo 'hardened'
