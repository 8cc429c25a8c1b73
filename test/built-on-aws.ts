import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { printed } from '../src/actions/build/printed.ts'
import { configure } from '../src/actions/configure.ts'
import type { Context } from '../src/actions/context.ts'
import { tag } from '../src/clouds/tags.ts'
import type { SindriEvent } from '../src/core/events.ts'
import type { RehearsalHere } from '../src/rehearsal/rehearsal.fixture.ts'
import { contextIn } from './publishing.ts'

/** Where the tests build, and what the images of their releases are copied to besides. */
export const home = 'us-west-2'
export const other = 'eu-west-1'

/** A run with what a build needs of Sindri's own files; another `at` is another machine. */
export function builder(here: RehearsalHere, at = 'state', emit: (event: SindriEvent) => void = () => {}): Context {
  const context = contextIn(here, { home: at, emit })
  return { ...context, self: { ...context.self, assets: join(import.meta.dirname, '..') } }
}

/** Writes a config that builds on AWS and releases golden 1.4.2 without a disk; `release` goes over what is written there. */
export function writeBuilt(here: RehearsalHere, targets: object, release: object = {}, aws: object = {}): void {
  const packer = { cloud: 'aws', aws: { region: home, encrypt_boot: false, ...aws } }
  const config = {
    ...{ version: '1.0', name: 'golden' },
    providers: { packer: { ...packer, build: { base: 'debian-12', sindri_version: '1.0.0' } } },
    release: { version: '1.4.2', targets, ...release },
  }
  writeFileSync(join(here.folder, 'sindri.yaml'), JSON.stringify(config))
}

/** Makes what the builder makes of the config, and waits for it. @returns the id of the image */
export async function buildOnAws(here: RehearsalHere, seconds = 1_769_889_600): Promise<string> {
  const resolved = await configure({ flags: {} }, builder(here))
  const { fingerprint } = await printed(resolved, builder(here))
  const ec2 = new sdk.EC2Client({ region: home })
  const Name = `golden-${seconds}`
  const tags = { [tag.managed]: 'true', [tag.release]: Name, [tag.fingerprint]: fingerprint, [tag.sshUser]: 'admin' }
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const { Images: [base] = [] } = await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['136693071363'] }))
  const launch = { ImageId: base?.ImageId, InstanceType: 't3.large', MinCount: 1, MaxCount: 1 } as const
  const { Instances: [machine] = [] } = await ec2.send(new sdk.RunInstancesCommand(launch))
  const InstanceId = machine?.InstanceId ?? ''
  const TagSpecifications = (['image', 'snapshot'] as const).map((ResourceType) => ({ ResourceType, Tags }))
  const { ImageId = '' } = await ec2.send(new sdk.CreateImageCommand({ InstanceId, Name, TagSpecifications }))
  await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }))
  await sdk.waitUntilImageAvailable({ client: ec2, maxWaitTime: 10, minDelay: 1 }, { ImageIds: [ImageId] })
  return ImageId
}

/** The images of this account in regions, each as `region id`. */
export async function imagesOnAws(regions: readonly string[] = [home, other, 'us-east-2']): Promise<readonly string[]> {
  const found = await Promise.all(
    regions.map(async (region) => {
      const { Images = [] } = await new sdk.EC2Client({ region }).send(
        new sdk.DescribeImagesCommand({ Owners: ['self'] }),
      )
      return Images.map(({ ImageId }) => `${region} ${ImageId}`)
    }),
  )
  return found.flat()
}
