import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ebs from '@aws-sdk/client-ebs'
import * as ec2 from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { controlPath } from '../control.ts'
import { type InProcess, openInProcess } from '../in-process.ts'
import { lastEntries } from '../kit/journal.ts'
import { readStore } from '../kit/store.ts'
import { filesOf, type Places } from '../places.ts'
import type { DaemonFile } from '../rehearsal.ts'
import { credentials } from './signature.ts'

const blockBytes = 524_288

let places: Places
let rehearsal: InProcess
let now: number

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-ebs-'))
  places = { home: join(folder, 'home'), cache: join(folder, 'cache') }
  now = Date.now()
  rehearsal = await openInProcess(places, () => now)
})

afterEach(async () => {
  await rehearsal.close()
  rmSync(join(places.home, '..'), { recursive: true })
})

function settings(region = 'us-west-2'): ebs.EBSClientConfig & ec2.EC2ClientConfig {
  const systemClockOffset = now - Date.now()
  return { region, credentials, endpoint: rehearsal.rehearsal.endpoint, maxAttempts: 1, systemClockOffset }
}

function blocks(region?: string): ebs.EBSClient {
  return new ebs.EBSClient(settings(region))
}

function compute(region?: string): ec2.EC2Client {
  return new ec2.EC2Client(settings(region))
}

async function order(wanted: unknown): Promise<void> {
  const daemon = readStore<DaemonFile>(filesOf(places).daemon)
  await fetch(`${rehearsal.rehearsal.endpoint}${controlPath}settings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon?.token}` },
    body: JSON.stringify(wanted),
  })
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

async function started(more: Partial<ebs.StartSnapshotCommandInput> = {}): Promise<string> {
  const { SnapshotId } = await blocks().send(new ebs.StartSnapshotCommand({ VolumeSize: 1, ...more }))
  return SnapshotId ?? ''
}

function putCommand(
  SnapshotId: string,
  BlockIndex: number,
  data: Buffer,
  more: Partial<ebs.PutSnapshotBlockCommandInput> = {},
): ebs.PutSnapshotBlockCommand {
  return new ebs.PutSnapshotBlockCommand({
    SnapshotId,
    BlockIndex,
    BlockData: data,
    DataLength: data.length,
    Checksum: sha256(data).toString('base64'),
    ChecksumAlgorithm: 'SHA256',
    ...more,
  })
}

async function put(SnapshotId: string, BlockIndex: number, fill: string): Promise<Buffer> {
  const data = Buffer.alloc(blockBytes, fill)
  await blocks().send(putCommand(SnapshotId, BlockIndex, data))
  return data
}

async function complete(SnapshotId: string, ChangedBlocksCount: number, data: readonly Buffer[] = []): Promise<void> {
  const linear = sha256(...data.map((each) => sha256(each))).toString('base64')
  await blocks().send(
    new ebs.CompleteSnapshotCommand({
      SnapshotId,
      ChangedBlocksCount,
      ...(data.length > 0 && {
        Checksum: linear,
        ChecksumAlgorithm: 'SHA256',
        ChecksumAggregationMethod: 'LINEAR',
      }),
    }),
  )
}

/** A completed snapshot whose blocks 0 and 3 hold data. */
async function completed(more: Partial<ebs.StartSnapshotCommandInput> = {}): Promise<string> {
  const id = await started(more)
  await complete(id, 2, [await put(id, 0, 'a'), await put(id, 3, 'b')])
  now += 60_000
  return id
}

async function described(SnapshotId: string, region?: string): Promise<ec2.Snapshot> {
  const { Snapshots } = await compute(region).send(new ec2.DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }))
  return Snapshots?.[0] ?? {}
}

const registration = {
  Name: 'published',
  Architecture: 'x86_64',
  RootDeviceName: '/dev/xvda',
  VirtualizationType: 'hvm',
  BootMode: 'uefi',
  TpmSupport: 'v2.0',
  ImdsSupport: 'v2.0',
  UefiData: 'QU1aTlVFRkk=',
  EnaSupport: true,
  SriovNetSupport: 'simple',
} as const

