import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Applied, type ApplyOptions, apply } from '../core/apply.ts'
import { messageOf, SindriError } from '../core/error.ts'
import type { Emit, SindriEvent } from '../core/events.ts'
import { instantClock, memoryStore } from '../core/fake-cloud.fixture.ts'
import { plan } from '../core/plan.ts'
import { step } from '../core/step.ts'
import type { Store } from '../core/store.ts'
import { releaseName } from '../release/name.ts'
import type { Release } from '../release/release.ts'
import type { CloudId, CloudImage, Launched, LaunchRequest, MadeImage, Target } from './cloud.ts'

/** A rehearsed account, empty at first, with the means to do in it what is not Sindri's own doing. */
export interface Account {
  /** Where images are built. */
  readonly region: string
  /** Two regions to copy to; none where an image is in all of them from the beginning. */
  readonly others: readonly [string, string] | readonly []
  readonly instanceType: string
  /** Two accounts an image can be shared with; none where the config has no readers. */
  readonly readers: readonly [string, string] | readonly []
  /** Of a key to log in with; otherwise one of ed25519. */
  readonly publicKey?: string
  /** True where the cloud has no deprecation of images. */
  readonly withoutDeprecation?: true
  /** An image id of the right form that names nothing. */
  readonly unknownImage: string
  /** The cloud as a config with these regions and readers sees it. */
  connect(wanted: { readonly regions: readonly string[]; readonly readers: readonly string[] }): Promise<Target>
  /** Makes what the builder makes of a release, and waits for it. */
  build(release: Pick<Release, 'name' | 'fingerprint'>): Promise<MadeImage>
  /** Leaves behind what a killed run of Packer leaves in `region`; returns the names that only its log tells of. */
  abandonRun(run: { readonly token: string; readonly release: string }): Promise<readonly string[]>
  /** Everything there is in the three regions, one text for each thing. */
  inventory(): Promise<readonly string[]>
  close(): Promise<void>
}

const killed = new Error('killed')
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0DL1+LTVSgJz4Hhsvtd2XGjrSlAzLk8BMGSF8w2nPx contract'

const golden = releaseName('golden', Date.now())
const other = releaseName('other', Date.now())

