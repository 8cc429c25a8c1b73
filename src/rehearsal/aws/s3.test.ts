import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EBSClient, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs'
import * as ec2 from '@aws-sdk/client-ec2'
import * as s3 from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { controlPath } from '../control.ts'
import { type InProcess, openInProcess } from '../in-process.ts'
import { readStore } from '../kit/store.ts'
import { filesOf, type Places } from '../places.ts'
import type { DaemonFile } from '../rehearsal.ts'
import { status } from '../status.ts'
import { credentials } from './signature.ts'

let places: Places
let rehearsal: InProcess
let now: number

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-s3-'))
  places = { home: join(folder, 'home'), cache: join(folder, 'cache') }
  now = Date.now()
  rehearsal = await openInProcess(places, () => now)
  await client().send(new s3.CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }))
})

afterEach(async () => {
  await rehearsal.close()
  rmSync(join(places.home, '..'), { recursive: true })
})

const Bucket = 'golden-disks'
const LocationConstraint = 'us-west-2'
const Key = 'disks/debian 12+é.raw'
const partBytes = 5 * 1024 * 1024

function settings(region = 'us-west-2'): s3.S3ClientConfig & ec2.EC2ClientConfig {
  return { region, credentials, endpoint: rehearsal.rehearsal.endpoint, maxAttempts: 1 }
}

function client(region?: string): s3.S3Client {
  return new s3.S3Client({ ...settings(region), forcePathStyle: true, followRegionRedirects: false })
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('base64')
}

function files(): readonly string[] {
  return readdirSync(join(filesOf(places).folder, 'aws/disks'))
}

async function begun(): Promise<string> {
  const upload = new s3.CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA256' })
  return (await client().send(upload)).UploadId ?? ''
}

async function part(UploadId: string, PartNumber: number, Body: Buffer, sum = sha256(Body)): Promise<s3.CompletedPart> {
  const upload = new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumSHA256: sum })
  return { ...(await client().send(upload)), PartNumber }
}

test('an object goes up in parts that can be listed and put again, also across a restart', async () => {
  const UploadId = await begun()
  const [first, last] = [Buffer.alloc(partBytes, 'a'), Buffer.alloc(1000, 'b')]
  await part(UploadId, 2, Buffer.alloc(10, 'wrong'))
  const parts = [await part(UploadId, 1, first), await part(UploadId, 2, last)]
  await expect(part(UploadId, 3, last, sha256(first))).rejects.toMatchObject({ name: 'BadDigest' })
  await rehearsal.close()
  rehearsal = await openInProcess(places, () => now)
  const { Uploads } = await client().send(new s3.ListMultipartUploadsCommand({ Bucket }))
  expect(Uploads).toMatchObject([{ Key, UploadId }])
  const listed = await client().send(new s3.ListPartsCommand({ Bucket, Key, UploadId }))
  expect(listed.Parts?.map(({ PartNumber, Size, ChecksumSHA256 }) => [PartNumber, Size, ChecksumSHA256])).toEqual([
    [1, partBytes, sha256(first)],
    [2, 1000, sha256(last)],
  ])
  const complete = (Parts: readonly s3.CompletedPart[]) =>
    client().send(
      new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] } }),
    )
  await expect(complete(parts.toReversed())).rejects.toMatchObject({ name: 'InvalidPartOrder' })
  await complete(parts)
  const head = await client().send(new s3.HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
  const whole = Buffer.concat([first, last].map((each) => Buffer.from(sha256(each), 'base64')))
  expect([head.ContentLength, head.ChecksumSHA256]).toEqual([partBytes + 1000, `${sha256(whole)}-2`])
  expect(files()).toHaveLength(2)
  await client().send(new s3.DeleteObjectCommand({ Bucket, Key }))
  expect(files()).toEqual([])
})

test('an aborted upload leaves nothing', async () => {
  const UploadId = await begun()
  await part(UploadId, 1, Buffer.alloc(10))
  await client().send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  await expect(part(UploadId, 1, Buffer.alloc(10))).rejects.toMatchObject({ name: 'NoSuchUpload' })
  expect(files()).toEqual([])
})

test('a bucket is where it was made, and other regions are told so', async () => {
  const { LocationConstraint: where } = await client().send(new s3.GetBucketLocationCommand({ Bucket }))
  expect(where).toBe('us-west-2')
  expect((await client().send(new s3.HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-west-2')
  const far = client('eu-west-1').send(new s3.HeadBucketCommand({ Bucket }))
  await expect(far).rejects.toMatchObject({
    $metadata: { httpStatusCode: 301 },
    $response: { headers: { 'x-amz-bucket-region': 'us-west-2' } },
  })
  const absent = client().send(new s3.PutObjectCommand({ Bucket: 'absent', Key, Body: 'x' }))
  await expect(absent).rejects.toMatchObject({ name: 'NoSuchBucket' })
  const listed = client().send(new s3.ListObjectVersionsCommand({ Bucket }))
  await expect(listed).rejects.toMatchObject({ name: 'Rehearsal.NotImplemented' })
  const wrong = new s3.S3Client({ ...settings(), credentials: { ...credentials, secretAccessKey: 'no' } })
  await expect(wrong.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }))).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  })
})

