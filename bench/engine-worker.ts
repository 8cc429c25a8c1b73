/**
 * What the engine itself costs, with clouds that answer at once; alone in a process.
 * usage: node bench/engine-worker.ts; prints one line of JSON
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsDiskPlan } from '../src/clouds/aws/disk-plan.ts'
import type { AwsDiskApi } from '../src/clouds/aws/disk-port.ts'
import type { AwsApi } from '../src/clouds/aws/port.ts'
import { apply } from '../src/core/apply.ts'
import { systemClock } from '../src/core/clock.ts'
import { plan } from '../src/core/plan.ts'
import { openSqliteStore } from '../src/core/sqlite-store.ts'
import { type Step, step } from '../src/core/step.ts'
import { survey } from '../src/core/survey.ts'
import type { Publication } from '../src/release/publication.ts'

/** Seconds: processor time of 8,700 steps, and the time that planning 300 images in 25 regions takes. */
export interface Engine {
  readonly stepsProcessorSeconds: number
  readonly planningSeconds: number
}

const images = 300
const regions = 25
const running = { clock: systemClock, signal: new AbortController().signal, emit: () => undefined }

/** An AWS that has nothing: of what it is asked while nothing exists, every answer is an empty list. */
const nothing = (): Promise<readonly never[]> => new Promise((resolve) => setImmediate(() => resolve([])))
const silent = {
  images: new Proxy({} as AwsApi, { get: () => nothing }),
  disks: new Proxy({} as AwsDiskApi, { get: () => nothing }),
}

const before = process.cpuUsage()
await makeAll()
const { user, system } = process.cpuUsage(before)
const began = performance.now()
await planAll()
const planningSeconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ stepsProcessorSeconds: (user + system) / 1e6, planningSeconds } satisfies Engine))

/** Of each image: an upload, an import, copies of that and a pointer, 29 steps, with records in files. */
async function makeAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  try {
    await Promise.all(
      Array.from({ length: images }, async (_, index) => {
        const store = openSqliteStore(join(folder, `${index}.db`))
        const upload = made('upload')
        const image = made('image', [upload])
        const copies = Array.from({ length: 27 }, (_each, copy) => made(`copy/${copy}`, [image]))
        await apply({ release: `image-${index}`, plan: plan([upload, image, ...copies], []), store, ...running })
        store.close()
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function made(id: string, after: readonly Step<unknown>[] = []): Step<string> {
  return step<string, string>(id, {
    ...{ title: id, digest: `digest of ${id}`, after, find: async () => undefined },
    start: async (_, token) => token,
    poll: async (handle) => ({ done: handle }),
  })
}

async function planAll(): Promise<void> {
  const named = Array.from({ length: regions }, (_, index) => `region-${index}`)
  const settings = { regions: named, bestEffortRegions: [], accounts: ['210987654321'], organizations: [] }
  await Promise.all(
    Array.from({ length: images }, (_, index) => {
      const { steps, settings: declared } = awsDiskPlan(
        silent,
        { ...settings, organizationalUnits: [], tpm: false, disableEncryptionByDefault: false },
        publication(index),
      )
      return survey({ plan: plan(steps, declared), ...running })
    }),
  )
}

function publication(index: number): Publication {
  return {
    ...{
      key: `image-${index}-1.0.0-debian12`,
      name: `image-${index}-1.0.0-20261121-debian12`,
      project: `image-${index}`,
    },
    ...{ version: '1.0.0', os: 'debian12', audience: 'private' },
    disk: { digest: 'd'.repeat(64), sizeBytes: 8 * 1024 ** 3, architecture: 'x86_64', firmware: 'uefi' },
  }
}
