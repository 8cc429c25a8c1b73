import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasCode } from '../../src/core/error.ts'
import { metadataHandler } from '../../src/rehearsal/aws/metadata.ts'
import { bases, bootToLogin, copyDisk, makeBase, openMachines, sweep } from '../../src/rehearsal/instances/index.ts'
import { rootPartition } from '../../src/rehearsal/instances/partition.ts'
import type { MachineSpec, Machines } from '../../src/rehearsal/kit/machines.ts'

const cache = join(process.env.XDG_CACHE_HOME || join(process.env.HOME ?? '/root', '.cache'), 'sindri')
const home = await mkdtemp(join(tmpdir(), 'sindri-instances-'))
const folder = join(home, 'machines')
const problem = await openMachines({ folder, cache })
  .then(() => bases(cache))
  .then(([debian]) => (debian?.offered ? undefined : debian?.note), String)
const able = problem === undefined

test.skipIf(able)(`instances do not run here: ${problem}`, (context) => context.skip())

let machines: Machines
let baseDisk: string
const servers: Server[] = []

/** Made once: a key of ours and one nobody was told. */
for (const key of ['key', 'stranger']) {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', join(home, key)])
}

async function specOf(number: number): Promise<MachineSpec> {
  const id = `i-${number}`
  const disk = join(home, `${id}.raw`)
  const hostname = `ip-172-31-16-${number}.eu-west-1.compute.internal`
  const mac = `0a:00:00:00:00:0${number}`
  const addresses = { privateAddress: `172.31.16.${number}`, publicAddress: `127.86.7.${number}` }
  const metadataSocket = join(home, `${id}.sock`)
  const publicKey = { name: 'deploy', openssh: await readFile(join(home, 'key.pub'), 'utf8') }
  const handler = metadataHandler({
    ...{ id, hostname, mac, ...addresses, publicKey, imageId: 'ami-1', type: 't3.micro', region: 'eu-west-1' },
    ...{ zone: 'eu-west-1a', account: '111122223333', subnetId: 'subnet-1', vpcId: 'vpc-1', tokens: 'required' },
    ...{ securityGroups: ['default'], reservationId: 'r-1', launchedAt: '2026-11-21T00:00:00Z' },
  })
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(metadataSocket, resolve))
  const uuid = `ec2b2a4c-0000-4000-8000-00000000000${number}`
  return {
    ...{ id, disk, hostname, mac, metadataSocket, memoryMiB: 1024, metadataAddress: '169.254.169.254:80' },
    ...{ privateAddress: `${addresses.privateAddress}/20`, publicAddress: addresses.publicAddress },
    firmware: { sys_vendor: 'Amazon EC2', product_uuid: uuid, product_serial: uuid, board_asset_tag: id },
  }
}

async function ssh(spec: MachineSpec, command: string, key = 'key'): Promise<string> {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'LogLevel=ERROR']
  const args = [...options.flatMap((option) => ['-o', option]), '-i', join(home, key), `admin@${spec.publicAddress}`]
  const { stdout } = await promisify(execFile)('ssh', ['-o', 'ConnectTimeout=5', ...args, command])
  return stdout.trim()
}

/** A program that fails is an answer here. */
async function inside(spec: MachineSpec, command: string): Promise<string> {
  return ssh(spec, `(${command}) 2>&1 || echo "exit $?"`)
}

async function untilUp(spec: MachineSpec): Promise<void> {
  const done = async () => expect(await ssh(spec, 'cloud-init status')).toBe('status: done')
  await vi.waitFor(done, { timeout: 120_000, interval: 300 })
}

/** What this host still holds for machines under the test's folder. */
async function leftovers(): Promise<string> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const loops = execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], { encoding: 'utf8' })
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n')
  const ours = processes.filter((line) => line.includes(home) && !line.startsWith('ssh'))
  const cgroups = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', 'sindri-i-[0-9]'], {
    encoding: 'utf8',
  })
  return (
    [...mounts.split('\n'), ...loops.split('\n')].filter((line) => line.includes(home)).join('\n') +
    ours.join('\n') +
    cgroups
  )
}

