import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { EBSClient, PutSnapshotBlockCommand } from '@aws-sdk/client-ebs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { credentials } from '../../src/rehearsal/aws/signature.ts'
import { down, type Places, type Rehearsal, status, up } from '../../src/rehearsal/index.ts'

const run = promisify(execFile)
const aws = '/usr/bin/aws'

const blockBytes = 512 * 1024

const folder = mkdtempSync(join(tmpdir(), 'sindri-aws-cli-'))
const places: Places = {
  home: join(folder, 'home'),
  cache: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sindri'),
}
const serve = `
  const { serve } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/rehearsal/index.ts')).href)})
  await serve(${JSON.stringify(places)}, new AbortController().signal)`

let rehearsal: Rehearsal

function start(): Promise<Rehearsal> {
  return up({
    places,
    serve: [process.execPath, '--input-type=module', '--eval', serve],
    environment: process.env,
  })
}

/** Runs the CLI as a user would: no endpoint, so it asks ec2.<region>.amazonaws.com through the proxy. */
async function cli(...words: readonly string[]): Promise<string> {
  const { AWS_ENDPOINT_URL, ...environment } = rehearsal.environment
  const { stdout } = await run(aws, ['--output', 'text', ...words], {
    env: { PATH: process.env.PATH, AWS_PAGER: '', ...environment },
  })
  return stdout.trim()
}

async function refusal(...words: readonly string[]): Promise<string> {
  return cli(...words).then(
    () => 'accepted',
    (error: unknown) => String(error),
  )
}

beforeAll(async () => {
  rehearsal = await start()
}, 300_000)

afterAll(async () => {
  await down(places)
  rmSync(folder, { recursive: true })
}, 60_000)

let image = ''

test('the CLI sees the account, the regions and the stock image', async () => {
  expect(await cli('sts', 'get-caller-identity', '--query', 'Account')).toBe('123456789012')
  expect((await cli('ec2', 'describe-regions', '--query', 'Regions[].RegionName')).split('\t')).toHaveLength(17)
  const filter = 'Name=name,Values=debian-12-amd64-*'
  image = await cli(
    'ec2',
    'describe-images',
    '--owners',
    '136693071363',
    '--filters',
    filter,
    '--query',
    'Images[0].ImageId',
  )
  expect(image).toMatch(/^ami-[0-9a-f]{17}$/)
})

const key = join(folder, 'key.pem')

function launched(id: string): Promise<string> {
  const asked = ['ec2', 'run-instances', '--image-id', id, '--instance-type', 't3.large', '--key-name', 'k']
  return cli(...asked, '--query', 'Instances[0].[InstanceId,PublicIpAddress]')
}

async function ssh(address: string, command: string): Promise<string> {
  const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=5']
  const options = ['-i', key, ...settings.flatMap((setting) => ['-o', setting])]
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await run('ssh', [...options, `admin@${address}`, command])).stdout.trim()
    } catch (error) {
      if (attempt === 60) throw error
      await run('sleep', ['1'])
    }
  }
}

test('the CLI launches an instance that answers SSH with the key it made, and captures what was changed in it', async () => {
  const made = await cli('ec2', 'create-key-pair', '--key-name', 'k', '--key-type', 'ed25519', '--query', 'KeyMaterial')
  writeFileSync(key, `${made}\n`, { mode: 0o600 })
  const [first = '', address = ''] = (await launched(image)).split('\t')
  expect(await ssh(address, 'echo golden | sudo tee /etc/sindri-test')).toBe('golden')
  const golden = await cli('ec2', 'create-image', '--instance-id', first, '--name', 'golden')
  await cli('ec2', 'wait', 'image-available', '--image-ids', golden)
  const [second = '', other = ''] = (await launched(golden)).split('\t')
  expect(await ssh(other, 'cat /etc/sindri-test')).toBe('golden')

  await cli('ec2', 'terminate-instances', '--instance-ids', first, second)
  image = golden
}, 240_000)