/** Registers the tests that every cloud passes: what commands and the engine rely on, whatever the cloud. */
export function cloudContract(cloud: CloudId, open: () => Promise<Account>): void {
  describe(`${cloud} keeps the contract of a cloud`, () => {
    let account: Account
    let target: Target
    beforeEach(async () => {
      account = await open()
      target = await account.connect({ regions: account.others, readers: account.readers })
    })
    afterEach(() => account.close())

    const releaseOf = (name: string): Release => ({
      name,
      fingerprint: 'feedc0dedeadbeef',
      cloud,
      region: account.region,
    })

    /** What `build` does once Packer has made the image. */
    async function publish(release: Release, store: Store, emit: Emit = () => {}, by = target): Promise<Applied> {
      const built = step<MadeImage, null>('image', {
        title: `build ${release.name}`,
        digest: release.fingerprint,
        async find() {
          const [found] = await by.images.list(release.region, { release: release.name })
          return found && { digest: found.fingerprint, out: { id: found.id, region: found.region, name: found.name } }
        },
        start: async () => null,
        poll: async () => ({ failed: 'the image is built before' }),
      })
      const { copies, settings } = by.publish.plan(release, built)
      return apply({ ...quietly(), release: release.name, plan: plan([built, ...copies], settings), store, emit })
    }

    async function changes(release: Release, by: Target): Promise<readonly (SindriEvent & { type: 'setting' })[]> {
      const seen: (SindriEvent & { type: 'setting' })[] = []
      const note: Emit = (event) => {
        if (event.type === 'setting' && event.change === 'made') seen.push(event)
      }
      await publish(release, memoryStore(), note, by)
      return seen
    }

    async function image(release: Release): Promise<CloudImage> {
      const { id } = await account.build(release)
      return target.images.get(release.region, id)
    }

    test('it knows whose credentials these are', async () => {
      expect(await target.identity()).not.toBe('')
    })

    test('it lists no image in an empty account, and finds one by release, fingerprint and beginning of its name', async () => {
      const { region } = account
      expect(await target.images.list(region, {})).toEqual([])
      const release = releaseOf(golden)
      const { id } = await account.build(release)
      await account.build({ name: other, fingerprint: '0000000000000000' })
      const found = async (query: Parameters<Target['images']['list']>[1]): Promise<readonly string[]> =>
        (await target.images.list(region, query)).map((one) => one.name)
      expect(await found({})).toEqual([other, golden])
      expect(await found({ release: golden })).toEqual([golden])
      expect(await found({ release: 'golden' })).toEqual([])
      expect(await found({ fingerprint: release.fingerprint })).toEqual([golden])
      expect(await found({ namePrefix: 'gold' })).toEqual([golden])
      expect(await found({ namePrefix: 'olden' })).toEqual([])
      const { name, fingerprint } = release
      expect(await target.images.get(region, id)).toMatchObject({ id, region, name, release: name, fingerprint })
    })

    test('an unknown image is not found, and the error says where to look', async () => {
      const error = await target.images.get(account.region, account.unknownImage).catch((one: unknown) => one)
      expect(error).toBeInstanceOf(SindriError)
      expect(error).toMatchObject({ code: 'not-found', hint: expect.stringMatching(/./) })
      expect(String(error)).toContain(account.unknownImage)
    })

    test('a release is copied and opened once; a second run changes nothing', async () => {
      const release = releaseOf(golden)
      const built = await image(release)
      const store = memoryStore()
      await publish(release, store)
      const copies = await target.images.copiesOf(built)
      expect(copies.map((copy) => [copy.region, copy.release, copy.state]).sort()).toEqual(
        account.others.map((region) => [region, release.name, built.state]).sort(),
      )
      const after = await account.inventory()
      expect(await changes(release, target)).toEqual([])
      expect(await account.inventory()).toEqual(after)
    })

    test('readers follow the config, whoever is added or removed', async () => {
      const release = releaseOf(golden)
      await account.build(release)
      await publish(release, memoryStore())
      const [first, second] = account.readers
      const regions = account.others
      if (first === undefined || second === undefined) {
        const settings = (await changes(release, target)).map(({ id }) => id)
        expect(settings.filter((id) => id.startsWith('readers/'))).toEqual([])
        return
      }
      const everywhere = [account.region, ...regions].map((region) => `readers/${region}`)
      for (const readers of [[first], [second], [first, second], []]) {
        const made = await changes(release, await account.connect({ regions, readers }))
        expect(made.map((one) => one.id).sort()).toEqual([...everywhere].sort())
        for (const { to } of made)
          for (const one of account.readers) expect(to.includes(one)).toBe(readers.includes(one))
        expect(await changes(release, await account.connect({ regions, readers }))).toEqual([])
      }
    })

    test('an image that should have been deprecated long ago is at once, and once', async () => {
      const release = releaseOf(releaseName('golden', Date.now() - 100 * 24 * 60 * 60 * 1000))
      await account.build(release)
      const changed = (await changes(release, target)).map(({ id }) => id)
      if (account.withoutDeprecation === true) expect(changed.filter((id) => id.startsWith('deprecation/'))).toEqual([])
      else expect(changed).toContain(`deprecation/${account.region}`)
      expect(await changes(release, target)).toEqual([])
    })

    test('nothing is opened before every copy is there', async () => {
      const release = releaseOf(golden)
      await account.build(release)
      const order: string[] = []
      await publish(release, memoryStore(), (event) => {
        if (event.type === 'step' && (event.state === 'done' || event.state === 'adopted')) order.push('step')
        if (event.type === 'setting') order.push('setting')
      })
      const opened = order.indexOf('setting')
      if (opened !== -1) expect(order.lastIndexOf('step')).toBeLessThan(opened)
    })

    test.each(['kept', 'deleted'])(
      'killed at any moment and run again with its records %s, it ends in the same state and makes nothing twice',
      async (records) => {
        const release = releaseOf(golden)
        await account.build(release)
        await publish(release, memoryStore())
        const whole = kindsOf(await account.inventory())
        for (let moment = 0, dies = true; dies; moment++) {
          await account.close()
          account = await open()
          target = await account.connect({ regions: account.others, readers: account.readers })
          await account.build(release)
          const runner = dyingAt(moment)
          const store = memoryStore()
          dies = await publish(release, runner.around(store), runner.emit).then(
            () => false,
            // Two copies that are killed side by side are one error that holds both.
            (error: unknown) => messageOf(error).includes(killed.message) || Promise.reject(error),
          )
          await publish(release, records === 'kept' ? store : memoryStore())
          expect(kindsOf(await account.inventory()), `killed at moment ${moment}`).toEqual(whole)
          expect(await changes(release, target), `killed at moment ${moment}`).toEqual([])
        }
      },
    )

    test('an image is removed with all that belongs to it, its copies stay, and removing it again does no harm', async () => {
      const before = await account.inventory()
      const release = releaseOf(golden)
      const built = await image(release)
      await publish(release, memoryStore())
      const copies = await target.images.copiesOf(built)
      await target.images.remove(built)
      expect(await target.images.list(account.region, {})).toEqual([])
      expect((await target.images.copiesOf(built)).length).toBe(copies.length)
      await target.images.remove(built)
      for (const copy of copies) await target.images.remove(copy)
      expect(await account.inventory()).toEqual(before)
    })

    test('an instance is launched once and found by either name; terminating it leaves nothing', async () => {
      const { region, instanceType } = account
      const built = await image(releaseOf(golden))
      const before = await account.inventory()
      const request: LaunchRequest = {
        deployment: 'dep-1',
        image: built,
        instanceType,
        key: { publicKey: account.publicKey ?? publicKey },
        sshSourceRanges: ['192.0.2.0/24'],
      }
      const launch = async (store: Store): Promise<Launched> => {
        const { steps, instance } = target.launch.steps(request)
        return (await apply({ ...quietly(), release: 'dep-1', plan: plan(steps), store })).got(instance)
      }
      const launched = await launch(memoryStore())
      expect(await launch(memoryStore())).toEqual(launched)
      const found = await target.launch.find(region, 'dep-1')
      expect(found?.deployment).toBe('dep-1')
      expect(found?.resources.length).toBe((await account.inventory()).length - before.length)
      expect(await target.launch.find(region, launched.instanceId)).toEqual(found)
      await target.launch.terminate(region, 'dep-1', new AbortController().signal)
      expect(await account.inventory()).toEqual(before)
      expect(await target.launch.find(region, 'dep-1')).toBeUndefined()
      await target.launch.terminate(region, 'dep-1', new AbortController().signal)
    })

    test('of a run that was killed everything is swept, and of another run nothing', async () => {
      const { region } = account
      const { name: finished } = await account.build(releaseOf(golden))
      await account.abandonRun({ token: 'b'.repeat(64), release: 'golden-2' })
      const before = await account.inventory()
      const run = { token: 'a'.repeat(64), release: 'golden-3' }
      const named = await account.abandonRun(run)
      expect((await account.inventory()).length).toBeGreaterThan(before.length)
      expect(await target.publish.sweepRun({ ...run, region, named })).not.toEqual([])
      expect(await account.inventory()).toEqual(before)
      expect(await target.publish.sweepRun({ ...run, region, named: [] })).toEqual([])
      await target.publish.sweepRun({ token: 'c'.repeat(64), release: finished, region, named: [] })
      expect(await account.inventory()).toEqual(before)
    })
  })
}

function quietly(): Pick<ApplyOptions, 'clock' | 'signal' | 'emit'> {
  return { clock: instantClock(), signal: new AbortController().signal, emit: () => {} }
}

/** A runner that is killed at its nth moment: before or after a write of its records, or after a setting. */
function dyingAt(moment: number): { around(store: Store): Store; readonly emit: Emit } {
  let moments = 0
  const live = (): void => {
    if (moments++ >= moment) throw killed
  }
  return {
    around: (store) => ({
      ...store,
      async put(...write) {
        live()
        const version = await store.put(...write)
        live()
        return version
      },
    }),
    emit(event) {
      if (event.type === 'setting') live()
    },
  }
}

/** What there is, without the names the cloud gave. */
function kindsOf(inventory: readonly string[]): readonly string[] {
  return inventory.map((thing) => thing.replace(/ \S+$/, ''))
}
