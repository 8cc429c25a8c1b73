import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BegunBuild, beginBuild, killedBuild, missingPart, openSindri, type Sindri } from './sindri.ts'

const region = 'us-west-2'
const onAws = ['--cloud', 'aws']
const missing = await missingPart()

let sindri: Sindri

/** Starts a build and resolves when its instance is being provisioned. */
async function begin(name: string): Promise<BegunBuild> {
  const begun = await beginBuild(sindri, name, ...onAws)
  expect((await held()).instances).toMatchObject([{ state: 'running' }])
  return begun
}

async function held() {
  const { aws } = (await sindri.status()).resources
  expect(Object.keys(aws ?? {})).toSatisfy((regions: string[]) => regions.every((one) => one === region))
  return aws?.[region] ?? { images: [], snapshots: [], instances: [], volumes: [], keyPairs: [], securityGroups: [] }
}

/** How many instances were launched for a build of this name. */
async function launches(name: string): Promise<number> {
  const { requests } = await sindri.status()
  const launched = requests.filter(({ operation }) => operation === 'RunInstances')
  return launched.filter(({ parameters }) => JSON.stringify(parameters).includes(`"${name}-`)).length
}

async function expectOneImage(name: string, imageId: string): Promise<void> {
  const { images, snapshots, ...rest } = await held()
  const ours = images.filter((image) => String(image.name).startsWith(`${name}-`))
  expect(ours).toMatchObject([{ id: imageId, state: 'available' }])
  expect(snapshots).toHaveLength(images.length)
  expect(Object.values(rest).flat()).toEqual([])
}

describe.skipIf(missing !== undefined)(`a killed build${missing === undefined ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    sindri = await openSindri()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('a killed Sindri finds its Packer still at work, and launches nothing again', async () => {
    const begun = await begin('alone')
    process.kill(begun.pid, 'SIGKILL')
    await begun.ended
    const { image_id: image } = await sindri.build('--name', 'alone', ...onAws)
    expect(await launches('alone')).toBe(1)
    await expectOneImage('alone', image)
  })

  test('a killed Packer is told of, swept, and run again', async () => {
    const begun = await begin('packer')
    process.kill(-begun.packer, 'SIGKILL')
    const { code, stderr } = await begun.ended
    expect(code).toBe(1)
    expect(stderr).toContain('Packer was killed while provisioning')
    const { image_id: image } = await sindri.build('--name', 'packer', ...onAws)
    expect(await launches('packer')).toBe(2)
    await expectOneImage('packer', image)
  })

  test('what a killed Sindri and a killed Packer left behind is swept by the next run', async () => {
    await killedBuild(sindri, 'both', ...onAws)
    expect((await held()).instances).toMatchObject([{ state: 'running' }])
    const { image_id: image } = await sindri.build('--name', 'both', ...onAws)
    expect(await launches('both')).toBe(2)
    await expectOneImage('both', image)
  })

  test('an interrupted build cleans up behind itself', async () => {
    const before = await held()
    const begun = await begin('interrupted')
    process.kill(begun.pid, 'SIGINT')
    expect((await begun.ended).code).toBe(130)
    expect(await held()).toEqual(before)
    expect(() => process.kill(-begun.packer, 0)).toThrow('ESRCH')
  })
})
