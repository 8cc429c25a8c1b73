import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InitResult } from '../../src/actions/init.ts'
import { currentPacker, missingPart, type Outcome, openSindri, type Sindri, startProgram } from './sindri.ts'

const missing = await missingPart()
const current = currentPacker()
const packers = [
  { title: 'the packer on PATH', environment: {}, absent: missing },
  {
    title: 'the packer of npm run parts',
    environment: current ?? {},
    absent: missing ?? (current === undefined && process.env.CI !== 'true' ? 'run npm run parts' : undefined),
  },
]

let sindri: Sindri

/** Without folders that hold a sindri, as npm's own: a template that needs it would be built all the same with it there. */
function withoutSindri(path: string): string {
  return path
    .split(delimiter)
    .filter((folder) => !existsSync(join(folder, 'sindri')))
    .join(delimiter)
}

describe.each(packers)('$title', ({ environment, absent }) => {
  let rehearsed: Record<string, string>

  /** Plain Packer, pointed at the rehearsal as a user would do it. */
  function packer(...words: readonly string[]): Promise<Outcome> {
    const { AWS_PROFILE, AWS_DEFAULT_PROFILE, ...own } = process.env
    const all: Record<string, string | undefined> = { ...own, ...environment, ...rehearsed, CHECKPOINT_DISABLE: '1' }
    const variables = { ...all, PATH: withoutSindri(all.PATH ?? '') }
    return startProgram('packer', words, sindri.folder, variables).ended
  }

  describe.skipIf(absent !== undefined)(`builds (${absent ?? 'rehearsed'})`, () => {
    beforeAll(async () => {
      sindri = await openSindri(environment)
      await sindri.json('rehearsal', 'up')
      rehearsed = await sindri.json('rehearsal', 'env')
    })

    afterAll(async () => {
      expect(await sindri.close()).toEqual([])
    })

    test('what init writes is valid, and makes an image with no Sindri beside it', async () => {
      const made: InitResult = await sindri.json('vm', 'init', '--cloud', 'aws', '--base', 'debian-12', '-o', 'd')
      expect(made.template).toBe('./d/aws.pkr.hcl')
      expect(await packer('validate', 'd')).toMatchObject({ code: 0 })
      const built = await packer('build', '-color=false', 'd')
      expect(built, built.stdout).toMatchObject({ code: 0 })
      const held = (await sindri.status()).resources.aws?.['us-west-2']
      const tags = { 'sindri:managed': 'true', 'sindri:base': 'debian-12', 'sindri:ssh-user': 'admin' }
      expect(held?.images).toMatchObject([{ state: 'available', tags }])
      expect(held).toMatchObject({ instances: [], volumes: [], keyPairs: [], securityGroups: [] })
    })

    test('init does not overwrite what was written', async () => {
      const { code, stderr } = await sindri.run('vm', 'init', '--cloud', 'aws', '--base', 'debian-12', '-o', 'd')
      expect(code).toBe(1)
      expect(stderr).toContain('./d/aws.pkr.hcl exists')
    })

    test('Sindri builds with it', async () => {
      const built = await sindri.build('--cloud', 'aws', '--name', 'own')
      expect(built).toMatchObject({ cached: false, failed: [] })
      const held = (await sindri.status()).resources.aws?.['us-west-2']
      const image = held?.images.find(({ id }) => id === built.image_id)
      expect(image).toMatchObject({ name: built.name, state: 'available', imdsSupport: 'v2.0' })
    })
  })
})