async function order(wanted: unknown): Promise<void> {
  const daemon = readStore<DaemonFile>(filesOf(places).daemon)
  await fetch(`${rehearsal.rehearsal.endpoint}${controlPath}settings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon?.token}` },
    body: JSON.stringify(wanted),
  })
}

test('policies and faults reach objects as well', async () => {
  const put = () => client().send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${Bucket}/b*` }]
  await order({ policy: { value: { Version: '2012-10-17', Statement }, file: 'p.json' } })
  await expect(put()).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
  await order({ policy: null })
  await order({ faults: [{ operation: 'PutObject', when: 'before', code: 'SlowDown', left: 1 }] })
  await expect(put()).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
  expect((await status(places)).resources.aws['us-west-2']?.buckets).toMatchObject([{ id: Bucket, objects: [] }])
  await put()
  expect((await status(places)).resources.aws['us-west-2']?.buckets).toMatchObject([{ id: Bucket, objects: ['a'] }])
})

test('a raw disk in a bucket is imported once per token, as a snapshot with the same bytes', async () => {
  const disk = Buffer.concat([Buffer.alloc(524_288), Buffer.alloc(524_288, 'x'), Buffer.alloc(4096, 'y')])
  await client().send(new s3.PutObjectCommand({ Bucket, Key, Body: disk }))
  const compute = new ec2.EC2Client(settings())
  const order = {
    ClientToken: 'once',
    DiskContainer: { Format: 'RAW', UserBucket: { S3Bucket: Bucket, S3Key: Key } },
    TagSpecifications: [{ ResourceType: 'import-snapshot-task' as const, Tags: [{ Key: 'sindri', Value: 'x' }] }],
  }
  const { ImportTaskId = '' } = await compute.send(new ec2.ImportSnapshotCommand(order))
  expect((await compute.send(new ec2.ImportSnapshotCommand(order))).ImportTaskId).toBe(ImportTaskId)
  const asked = async () => {
    const tagged = [{ Name: 'tag:sindri', Values: ['x'] }]
    const all = await compute.send(new ec2.DescribeImportSnapshotTasksCommand({ Filters: tagged }))
    return all.ImportSnapshotTasks?.[0]?.SnapshotTaskDetail
  }
  expect(await asked()).toMatchObject({ Status: 'active', DiskImageSize: disk.length })
  now += 60_000
  const { Status, SnapshotId } = (await asked()) ?? {}
  expect(Status).toBe('completed')
  const held = await new EBSClient(settings()).send(new ListSnapshotBlocksCommand({ SnapshotId }))
  expect([held.VolumeSize, held.Blocks?.map((each) => each.BlockIndex)]).toEqual([1, [1, 2]])
  const raw = files().find((name) => name.endsWith('.raw')) ?? ''
  expect(statSync(join(filesOf(places).folder, 'aws/disks', raw)).size).toBe(1024 ** 3)
  const vhd = { DiskContainer: { ...order.DiskContainer, Format: 'VHD' } }
  await expect(compute.send(new ec2.ImportSnapshotCommand(vhd))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
  const gone = { DiskContainer: { Format: 'RAW', UserBucket: { S3Bucket: Bucket, S3Key: 'absent' } } }
  await expect(compute.send(new ec2.ImportSnapshotCommand(gone))).rejects.toThrow()
})

test('what is no VMDK is not imported as one, and an import can be cancelled', async () => {
  await client().send(new s3.PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(4096, 'x') }))
  const compute = new ec2.EC2Client(settings())
  const begin = async (Format: string): Promise<string> => {
    const DiskContainer = { Format, UserBucket: { S3Bucket: Bucket, S3Key: Key } }
    return (await compute.send(new ec2.ImportSnapshotCommand({ DiskContainer }))).ImportTaskId ?? ''
  }
  const stateOf = async (id: string): Promise<ec2.SnapshotTaskDetail | undefined> => {
    const asked = new ec2.DescribeImportSnapshotTasksCommand({ ImportTaskIds: [id] })
    return (await compute.send(asked)).ImportSnapshotTasks?.[0]?.SnapshotTaskDetail
  }
  const wrong = await begin('VMDK')
  expect(await stateOf(wrong)).toMatchObject({ Status: 'active' })
  const other = await begin('RAW')
  await compute.send(new ec2.CancelImportTaskCommand({ ImportTaskId: other }))
  now += 60_000
  expect(await stateOf(wrong)).toMatchObject({ Status: 'deleted', StatusMessage: expect.stringContaining('no VMDK') })
  expect(await stateOf(other)).toMatchObject({ Status: 'deleted' })
  const { Snapshots } = await compute.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  expect(Snapshots).toEqual([])
  await expect(compute.send(new ec2.CancelImportTaskCommand({ ImportTaskId: other }))).rejects.toThrow('deleted')
})
