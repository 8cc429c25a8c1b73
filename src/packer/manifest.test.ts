import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { imageOf, imagesByRegion, readManifest } from './manifest.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-manifest-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function manifestOf(text: string): ReturnType<typeof readManifest> {
  const file = join(folder, 'manifest.json')
  await writeFile(file, text)
  return readManifest(file)
}

function build(run: string, id: string): object {
  return {
    name: 'sindri',
    builder_type: 'amazon-ebs',
    artifact_id: id,
    packer_run_uuid: run,
    custom_data: { profile: 'base' },
  }
}

test('the image of the build region is taken from the last run', async () => {
  const builds = [build('old', 'us-west-2:ami-old'), build('new', 'us-east-1:ami-1,us-west-2:ami-2')]
  const manifest = await manifestOf(JSON.stringify({ builds, last_run_uuid: 'new' }))
  expect(manifest).toEqual({
    artifacts: [{ builder: 'amazon-ebs.sindri', id: 'us-east-1:ami-1,us-west-2:ami-2' }],
    custom: { profile: 'base' },
  })
  expect(imageOf(manifest, 'us-west-2')).toBe('ami-2')
  expect(() => imageOf(manifest, 'eu-west-1')).toThrow(
    'Packer reported no image in eu-west-1; it reported: ami-1 in us-east-1, ami-2 in us-west-2',
  )
})

test('the image of a builder without regions is its only artifact', () => {
  const artifacts = [{ builder: 'googlecompute.sindri', id: 'golden-1' }]
  expect(imageOf({ artifacts }, 'us-west1-a')).toBe('golden-1')
  expect(() => imageOf({ artifacts: [...artifacts, ...artifacts] }, 'us-west1-a')).toThrow('reported no image')
  expect(() => imageOf({ artifacts: [] }, 'us-west1-a')).toThrow('reported no image')
})

test('an artifact of another form has no regions', () => {
  expect(imagesByRegion('/subscriptions/1/images/x')).toEqual(new Map())
  expect(imagesByRegion('ocid1.image.oc1')).toEqual(new Map())
})

test('a file that is missing or no manifest is told as that', async () => {
  await expect(readManifest(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'not-found' })
  await expect(manifestOf('{')).rejects.toThrow('is not JSON')
  await expect(manifestOf('{"builds": 1}')).rejects.toThrow('it has no builds')
})