/** Puts what the stock image's disk holds into a snapshot, and ends the daemon in the middle of it. */
async function upload(disk: string): Promise<string> {
  const begin = ['ebs', 'start-snapshot', '--volume-size', '8', '--client-token', 'once', '--query', 'SnapshotId']
  const id = await cli(...begin)
  // A restarted daemon is found at the same place.
  const client = new EBSClient({ region: 'us-west-2', credentials, endpoint: rehearsal.endpoint })
  const file = await open(disk)
  const sums: Buffer[] = []
  try {
    const { size } = await file.stat()
    const block = Buffer.alloc(blockBytes)
    const zeros = Buffer.alloc(blockBytes)
    for (let index = 0; index * blockBytes < size; index += 1) {
      block.fill(0)
      await file.read(block, 0, blockBytes, index * blockBytes)
      if (block.equals(zeros)) continue
      const sum = createHash('sha256').update(block).digest()
      sums.push(sum)
      if (sums.length === 20) {
        await run('kill', ['-KILL', String(rehearsal.pid)])
        rehearsal = await start()
        expect(await cli(...begin)).toBe(id)
      }
      if (sums.length % 500 === 1) await putByCli(id, index, block, sum)
      else {
        const Checksum = sum.toString('base64')
        const put = { SnapshotId: id, BlockIndex: index, BlockData: block, DataLength: blockBytes, Checksum }
        await client.send(new PutSnapshotBlockCommand({ ...put, ChecksumAlgorithm: 'SHA256' }))
      }
    }
  } finally {
    await file.close()
  }
  const complete = ['ebs', 'complete-snapshot', '--snapshot-id', id, '--checksum-algorithm', 'SHA256']
  const linear = createHash('sha256').update(Buffer.concat(sums)).digest('base64')
  const counted = (count: number) => [...complete, '--changed-blocks-count', String(count), '--checksum', linear]
  expect(await refusal(...counted(sums.length - 1))).toContain('(ValidationException)')
  expect(await cli(...counted(sums.length), '--checksum-aggregation-method', 'LINEAR')).toBe('pending')
  return id
}

async function putByCli(id: string, index: number, block: Buffer, sum: Buffer): Promise<void> {
  const file = join(folder, 'block')
  writeFileSync(file, block)
  const put = ['ebs', 'put-snapshot-block', '--snapshot-id', id, '--block-index', String(index), '--block-data', file]
  const sums = ['--checksum-algorithm', 'SHA256', '--data-length', String(block.length), '--checksum']
  const wrong = createHash('sha256').update('another').digest('base64')
  expect(await refusal(...put, ...sums, wrong)).toContain('(ValidationException)')
  expect(await cli(...put, ...sums, sum.toString('base64'))).toContain(sum.toString('base64'))
}

test('a disk put up block by block becomes an image that boots, and a parameter that names it', async () => {
  const id = await upload(rehearsal.bases.find(({ name }) => name === 'debian-12')?.disk ?? '')
  await cli('ec2', 'wait', 'snapshot-completed', '--snapshot-ids', id)
  const published = await cli(
    ...['ec2', 'register-image', '--name', 'published', '--architecture', 'x86_64', '--boot-mode', 'uefi'],
    ...['--virtualization-type', 'hvm', '--ena-support', '--tpm-support', 'v2.0', '--imds-support', 'v2.0'],
    ...['--root-device-name', '/dev/xvda', '--query', 'ImageId', '--block-device-mappings'],
    `DeviceName=/dev/xvda,Ebs={SnapshotId=${id},VolumeType=gp3}`,
  )
  const [instance = '', address = ''] = (await launched(published)).split('\t')
  expect(await ssh(address, 'cat /etc/hostname; test ! -e /etc/sindri-test')).not.toBe('')
  await cli('ec2', 'terminate-instances', '--instance-ids', instance)

  const parameter = ['ssm', 'put-parameter', '--name', '/golden/latest', '--type', 'String']
  await cli(...parameter, '--data-type', 'aws:ec2:image', '--value', published)
  const asked = ['ssm', 'get-parameter', '--name', '/golden/latest', '--query', 'Parameter.Value']
  expect(await cli(...asked)).toBe(published)
  await cli('ssm', 'delete-parameter', '--name', '/golden/latest')
  expect(await refusal(...asked)).toContain('(ParameterNotFound)')
  const quota = ['service-quotas', 'get-service-quota', '--service-code', 'ec2', '--quota-code', 'L-0E3CBAB9']
  expect(await cli(...quota, '--query', 'Quota.Value')).toBe('5')
  await cli('ec2', 'deregister-image', '--image-id', published)
  await cli('ec2', 'delete-snapshot', '--snapshot-id', id)
}, 400_000)

