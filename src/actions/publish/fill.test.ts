import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import type { SindriEvent, StepState } from '../../core/events.ts'
import { plan } from '../../core/plan.ts'
import type { PartSink } from '../../core/sink.ts'
import { type Step, step } from '../../core/step.ts'
import type { Disk } from '../../disk/disk.ts'
import { fillOf } from './fill.ts'

const data = Buffer.alloc(4096, 'disk')
const disk: Disk = {
  ...{ format: 'raw', sizeBytes: data.length, extents: [{ offset: 0, length: data.length }], close: async () => {} },
  read: async (offset, into) => into.set(data.subarray(offset, offset + into.length)),
}
/** Whoever waits for time to pass waits for ever. */
const clock = { now: () => 0, sleep: () => new Promise<void>(() => undefined) }
const record = { read: async () => new Set<number>(), write: async () => undefined }
const sink: PartSink = {
  ...{ kind: 'parts', format: 'raw', partBytes: () => 4096, zeros: 'skip', stored: async () => new Set<number>() },
  put: async (_, bytes) => bytes.length,
  finish: async () => undefined,
}

function declared(id: string, fills: boolean, after: readonly Step<unknown>[] = []): Step<string> {
  return step<string, string>(id, {
    ...{ title: id, digest: id, after, find: async () => undefined, start: async () => id },
    poll: async () => ({ done: id }),
    ...(fills && { fill: () => sink }),
  })
}

const bucket = declared('gcp/bucket', false)
const steps = [declared('aws/snapshot', true), bucket, declared('gcp/object', true, [bucket])]

test.each<[string, string, StepState]>([
  ['was there already', 'gcp/object', 'adopted'],
  ['is done, since an earlier run had sent everything', 'gcp/object', 'done'],
  ['cannot be begun, since what it needs has failed', 'gcp/bucket', 'failed'],
])('a disk is sent at once when the other place %s', async (_, id, state) => {
  const told: SindriEvent[] = []
  const { signal } = new AbortController()
  const { fill, emit } = fillOf(plan(steps, []), { disk, clock, signal, emit: (event) => told.push(event) })
  emit({ type: 'step', id, title: id, state })
  await fill('aws/snapshot', sink, record)
  expect(told).toMatchObject([
    { id, state },
    { type: 'progress', id: 'aws/snapshot', bytes: { sent: 4096 } },
  ])
})