describe.skipIf(!able)('instances that really run (needs Linux, root and mmdebstrap)', () => {
  let first: MachineSpec

  beforeAll(async () => {
    machines = await openMachines({ folder, cache })
    baseDisk = (await makeBase('debian-12', { cache })).disk
    first = await specOf(1)
    await copyDisk(baseDisk, first.disk, 10)
    await machines.start(first)
    await untilUp(first)
  })

  afterAll(async () => {
    await sweep(folder)
    for (const server of servers) server.close()
    await rm(home, { recursive: true })
  })

  test('a base is made once and offered', async () => {
    const { disk } = await makeBase('debian-12', { cache, tell: () => expect.unreachable('made twice') })
    expect(disk).toBe(baseDisk)
    expect((await bases(cache)).find(({ name }) => name === 'debian-12')).toMatchObject({
      offered: true,
      disk: baseDisk,
    })
    expect((await readdir(join(cache, 'bases'))).filter((name) => name.startsWith('.making'))).toEqual([])
  })

  test('the key of the metadata service opens it, and no other', async () => {
    expect(await ssh(first, 'whoami; sudo whoami; hostname')).toBe('admin\nroot\nip-172-31-16-1')
    await expect(ssh(first, 'true', 'stranger')).rejects.toThrow('Permission denied')
  })

  test('its file system fills the larger disk', async () => {
    const blocks = Number(await ssh(first, 'stat -f -c "%b*%S" / | tr "*" " " | (read b s; echo $((b * s >> 20)))'))
    expect(blocks).toBeGreaterThan(9_500)
  })

  test('it installs packages from the mirrors of this machine, and reaches nothing else', async () => {
    expect(
      await inside(first, 'sudo apt-get -qq update && sudo apt-get -qq install -y jq >/dev/null && jq --version'),
    ).toMatch(/jq-\d/)
    const server = createServer((_, response) => response.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    servers.push(server)
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    for (const host of ['127.0.0.1', first.publicAddress, '172.31.16.2', '192.0.2.1']) {
      const reached = await inside(first, `timeout 5 bash -c 'echo > /dev/tcp/${host}/${port}' && echo open`)
      expect(reached, host).not.toMatch(/open$/)
    }
    for (const name of ['example.com', 'constructor']) {
      expect(await inside(first, `getent hosts ${name}`)).toBe('exit 2')
    }
  })

  test.each([
    ['mount -t tmpfs x /mnt', /permission denied|must be superuser/],
    ['mknod /tmp/node b 254 0', /not permitted/],
    ['sh -c "echo 1 > /proc/sys/vm/overcommit_memory"', /Read-only/],
    ['sh -c "echo 1 > /sys/kernel/mm/ksm/run"', /Read-only/],
    ['unshare --user --map-root-user --mount --pid --fork mount -t proc proc /proc', /denied|not permitted/],
    ['unshare --user --map-root-user --mount mount -o remount,rw,bind /proc/sys', /denied|not permitted/],
    ['hostname other', /not permitted|must be root/],
    ['date -s 2020-01-01', /not permitted/],
    ['ip link set eth0 down', /not permitted/],
  ])('root inside cannot %s', async (command, refusal) => {
    expect(await inside(first, `sudo ${command} >/dev/null`)).toMatch(refusal)
  })

  test('root inside cannot leave its root directory', async () => {
    const climb = `import os
os.makedirs('/tmp/x', exist_ok=True); root = os.open('/', 0); os.chroot('/tmp/x'); os.fchdir(root)
[os.chdir('..') for _ in range(20)]; os.chroot('.'); print(open('/etc/hostname').read())`
    expect(await inside(first, `sudo python3 -c "${climb}"`)).toBe('ip-172-31-16-1')
  })

  test('it sees its own processes only, and cannot end its process 1', async () => {
    const seen = await inside(first, 'sudo kill -9 1; ps -eo args')
    expect(seen).toContain('/bin/sh /run/sindri/boot')
    expect(seen).not.toContain('gate.js')
  })

  test('services are enabled though no systemd runs', async () => {
    expect(await inside(first, 'sudo systemctl enable systemd-networkd')).toContain('Created symlink')
    expect(await inside(first, 'systemctl is-enabled systemd-networkd')).toBe('enabled')
  })

  test('another process opens the way in again and is not refused', async () => {
    await writeFile(
      join(home, 'again.ts'),
      `
      import { openMachines } from ${JSON.stringify(join(import.meta.dirname, '../../src/rehearsal/instances/index.ts'))}
      const machines = await openMachines({ folder: ${JSON.stringify(folder)}, cache: '/nonexistent' })
      await machines.start(${JSON.stringify({ ...first, publicAddress: '127.86.7.99' })})
      console.log('ready')
      setInterval(() => {}, 1000)
    `,
    )
    const other = spawn(process.execPath, [join(home, 'again.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => other.stdout.once('data', resolve))
    expect(await ssh({ ...first, publicAddress: '127.86.7.99' }, 'hostname')).toBe('ip-172-31-16-1')
    other.kill('SIGKILL')
  })

  test('each machine has host keys and a machine id of its own', async () => {
    const second = await specOf(2)
    await copyDisk(baseDisk, second.disk)
    await machines.start(second)
    await untilUp(second)
    const identity = 'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/machine-id'
    expect(await ssh(second, identity)).not.toBe(await ssh(first, identity))
    await machines.stop(second.id)
    expect(await machines.running(second.id)).toBe(false)
  })

  test('a stopped machine leaves a clean disk with what was written, and starts again', async () => {
    await ssh(first, 'echo kept | sudo tee /root/kept')
    await machines.stop(first.id)
    await machines.stop(first.id)
    const fileSystem = `${first.disk}?offset=${(await rootPartition(first.disk)).offset}`
    expect(execFileSync('debugfs', ['-R', 'cat /root/kept', fileSystem], { encoding: 'utf8', stdio: 'pipe' })).toBe(
      'kept\n',
    )
    execFileSync('e2fsck', ['-f', '-n', fileSystem], { stdio: 'pipe' })
    expect(await leftovers()).toBe('')
    await machines.start(first)
    await untilUp(first)
    expect(await machines.console(first.id)).toContain('sindri: the machine is up')
  })

  test('nothing is left of a machine whose gate was killed', async () => {
    const { gate } = JSON.parse(await readFile(join(folder, first.id, 'machine.json'), 'utf8'))
    process.kill(gate.pid, 'SIGKILL')
    await expect.poll(() => machines.running(first.id)).toBe(false)
    await machines.stop(first.id)
    await expect.poll(leftovers).toBe('')
  })

  test.each([
    ['SIGTERM', 8],
    ['SIGKILL', 9],
  ])('nothing is left of a machine that %s ends while it starts', async (how, number) => {
    const spec = await specOf(number)
    await copyDisk(baseDisk, spec.disk, 10)
    for (let attempt = 1; attempt <= 4; attempt++) {
      // It resolves as soon as the gate listens, before the machine itself is there.
      await machines.start(spec)
      const { gate } = JSON.parse(await readFile(join(folder, spec.id, 'machine.json'), 'utf8'))
      process.kill(gate.pid, how)
      await machines.stop(spec.id)
      await vi.waitFor(async () => expect(await leftovers()).toBe(''), { timeout: 5_000 })
    }
  })

  test('the sweep ends what a crash left running', async () => {
    await machines.start(first)
    expect(await sweep(folder)).toEqual([first.id])
    expect(await sweep(folder)).toEqual([])
    expect(await leftovers()).toBe('')
  })

  test('a base that is cancelled leaves no half-made work', async () => {
    const own = await mkdtemp(join(home, 'cache-'))
    const signal = AbortSignal.timeout(5_000)
    const failure = await makeBase('debian-12', { cache: own, signal }).catch((error: unknown) => error)
    expect(hasCode(failure, 'cancelled')).toBe(true)
    expect(await readdir(join(own, 'bases'))).toEqual([])
    await expect.poll(leftovers).toBe('')
  }, 30_000)
})

const emulator = await promisify(execFile)('qemu-system-x86_64', ['--version']).then(
  () => true,
  () => false,
)

test.skipIf(!able || !emulator)('a base boots to a login by itself in QEMU', async () => {
  const own = await mkdtemp(join(tmpdir(), 'sindri-boot-'))
  const { disk } = await makeBase('debian-12', { cache })
  expect(await bootToLogin(disk, { folder: own, timeoutMs: 300_000 })).toMatch(/Debian GNU\/Linux 12 \S+ ttyS0/)
  await rm(own, { recursive: true })
})