test('the CLI puts a disk into a bucket, in one piece and in parts, and imports it', async () => {
  await cli('s3', 'mb', 's3://golden-disks')
  for (const [name, mebibytes] of [
    ['small', 3],
    ['large', 20],
  ] as const) {
    const file = join(folder, `${name}.raw`)
    writeFileSync(file, Buffer.alloc(mebibytes * 1024 ** 2, name))
    await cli('s3', 'cp', file, `s3://golden-disks/${name} disk.raw`)
    const head = ['s3api', 'head-object', '--bucket', 'golden-disks', '--key', `${name} disk.raw`]
    expect(await cli(...head, '--query', 'ContentLength')).toBe(String(mebibytes * 1024 ** 2))
    const container = `Format=RAW,UserBucket={S3Bucket=golden-disks,S3Key=${name} disk.raw}`
    const order = ['ec2', 'import-snapshot', '--disk-container', container, '--query', 'ImportTaskId']
    const task = await cli(...order)
    const tasks = ['ec2', 'describe-import-snapshot-tasks', '--import-task-ids', task, '--query']
    const told = (member: string) => cli(...tasks, `ImportSnapshotTasks[0].SnapshotTaskDetail.${member}`)
    // Debian's command line has no waiter for it.
    for (let attempt = 1; (await told('Status')) !== 'completed'; attempt += 1) expect(attempt).toBeLessThan(60)
    const id = await told('SnapshotId')
    const blocks = ['ebs', 'list-snapshot-blocks', '--snapshot-id', id, '--query', 'length(Blocks)']
    expect(await cli(...blocks)).toBe(String(mebibytes * 2))
    await cli('ec2', 'delete-snapshot', '--snapshot-id', id)
    await cli('s3', 'rm', `s3://golden-disks/${name} disk.raw`)
  }
  expect(await refusal('s3api', 'head-object', '--bucket', 'golden-disks', '--key', 'absent')).toContain('404')
  await cli('s3api', 'delete-bucket', '--bucket', 'golden-disks')
}, 200_000)

test('the CLI copies an image to another region, shares it and takes it back', async () => {
  const copy = await cli(
    '--region',
    'eu-west-1',
    'ec2',
    'copy-image',
    '--source-region',
    'us-west-2',
    '--source-image-id',
    image,
    '--name',
    'golden',
  )
  await cli('--region', 'eu-west-1', 'ec2', 'wait', 'image-available', '--image-ids', copy)
  const modify = ['--region', 'eu-west-1', 'ec2', 'modify-image-attribute', '--image-id', copy, '--launch-permission']
  const readers = () =>
    cli(
      '--region',
      'eu-west-1',
      'ec2',
      'describe-image-attribute',
      '--image-id',
      copy,
      '--attribute',
      'launchPermission',
      '--query',
      'LaunchPermissions[].UserId',
    )
  await cli(...modify, 'Add=[{UserId=111122223333}]')
  expect(await readers()).toBe('111122223333')
  await cli(...modify, 'Remove=[{UserId=111122223333}]')
  expect(await readers()).toBe('')
  expect(await refusal(...modify, 'Add=[{Group=all}]')).toContain('OperationNotPermitted')
}, 90_000)

test('the CLI is told what EC2 would tell it', async () => {
  const absent = 'ami-0123456789abcdef0'
  expect(await refusal('ec2', 'describe-images', '--image-ids', absent)).toContain(
    `An error occurred (InvalidAMIID.NotFound) when calling the DescribeImages operation: The image id '[${absent}]' does not exist`,
  )
  expect(
    await refusal('ec2', 'run-instances', '--image-id', image, '--instance-type', 't3.large', '--dry-run'),
  ).toContain(
    '(DryRunOperation) when calling the RunInstances operation: Request would have succeeded, but DryRun flag is set.',
  )
  expect(await refusal('s3api', 'list-buckets')).toContain('does not implement the operation ListBuckets of s3')
  expect(await refusal('ssm', 'get-parameter', '--name', 'x')).toContain('(ParameterNotFound)')
  expect(await refusal('kms', 'list-keys')).toContain('does not implement the service kms')
  expect(await refusal('--region', 'mars-north-1', 'ec2', 'describe-regions')).not.toContain('accepted')
})

test('instances, images and the endpoint outlive a daemon that was killed', async () => {
  const before = await status(places)
  await run('kill', ['-KILL', String(rehearsal.pid)])
  const restarted = await start()
  expect(restarted.pid).not.toBe(rehearsal.pid)
  expect(restarted.endpoint).toBe(rehearsal.endpoint)
  expect((await status(places)).resources).toEqual(before.resources)
  rehearsal = restarted
})

test('two processes that start it at once share one daemon', async () => {
  await down(places)
  const [one, other] = await Promise.all([start(), start()])
  expect(one.pid).toBe(other.pid)
  rehearsal = one
})

test('down leaves nothing, also with an instance running', async () => {
  const stock = await cli('ec2', 'describe-images', '--owners', '136693071363', '--query', 'Images[0].ImageId')
  const id = await cli(
    'ec2',
    'run-instances',
    '--image-id',
    stock,
    '--instance-type',
    't3.large',
    '--query',
    'Instances[0].InstanceId',
  )
  const { stopped } = await down(places)
  expect(stopped).toEqual(['daemon', id])
  const { resources, ...rest } = await status(places)
  expect(rest).toEqual({ running: false, requests: [] })
  expect(Object.values(resources).flatMap(Object.keys)).toEqual([])
  const { stdout: mounts } = await run('mount')
  expect(mounts).not.toContain(folder)
  const { stdout: loops } = await run('losetup', ['--all'])
  expect(loops).not.toContain(folder)
}, 60_000)
