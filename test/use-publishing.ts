import type { Buffer } from 'node:buffer'
import { vi } from 'vitest'
import type { Context } from '../src/actions/context.ts'
import type { PublisherId } from '../src/clouds/disk-target.ts'
import { type RehearsalHere, useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, writeRelease } from './publishing.ts'

interface Published {
  readonly regions: readonly [home: string, other: string]
  /** What its target needs besides regions. */
  readonly settings?: object
  /** Operations that change nothing. */
  readonly reads: RegExp
  /** How far the stand-in's clock goes on with each look at it, in milliseconds. */
  readonly stepMs: number
}

const clouds: Readonly<Record<PublisherId, Published>> = {
  aws: { regions: ['eu-central-1', 'us-east-1'], reads: /^(Describe|Get|List)/, stepMs: 400 },
  azure: {
    regions: ['westeurope', 'northeurope'],
    reads: /\.(Get\w*|List\w*|CheckNameAvailability)$|^login|RoleAssignments\.(Get|List)/,
    stepMs: 200,
  },
  gcp: {
    regions: ['europe-west1', 'us'],
    settings: { bucket: 'golden-disks' },
    reads: /^oauth2|\.(list|get|get[A-Z]\w*|test\w+|wait)$/,
    stepMs: 400,
  },
  oci: {
    regions: ['eu-frankfurt-1', 'us-ashburn-1'],
    settings: { compartment_ocid: 'ocid1.compartment.oc1..aaaaaaaacompartment' },
    reads: /^(Get|Head|List)/,
    stepMs: 150,
  },
  alibaba: {
    regions: ['ap-southeast-1', 'eu-central-1'],
    settings: { bucket: 'golden-disks' },
    reads: /^(Describe|Get|Head|List)/,
    stepMs: 400,
  },
  openstack: { regions: ['RegionOne', 'RegionTwo'], reads: /^(Get|List|CreateToken)/, stepMs: 400 },
}

/** A release of one cloud, in a rehearsal. */
export interface Publishing {
  readonly cloud: PublisherId
  readonly regions: Published['regions']
  readonly here: RehearsalHere
  /**
   * Writes a disk and a config that publishes it in both regions as golden 1.4.2 on debian12; settings of the target and
   * of the release go over what is written there.
   */
  write(target?: object, release?: object, bytes?: Buffer): void
  /** A run on this machine or on another one, which has no records. */
  context(machine?: string): Context
  /** Requests so far that could have changed something, by operation. */
  changing(): readonly string[]
}

/** Gives each test of a file a rehearsal, and a release of this cloud in it. `ready` is called each time it was opened. */
export function usePublishing(cloud: PublisherId, ready: (here: RehearsalHere) => void = () => undefined): Publishing {
  const { regions, settings, reads, stepMs } = clouds[cloud]
  const here = useRehearsal(
    () => {
      for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
      ready(here)
    },
    (now) => now + stepMs,
  )
  return {
    ...{ cloud, regions, here },
    write: (target, release, bytes) =>
      writeRelease(here.folder, { [cloud]: { regions, ...settings, ...target } }, release, bytes),
    context: (machine) => contextIn(here, { home: machine }),
    changing: () => changingIn(here, reads),
  }
}
