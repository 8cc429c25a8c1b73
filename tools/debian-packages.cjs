'use strict'
const { spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')

const arm = process.arch === 'arm64'

// What npm cannot bring: [Debian package, proof that it is there, what it does here]. The proof is a program, a file or
// a command that succeeds, so that a machine which has it from elsewhere is left alone.
const forRehearsal = [
  ['packer', 'packer', 'builds the images'],
  ['mmdebstrap', 'mmdebstrap', 'makes the base disk of rehearsed instances'],
  ['openssh-server', 'sshd', 'the same sshd as in the images'],
  ['openssh-client', 'ssh', 'logs in to instances'],
  ['e2fsprogs', 'debugfs', 'makes and reads ext4 file systems'],
  ['dosfstools', 'mkfs.vfat', 'makes the EFI partition'],
  ['mtools', 'mcopy', 'fills the EFI partition'],
  ['fdisk', 'sfdisk', 'partitions disks'],
  ['mount', 'mount', 'mounts the disks of instances'],
  ['util-linux', 'unshare', 'gives instances namespaces of their own'],
  ['iproute2', 'ip', 'gives instances a network of their own'],
  ['grub-common', 'grub-mkimage', 'makes the boot loader'],
  arm
    ? ['grub-efi-arm64-bin', '/usr/lib/grub/arm64-efi', 'boot loader for UEFI']
    : ['grub-efi-amd64-bin', '/usr/lib/grub/x86_64-efi', 'boot loader for UEFI'],
  arm ? undefined : ['grub-pc-bin', '/usr/lib/grub/i386-pc', 'boot loader for BIOS'],
  ['ca-certificates', '/etc/ssl/certs/ca-certificates.crt', 'checks the certificates of downloads'],
].filter(Boolean)

const forParts = [
  arm
    ? ['qemu-system-arm', 'qemu-system-aarch64', 'proves that captured disks boot']
    : ['qemu-system-x86', 'qemu-system-x86_64', 'proves that captured disks boot'],
  arm ? undefined : ['ovmf', '/usr/share/ovmf/OVMF.fd', 'UEFI for QEMU'],
  ['qemu-utils', 'qemu-img', 'judges the disk formats that are read and written'],
  ['attr', 'getfattr', 'judges the extended attributes that are read from disks'],
  ['xfsprogs', 'mkfs.xfs', 'makes a file system that is told by its name'],
  ['btrfs-progs', 'mkfs.btrfs', 'makes another'],
  ['shellcheck', 'shellcheck', 'judges the shell scripts'],
  ['awscli', 'aws', 'a client of EC2 that is not ours'],
  ['jq', 'jq', 'reads JSON in tests'],
  ['ansible-core', 'ansible-playbook', 'runs a playbook in a build'],
  ['python3-venv', ['python3', '-c', 'import ensurepip'], 'holds moto, a stand-in of EC2 that is not ours'],
  ['golang-go', 'go', 'knows the module proxy that Packer itself is fetched from'],
  ['unzip', 'unzip', 'unpacks the Go toolchain'],
  ['nginx-light', 'nginx', 'serves disks to a test'],
  ['keystone', 'keystone-manage', "OpenStack's own identity service, started by a test only"],
  ['glance-api', 'glance-api', "OpenStack's own image service, started by a test only"],
  ['python3-openstackclient', 'openstack', "OpenStack's own client"],
].filter(Boolean)

const folders = [...new Set([...(process.env.PATH || '').split(':'), '/usr/sbin', '/sbin'])].filter(Boolean)

function present(proof) {
  if (Array.isArray(proof)) return spawnSync(proof[0], proof.slice(1), { stdio: 'ignore' }).status === 0
  if (proof.startsWith('/')) return fs.existsSync(proof)
  return folders.some((folder) => fs.existsSync(path.join(folder, proof)))
}

/**
 * Runs `work` while Debian's policy-rc.d forbids starting services, so that installing openssh-server opens no port.
 * Whatever was there before is put back. https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = '#!/bin/sh\n# Put here by Sindri while it installs packages.\nexit 101\n'
  const before = fs.existsSync(policy) ? fs.readFileSync(policy, 'utf8') : ours
  const mode = fs.existsSync(policy) ? fs.statSync(policy).mode : 0o755
  // A handler keeps Ctrl-C, which ends apt-get, from ending this process before the file is put back.
  const wait = () => undefined
  process.on('SIGINT', wait)
  try {
    fs.writeFileSync(policy, ours)
    fs.chmodSync(policy, 0o755)
    return work()
  } finally {
    if (before === ours) fs.unlinkSync(policy)
    else {
      fs.writeFileSync(policy, before)
      fs.chmodSync(policy, mode)
    }
    process.removeListener('SIGINT', wait)
  }
}

function aptGet(...args) {
  const env = Object.assign({}, process.env, { DEBIAN_FRONTEND: 'noninteractive' })
  const result = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env, encoding: 'utf8' })
  return { ok: result.status === 0, output: `${result.stdout || ''}${result.stderr || ''}` }
}

/**
 * Installs the Debian packages that `task` ('try' or 'test:parts') lacks here, as root with apt; says which and why.
 * Without root or apt, or when `mayInstall` is false, it says what to install. Returns whether everything is there.
 */
function ensureDebianPackages(task, mayInstall) {
  const wanted = task === 'test:parts' ? [...forRehearsal, ...forParts] : forRehearsal
  const missing = wanted.filter(([, proof]) => !present(proof))
  if (missing.length === 0) return true

  const names = missing.map(([name]) => name)
  const apt = present('apt-get')
  const root = process.getuid && process.getuid() === 0
  console.error(`\`npm run ${task}\` needs ${missing.length} more Debian package${missing.length === 1 ? '' : 's'}:`)
  for (const [name, , why] of missing) console.error(`  ${name.padEnd(20)} ${why}`)
  if (!apt || !root || !mayInstall) {
    const reason = !mayInstall ? 'SINDRI_NO_INSTALL is set' : !apt ? 'this machine has no apt' : 'you are not root'
    console.error(`not installing them: ${reason}`)
    if (apt) console.error(`hint: sudo apt-get install -y --no-install-recommends ${names.join(' ')}`)
    else console.error('hint: install what provides them here, or use a Debian 12 machine or container')
    return false
  }

  const begin = Date.now()
  const update = aptGet('update')
  const install = withoutStartingServices(() => aptGet('install', '-y', '--no-install-recommends', ...names))
  const seconds = ((Date.now() - begin) / 1000).toFixed(1)
  console.error(`${install.ok ? 'ok    ' : 'failed'}  apt-get install ${names.join(' ')}  ${seconds} s`)
  if (!install.ok) console.error(`${update.ok ? '' : update.output}${install.output}`)
  return install.ok
}

module.exports = { ensureDebianPackages }
