import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CloudId } from '../../src/clouds/cloud.ts'
import { missingPart, openSindri, type Sindri } from './sindri.ts'

const missing = await missingPart()

/** What is said of the failure in each cloud. */
type Said = Readonly<Record<CloudId, string>>

interface Misfortune {
  readonly packer?: object
  readonly faults?: readonly string[]
  readonly said: Said
}

const misfortunes: Readonly<Record<string, Misfortune>> = {
  'a region without the instance type': {
    packer: {
      aws: { instance_type: 'p9.huge' },
      azure: { vm_size: 'Standard_Z99' },
      gcp: { machine_type: 'z9-standard-4' },
      oci: { shape: 'VM.Standard.Z9' },
      alibaba: { instance_type: 'ecs.z9.large' },
    },
    said: {
      aws: 'Value (p9.huge) for parameter InstanceType is invalid',
      azure: "The requested VM size for resource 'Standard_Z99' is currently not available in this location",
      gcp: 'z9-standard-4',
      oci: 'shape VM.Standard.Z9 not found',
      alibaba: "The instance type ecs.z9.large isn't available in this region",
    },
  },
  'an instance that the quota does not allow': {
    faults: [
      'RunInstances@us-west-2:before:VcpuLimitExceeded',
      'VirtualMachines.CreateOrUpdate:before:QuotaExceeded',
      'compute.instances.insert:before:quotaExceeded',
      'LaunchInstance:before:LimitExceeded',
      'CreateInstance:before:QuotaExceed.AfterpayInstance',
    ],
    said: {
      aws: 'VcpuLimitExceeded',
      azure: 'QuotaExceeded',
      gcp: 'quotaExceeded',
      oci: 'LimitExceeded',
      alibaba: 'QuotaExceed.AfterpayInstance',
    },
  },
  'an instance that never answers': {
    // No machine is up in a second.
    packer: { build: { ssh_timeout: '1s' } },
    said: {
      aws: 'while waiting for SSH',
      azure: 'while waiting for SSH',
      gcp: 'while waiting for SSH',
      oci: 'while waiting for SSH',
      alibaba: 'while waiting for SSH',
    },
  },
  'an image that cannot be made of what was provisioned': {
    faults: [
      'CreateImage@us-west-2:before:InvalidParameterValue',
      'Images.CreateOrUpdate:before:InvalidParameter',
      'compute.images.insert:before:resourceInUseByAnotherResource',
      'CreateImage@us-phoenix-1:before:IncorrectState',
      'CreateImage@cn-hangzhou:before:IncorrectDiskStatus',
    ],
    said: {
      aws: 'InvalidParameterValue',
      azure: 'InvalidParameter',
      gcp: 'resourceInUseByAnotherResource',
      oci: 'IncorrectState',
      alibaba: 'IncorrectDiskStatus',
    },
  },
}

describe.skipIf(missing !== undefined)(`builds that fail (${missing ?? 'with real instances'})`, () => {
  let sindri: Sindri

  beforeAll(async () => {
    sindri = await openSindri()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test.each(Object.entries(misfortunes))('%s is told, and leaves nothing', async (_what, { packer, faults, said }) => {
    await sindri.configure(packer ?? {})
    await sindri.json('rehearsal', 'up', ...(faults ?? []).flatMap((fault) => ['--fault', fault]))
    const words = ['vm', 'build', '--cloud', 'all', '--rehearse', '--profile', 'minimal', '--json']
    const { code, stdout } = await sindri.run(...words)
    const { builds, failed }: { builds: object; failed: { cloud: CloudId; error: unknown }[] } = JSON.parse(stdout)
    expect({ code, builds }).toEqual({ code: 1, builds: {} })
    expect(failed.map(({ cloud }) => cloud).sort()).toEqual(Object.keys(said).sort())
    for (const { cloud, error } of failed)
      expect(error).toMatchObject({ code: 'failed', message: expect.stringContaining(said[cloud]) })
    const { resources } = await sindri.status()
    expect(Object.values(resources).flatMap((held) => Object.keys(held))).toEqual([])
  })
})
