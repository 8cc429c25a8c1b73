import { readFileSync } from 'node:fs'
import { arch, getuid, platform } from 'node:process'

/** What decides whether an extension can be installed here. */
export interface Machine {
  /** `debian-12`; the platform's name where there is no /etc/os-release. */
  readonly distribution: string
  /** `x86_64`, `arm64`, or what else Node calls it. */
  readonly architecture: string
  readonly root: boolean
}

/** The machine this runs on. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export function thisMachine(): Machine {
  return {
    distribution: distributionOf(osRelease()) ?? platform,
    architecture: arch === 'x64' ? 'x86_64' : arch,
    root: getuid?.() === 0,
  }
}

/** `ID` and `VERSION_ID` of an os-release file, `ubuntu-24.04`. */
export function distributionOf(text: string): string | undefined {
  const value = (key: string): string | undefined => new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, 'm').exec(text)?.[1]
  const [id, version] = [value('ID'), value('VERSION_ID')]
  if (id === undefined) return undefined
  return version === undefined ? id : `${id}-${version}`
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}