async function registered(SnapshotId: string, more: Partial<ec2.RegisterImageCommandInput> = {}): Promise<string> {
  const mapping = { DeviceName: '/dev/xvda', Ebs: { SnapshotId, VolumeType: 'gp3' as const } }
  const { ImageId } = await compute().send(
    new ec2.RegisterImageCommand({ ...registration, BlockDeviceMappings: [mapping], ...more }),
  )
  return ImageId ?? ''
}

test('a disk goes up block by block and comes back the same, and nothing is stored for what was not sent', async () => {
  const id = await started({ Description: 'a disk', Tags: [{ Key: 'sindri', Value: 'x' }] })
  expect(await described(id)).toMatchObject({
    State: 'pending',
    VolumeSize: 1,
    Description: 'a disk',
    Tags: [{ Key: 'sindri', Value: 'x' }],
  })
  const first = await put(id, 0, 'a')
  await put(id, 2047, 'wrong')
  const last = await put(id, 2047, 'z')
  await complete(id, 2, [first, last])
  expect((await described(id)).State).toBe('pending')
  now += 60_000
  expect(await described(id)).toMatchObject({ State: 'completed', Progress: '100%', Encrypted: false })

  const { Blocks, VolumeSize, BlockSize } = await blocks().send(new ebs.ListSnapshotBlocksCommand({ SnapshotId: id }))
  expect([VolumeSize, BlockSize, Blocks?.map((each) => each.BlockIndex)]).toEqual([1, blockBytes, [0, 2047]])
  const { BlockData, Checksum } = await blocks().send(
    new ebs.GetSnapshotBlockCommand({ SnapshotId: id, BlockIndex: 2047, BlockToken: Blocks?.[1]?.BlockToken }),
  )
  expect(Buffer.from((await BlockData?.transformToByteArray()) ?? []).equals(last)).toBe(true)
  expect(Checksum).toBe(sha256(last).toString('base64'))
  const folder = join(filesOf(places).folder, 'aws/disks')
  const disk = statSync(join(folder, readdirSync(folder).find((name) => name.endsWith('.raw')) ?? ''))
  expect([disk.size, disk.blocks * 512 <= 3 * blockBytes]).toEqual([1024 ** 3, true])
})

test('what is put wrongly is refused, and changes nothing', async () => {
  const id = await started()
  const data = await put(id, 1, 'a')
  const other = Buffer.alloc(blockBytes, 'b')
  const wrong: readonly (readonly [ebs.PutSnapshotBlockCommand, string])[] = [
    [putCommand(id, 1, other, { Checksum: sha256(data).toString('base64') }), 'is not the SHA256 of the block'],
    [putCommand(id, 1, other.subarray(0, 4096)), 'only 524288 is supported'],
    [putCommand(id, 1, other.subarray(0, 4096), { DataLength: blockBytes }), '4096 bytes came'],
    [putCommand(id, 2048, other), 'beyond the volume of 1 GiB'],
    [putCommand(id, 1, other, { Progress: 101 }), 'Member must have value less than or equal to 100'],
    [
      putCommand(id, 1, other, { ChecksumAlgorithm: 'MD5' as 'SHA256' }),
      'Member must satisfy enum value set: [SHA256]',
    ],
  ]
  for (const [command, message] of wrong) {
    await expect(blocks().send(command)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    })
  }
  await complete(id, 1, [data])
})

test('a snapshot is completed only with the right count and checksum, once, and takes no block afterwards', async () => {
  const id = await started()
  const data = [await put(id, 7, 'a'), await put(id, 2, 'b')]
  await expect(complete(id, 1)).rejects.toThrow('ChangedBlocksCount is 1, and 2 blocks were written')
  await expect(complete(id, 2, data)).rejects.toThrow('checksum')
  await complete(id, 2, data.toReversed())
  for (const late of [complete(id, 2), put(id, 0, 'c')])
    await expect(late).rejects.toMatchObject({ name: 'ValidationException', Reason: 'INVALID_SNAPSHOT_ID' })
})

