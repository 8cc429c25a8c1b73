import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** OpenStack's own Keystone and two Glances, running. */
export interface RunningOpenStack {
  /** Has the clouds `admin`, `one`, `two` and `app`; see openstack.sh. */
  readonly cloudsFile: string
  /** The files that a region keeps for its images. */
  stored(region: 'RegionOne' | 'RegionTwo'): Promise<readonly string[]>
  /** Ends all of it; nothing is left. */
  close(): Promise<void>
}

/** True where tests of OpenStack are skipped: never in CI. */
export const withoutOpenStack: boolean =
  process.env.CI === undefined &&
  !['keystone-manage', 'glance-api', 'openstack'].every((name) => existsSync(`/usr/bin/${name}`))

/** Starts them, which takes some twenty seconds. They end with this process. */
export async function startOpenStack(): Promise<RunningOpenStack> {
  const own = await mkdtemp(join(tmpdir(), 'sindri-openstack-'))
  const folder = join(own, 'cloud')
  const script = spawn(join(import.meta.dirname, 'openstack.sh'), [folder], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => script.on('close', () => resolve()))
  let complaints = ''
  script.stderr.on('data', (text) => {
    complaints += text
  })
  const ready = new Promise<boolean>((resolve) =>
    createInterface(script.stdout)
      .on('line', (line) => resolve(line === 'ready'))
      .on('close', () => resolve(false)),
  )
  const close = async (): Promise<void> => {
    script.stdin.end()
    await ended
    await rm(own, { recursive: true })
  }
  if (!(await ready)) {
    await close()
    throw new Error(`openstack.sh: ${complaints}`)
  }
  return {
    cloudsFile: join(folder, 'clouds.yaml'),
    stored: (region) => readdir(join(folder, region === 'RegionOne' ? 'store1' : 'store2')),
    close,
  }
}
