/** A base image as its publisher offers it in every region. */
export interface AwsBase {
  readonly owner: string
  /** Pattern of the name, by architecture. */
  readonly name: Readonly<Record<'x86_64' | 'arm64', string>>
  readonly sshUser: string
  readonly rootDevice: string
}

const canonical = '099720109477'
const debian = '136693071363'

/**
 * https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ and
 * https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm (read 2026-11).
 */
export const awsBases: Readonly<Record<string, AwsBase>> = {
  'ubuntu-24.04': {
    owner: canonical,
    name: {
      x86_64: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*',
      arm64: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*',
    },
    sshUser: 'ubuntu',
    rootDevice: '/dev/sda1',
  },
  'ubuntu-22.04': {
    owner: canonical,
    name: {
      x86_64: 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*',
      arm64: 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-*',
    },
    sshUser: 'ubuntu',
    rootDevice: '/dev/sda1',
  },
  'debian-12': {
    owner: debian,
    name: { x86_64: 'debian-12-amd64-*', arm64: 'debian-12-arm64-*' },
    sshUser: 'admin',
    rootDevice: '/dev/xvda',
  },
}

/** An AMI the user names is taken to be built like Ubuntu's: 004's own examples log in as `ubuntu`. */
const customBase = { sshUser: 'ubuntu', rootDevice: '/dev/sda1' } as const

/** Who to log in as, and what the root disk is called, for `build.base`. */
export function accessOf(base: string): { readonly sshUser: string; readonly rootDevice: string } {
  return awsBases[base] ?? customBase
}