test('the same client token starts one snapshot, also across a restart; with other parameters it conflicts', async () => {
  const id = await started({ ClientToken: 'once' })
  await put(id, 5, 'a')
  await rehearsal.close()
  rehearsal = await openInProcess(places, () => now)
  expect(await started({ ClientToken: 'once' })).toBe(id)
  await expect(started({ ClientToken: 'once', VolumeSize: 2 })).rejects.toMatchObject({
    name: 'ConflictException',
    $metadata: { httpStatusCode: 409 },
  })
  // The block of before the restart still counts.
  await complete(id, 1)
})

test('a snapshot that no block reaches in time fails; every block begins the time anew', async () => {
  const id = await started({ Timeout: 10 })
  now += 9 * 60_000
  await put(id, 0, 'a')
  now += 9 * 60_000
  await put(id, 1, 'b')
  now += 11 * 60_000
  expect((await described(id)).State).toBe('error')
  await expect(put(id, 2, 'c')).rejects.toMatchObject({ name: 'ValidationException' })
  await compute().send(new ec2.DeleteSnapshotCommand({ SnapshotId: id }))
  expect(readdirSync(join(filesOf(places).folder, 'aws/disks'))).toEqual([])
})

test('what is not there, not ours, not completed or not known is refused by its own error', async () => {
  await expect(put('snap-0123456789abcdef0', 0, 'a')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    Reason: 'SNAPSHOT_NOT_FOUND',
    $metadata: { httpStatusCode: 404 },
  })
  const { Snapshots } = await compute().send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ['136693071363'] }))
  const foreign = new ebs.ListSnapshotBlocksCommand({ SnapshotId: Snapshots?.[0]?.SnapshotId })
  await expect(blocks().send(foreign)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  const open = new ebs.ListSnapshotBlocksCommand({ SnapshotId: await started() })
  await expect(blocks().send(open)).rejects.toThrow("is not in the 'completed' state, but 'pending'")
  const compared = new ebs.ListChangedBlocksCommand({ SecondSnapshotId: 'snap-0123456789abcdef0' })
  await expect(blocks().send(compared)).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
  await expect(started({ ParentSnapshotId: 'snap-0123456789abcdef0' })).rejects.toThrow(
    'the parameter ParentSnapshotId of StartSnapshot',
  )
  await expect(started({ VolumeSize: 70_000 })).rejects.toMatchObject({ Reason: 'INVALID_VOLUME_SIZE' })
})

test('requests signed with a hash of their bytes are taken as those without, and a wrong key is refused', async () => {
  const id = await started()
  const data = Buffer.alloc(blockBytes, 'a')
  const hashes: unknown[] = []
  for (const hash of ['UNSIGNED-PAYLOAD', sha256(data).toString('hex')]) {
    const client = blocks()
    client.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> }
        headers['x-amz-content-sha256'] = hash
        return next(args)
      },
      { step: 'build', priority: 'low' },
    )
    client.middlewareStack.add(
      (next) => (args) => {
        hashes.push((args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'])
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await client.send(putCommand(id, 0, data))
  }
  const falsified = blocks()
  falsified.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-content-sha256'] = sha256(data.subarray(1)).toString('hex')
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
  await expect(falsified.send(putCommand(id, 0, data))).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  expect(hashes).toEqual(['UNSIGNED-PAYLOAD', sha256(data).toString('hex')])
  for (const [secret, name] of [
    [{ ...credentials, secretAccessKey: 'no' }, 'InvalidSignatureException'],
    [{ accessKeyId: 'AKIAABCDEFGHIJKLMNOP', secretAccessKey: 'no' }, 'UnrecognizedClientException'],
  ] as const) {
    const other = new ebs.EBSClient({ ...settings(), credentials: secret })
    await expect(other.send(putCommand(id, 0, data))).rejects.toMatchObject({ name })
  }
})

test('faults hit blocks like any other call: before acting, after it, and by breaking the connection', async () => {
  const id = await started()
  const fault = { operation: 'PutSnapshotBlock', left: 1 }
  await order({ faults: [{ ...fault, when: 'before', code: 'RequestThrottledException' }] })
  await expect(put(id, 0, 'a')).rejects.toMatchObject({
    name: 'RequestThrottledException',
    Reason: 'ACCOUNT_THROTTLED',
  })
  await expect(complete(id, 1)).rejects.toThrow('0 blocks were written')
  await order({ faults: [{ ...fault, when: 'after', code: 'Disconnect' }] })
  await expect(put(id, 0, 'a')).rejects.toThrow()
  await complete(id, 1)
})

test('a policy is asked about the snapshot, and about the tags it is started with', async () => {
  const Statement = [
    { Effect: 'Allow', Action: 'ebs:*', Resource: 'arn:aws:ec2:*::snapshot/*' },
    { Effect: 'Deny', Action: 'ebs:CompleteSnapshot', Resource: '*' },
  ]
  await order({ policy: { value: { Version: '2012-10-17', Statement }, file: 'p.json' } })
  const id = await started()
  await put(id, 0, 'a')
  await expect(complete(id, 1)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(
      `ebs:CompleteSnapshot on resource: arn:aws:ec2:us-west-2::snapshot/${id} with an explicit deny`,
    ),
    $metadata: { httpStatusCode: 403 },
  })
  await expect(started({ Tags: [{ Key: 'a', Value: 'b' }] })).rejects.toThrow('ec2:CreateTags')
})

