import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { down, type Places, type Rehearsal, status, up } from '../../src/rehearsal/index.ts'

const run = promisify(execFile)
const aws = '/usr/bin/aws'

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

test('the CLI launches an instance that answers SSH with the key it made, and captures what was changed in it', async () => {
  const key = join(folder, 'key.pem')
  const made = await cli('ec2', 'create-key-pair', '--key-name', 'k', '--key-type', 'ed25519', '--query', 'KeyMaterial')
  writeFileSync(key, `${made}\n`, { mode: 0o600 })
  const launched = async (id: string) =>
    cli(
      'ec2',
      'run-instances',
      '--image-id',
      id,
      '--instance-type',
      't3.large',
      '--key-name',
      'k',
      '--query',
      'Instances[0].[InstanceId,PublicIpAddress]',
    )
  const ssh = async (address: string, command: string): Promise<string> => {
    const options = [
      '-i',
      key,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'ConnectTimeout=5',
    ]
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await run('ssh', [...options, `admin@${address}`, command])).stdout.trim()
      } catch (error) {
        if (attempt === 60) throw error
        await run('sleep', ['1'])
      }
    }
  }
  const [first = '', address = ''] = (await launched(image)).split('\t')
  expect(await ssh(address, 'echo golden | sudo tee /etc/sindri-test')).toBe('golden')
  const golden = await cli('ec2', 'create-image', '--instance-id', first, '--name', 'golden')
  await cli('ec2', 'wait', 'image-available', '--image-ids', golden)
  const [second = '', other = ''] = (await launched(golden)).split('\t')
  expect(await ssh(other, 'cat /etc/sindri-test')).toBe('golden')

  await cli('ec2', 'terminate-instances', '--instance-ids', first, second)
  image = golden
}, 240_000)

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
  expect(await refusal('s3api', 'list-buckets')).toContain('does not implement the service s3')
  expect(await refusal('ssm', 'get-parameter', '--name', 'x')).toContain('does not implement the service ssm')
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
