import { type FileTree, readStart } from '../file-tree.ts'
import { type Told, untold } from './told.ts'

/** The two architectures that clouds have machines of. */
export type Architecture = 'x86_64' | 'arm64'

// The removable media path: UEFI Specification 2.10, 3.5.1.1 (2026-11)
const bootLoaders: ReadonlyMap<string, Architecture> = new Map([
  ['/EFI/BOOT/BOOTX64.EFI', 'x86_64'],
  ['/EFI/BOOT/BOOTAA64.EFI', 'arm64'],
])

// e_machine of ELF and Machine of PE, https://learn.microsoft.com/windows/win32/debug/pe-format (2026-11)
const elfMachines: Readonly<Record<number, Architecture | string>> = {
  62: 'x86_64',
  183: 'arm64',
  3: 'i386',
  40: 'arm',
}
const peMachines: Readonly<Record<number, Architecture>> = { 34404: 'x86_64', 43620: 'arm64' }
const programs = ['/bin/sh', '/usr/bin/env', '/sbin/init', '/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1']

/** The boot loaders of an EFI system partition that any machine starts, with the architecture each is for. */
export async function bootLoadersOf(esp: FileTree): Promise<readonly { path: string; architecture: Architecture }[]> {
  const found: { path: string; architecture: Architecture }[] = []
  for (const [path, architecture] of bootLoaders) {
    const file = await esp.find(path)
    if (file?.kind !== 'file') continue
    const said = peMachines[peMachine(await readStart(file, 4096)) ?? 0]
    if (said === architecture) found.push({ path, architecture })
  }
  return found
}

/** What the programs of a root file system were made for. */
export async function programArchitecture(root: FileTree, where: string): Promise<Told<Architecture>> {
  for (const path of programs) {
    const file = await root.find(path).catch(() => undefined)
    if (file?.kind !== 'file') continue
    const machine = elfMachine(await readStart(file, 20))
    if (machine === undefined) continue
    const name = elfMachines[machine]
    if (name === 'x86_64' || name === 'arm64') return { value: name, evidence: `${where}: ${path}` }
    return untold(`${where}: ${path} is for ${name ?? `machine ${machine} of ELF`}`)
  }
  return untold(`${where}: none of ${programs.join(', ')} is a program`)
}

function elfMachine(head: Buffer): number | undefined {
  const little = head[5] === 1
  return head.length >= 20 && head.readUInt32BE(0) === 0x7f454c46 && little ? head.readUInt16LE(18) : undefined
}

function peMachine(head: Buffer): number | undefined {
  if (head.length < 64 || head.toString('latin1', 0, 2) !== 'MZ') return undefined
  const at = head.readUInt32LE(60)
  return at + 6 <= head.length && head.toString('latin1', at, at + 4) === 'PE\0\0'
    ? head.readUInt16LE(at + 4)
    : undefined
}