test('the journal counts blocks and does not grow with them', async () => {
  const id = await started()
  for (let index = 0; index < 40; index += 1) await put(id, index, 'a')
  await complete(id, 40)
  const entries = lastEntries(filesOf(places).journal, 100)
  expect(entries.map((entry) => entry.operation)).toEqual([
    'StartSnapshot',
    'PutSnapshotBlock',
    'PutSnapshotBlock',
    'CompleteSnapshot',
  ])
  const counted = entries.slice(1, 3).map((entry) => entry.parameters)
  expect(counted).toEqual([
    { SnapshotId: id, Blocks: 1, Bytes: blockBytes },
    { SnapshotId: id, Blocks: 39, Bytes: 39 * blockBytes },
  ])
})

test('an image registered from it launches, and is copied with all it was registered with', async () => {
  const ImageId = await registered(await completed())
  const { Instances } = await compute().send(
    new ec2.RunInstancesCommand({
      ImageId,
      InstanceType: 't3.large',
      MinCount: 1,
      MaxCount: 1,
    }),
  )
  expect(Instances).toMatchObject([{ BootMode: 'uefi', MetadataOptions: { HttpTokens: 'required' } }])
  expect(rehearsal.machines.size).toBe(1)
  const copy = await compute('eu-west-1').send(
    new ec2.CopyImageCommand({ Name: 'published', SourceImageId: ImageId, SourceRegion: 'us-west-2' }),
  )
  now += 60_000
  const asked = new ec2.DescribeImageAttributeCommand({ ImageId: copy.ImageId, Attribute: 'uefiData' })
  expect((await compute('eu-west-1').send(asked)).UefiData?.Value).toBe(registration.UefiData)
  const { Images } = await compute('eu-west-1').send(new ec2.DescribeImagesCommand({ ImageIds: [copy.ImageId ?? ''] }))
  expect(Images).toMatchObject([{ BootMode: 'uefi', TpmSupport: 'v2.0', ImdsSupport: 'v2.0', EnaSupport: true }])
  // The copy's snapshot is read like the original, block for block.
  const far = Images?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId
  const { Blocks } = await blocks('eu-west-1').send(new ebs.ListSnapshotBlocksCommand({ SnapshotId: far }))
  expect(Blocks?.map((each) => each.BlockIndex)).toEqual([0, 3])
})

