import { realpath } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { join } from 'node:path'
import { SindriError } from '../../core/error.ts'
import type { MachineSpec } from '../kit/machines.ts'
import { rootPartition } from './partition.ts'
import { resourcePath } from './resource.ts'
import { systemPath } from './run.ts'

/** Where Amazon's resolver answers in every VPC. https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
const resolver = '169.254.169.253'

/** What gate.js reads; described there. */
interface GateSettings {
  readonly ip: readonly string[]
  readonly doors: readonly { readonly listen: Place; readonly to: Place }[]
  readonly names: Readonly<Record<string, string>>
  readonly resolver: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly disk: string
  readonly cgroups: readonly string[]
}

type Place = { readonly host: string; readonly port: number } | { readonly path: string }

/** How the gate shall run a machine kept in `home`, with the apt mirrors as its only way out. */
export async function gateSettings(
  spec: MachineSpec,
  home: string,
  mirrors: readonly URL[],
  cgroups: readonly string[],
): Promise<GateSettings> {
  const own = ownAddress(spec)
  const metadata = new URL(`http://${spec.metadataAddress}`)
  const shortName = spec.hostname.replace(/\..*/, '')
  const root = await rootPartition(spec.disk)
  const doorsOut = mirrors.map((mirror, index) => ({
    name: mirror.hostname,
    host: `169.254.100.${index + 1}`,
    port: Number(mirror.port || (mirror.protocol === 'http:' ? 80 : 443)),
    socket: mirrorSocket(index),
  }))
  const local = [metadata.hostname, resolver, ...doorsOut.map(({ host }) => host)]
  return {
    ip: [
      'link set lo up',
      `link add eth0 address ${spec.mac} type veth peer name router`,
      'link set router up',
      'link set eth0 up',
      `address add ${spec.privateAddress} dev eth0`,
      'route add default dev eth0',
      ...local.map((address) => `address add ${address}/32 dev lo`),
    ],
    doors: [
      { listen: { path: 'ssh.sock' }, to: { host: own, port: 22 } },
      {
        listen: { host: metadata.hostname, port: Number(metadata.port || 80) },
        to: { path: spec.metadataSocket },
      },
      ...doorsOut.map(({ host, port, socket }) => ({ listen: { host, port }, to: { path: socket } })),
    ],
    names: {
      [spec.hostname]: own,
      [shortName]: own,
      ...Object.fromEntries((spec.metadataNames ?? []).map((name) => [name, metadata.hostname])),
      ...Object.fromEntries(doorsOut.map(({ name, host }) => [name, host])),
    },
    resolver,
    command: [
      // A killed gate takes the machine with it, also one that was killed before the machine could ask for that.
      ...['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', '[ "$PPID" = "$SINDRI_GATE" ] || exit 1; exec "$@"', 'sh'],
      ...['unshare', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork'],
      ...['--kill-child', 'sh', resourcePath('machine-init.sh')],
      ...cgroups.map((folder) => join(folder, 'cgroup.procs')),
    ],
    env: {
      PATH: systemPath,
      SINDRI_FOLDER: home,
      SINDRI_BOOT: resourcePath('machine-boot.sh'),
      SINDRI_DISK: spec.disk,
      SINDRI_OFFSET: String(root.offset),
      SINDRI_LENGTH: String(root.length),
      SINDRI_HOSTNAME: shortName,
      ...(spec.localStage && { SINDRI_STAGES: 'local' }),
    },
    disk: await realpath(spec.disk),
    cgroups,
  }
}

/** The name, in the machine's folder, of the socket that leads to the mirror with this index. */
export function mirrorSocket(index: number): string {
  return `apt-${index}.sock`
}

/** The lines for `ip -batch` are words between spaces, so what goes into them is checked. */
function ownAddress({ privateAddress, mac }: MachineSpec): string {
  const [address = '', length = ''] = privateAddress.split('/')
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length)) {
    throw new SindriError('usage', `a machine's private address is like 172.31.16.7/20, not ${privateAddress}`)
  }
  if (!/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(mac)) {
    throw new SindriError('usage', `a machine's mac is like 0a:1b:2c:3d:4e:5f, not ${mac}`)
  }
  return address
}