test('RegisterImage refuses what EC2 refuses', async () => {
  const open = await started()
  const id = await completed()
  await registered(id)
  const root = { DeviceName: '/dev/xvda', Ebs: { SnapshotId: id } }
  const wrong: readonly (readonly [Partial<ec2.RegisterImageCommandInput>, string])[] = [
    [{}, 'InvalidAMIName.Duplicate'],
    [{ Name: 'no' }, 'InvalidAMIName.Malformed'],
    [{ Name: 'other', BootMode: 'legacy-bios', UefiData: undefined }, 'InvalidParameterCombination'],
    [{ Name: 'other', BootMode: 'legacy-bios', TpmSupport: undefined }, 'InvalidParameterCombination'],
    [
      { Name: 'other', Architecture: 'arm64', BootMode: 'uefi-preferred', TpmSupport: undefined },
      'InvalidParameterCombination',
    ],
    [{ Name: 'other', VirtualizationType: undefined }, 'Rehearsal.NotImplemented'],
    [{ Name: 'other', RootDeviceName: '/dev/sda1' }, 'InvalidBlockDeviceMapping'],
    [{ Name: 'other', BlockDeviceMappings: [{ ...root, Ebs: { SnapshotId: open } }] }, 'IncorrectState'],
    [
      { Name: 'other', BlockDeviceMappings: [{ ...root, Ebs: { SnapshotId: id, Encrypted: true } }] },
      'InvalidParameterCombination',
    ],
  ]
  for (const [more, name] of wrong) await expect(registered(id, more)).rejects.toMatchObject({ name })
  const { Images } = await compute().send(new ec2.DescribeImagesCommand({ Owners: ['self'] }))
  expect(Images).toHaveLength(1)
})

test('where a region encrypts by default, everything new is encrypted, and cannot be public', async () => {
  await compute().send(new ec2.EnableEbsEncryptionByDefaultCommand({}))
  await compute().send(new ec2.DisableImageBlockPublicAccessCommand({}))
  const asked = await compute().send(new ec2.GetEbsEncryptionByDefaultCommand({}))
  expect(asked.EbsEncryptionByDefault).toBe(true)
  await expect(started({ Encrypted: false })).rejects.toMatchObject({ name: 'ValidationException' })
  const id = await completed()
  expect(await described(id)).toMatchObject({ Encrypted: true })
  const ImageId = await registered(id)
  const share = new ec2.ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ Group: 'all' }] } })
  await expect(compute().send(share)).rejects.toMatchObject({ name: 'InvalidParameter' })
  await compute().send(new ec2.DisableEbsEncryptionByDefaultCommand({}))
  expect(await described(await completed())).toMatchObject({ Encrypted: false })
  expect((await compute('eu-west-1').send(new ec2.GetEbsEncryptionByDefaultCommand({}))).EbsEncryptionByDefault).toBe(
    false,
  )
})

test('no more images are public at once than the quota, nor more copies under way', async () => {
  const SnapshotId = await completed()
  await compute().send(new ec2.DisableImageBlockPublicAccessCommand({}))
  const publish = (ImageId: string) =>
    compute().send(new ec2.ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ Group: 'all' }] } }))
  const ids: string[] = []
  for (let number = 0; number < 6; number += 1) ids.push(await registered(SnapshotId, { Name: `image-${number}` }))
  for (const id of ids.slice(0, 5)) await publish(id)
  await publish(ids[0] ?? '')
  await expect(publish(ids[5] ?? '')).rejects.toMatchObject({
    name: 'ResourceLimitExceeded',
    message: expect.stringContaining('You have reached your quota of 5 for the number of public images'),
  })
  const copy = (region: string) =>
    compute(region).send(new ec2.CopySnapshotCommand({ SourceRegion: 'us-west-2', SourceSnapshotId: SnapshotId }))
  for (let number = 0; number < 20; number += 1) await copy('eu-west-1')
  await expect(copy('eu-west-1')).rejects.toMatchObject({
    name: 'ResourceLimitExceeded',
    message: 'Too many snapshot copies in progress. The limit is 20 for this destination region.',
  })
  await copy('eu-west-2')
  now += 60_000
  await copy('eu-west-1')
})

test('a protected image stays registered', async () => {
  const ImageId = await registered(await completed())
  await compute().send(new ec2.EnableImageDeregistrationProtectionCommand({ ImageId }))
  const deregister = () => compute().send(new ec2.DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }))
  await expect(deregister()).rejects.toMatchObject({ name: 'OperationNotPermitted' })
  await compute().send(new ec2.DisableImageDeregistrationProtectionCommand({ ImageId }))
  await deregister()
  expect(readdirSync(join(filesOf(places).folder, 'aws/disks'))).toEqual([])
})
