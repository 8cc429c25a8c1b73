import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import * as ssm from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type InProcess, openInProcess } from '../in-process.ts'
import type { Places } from '../places.ts'
import { credentials } from './signature.ts'

let places: Places
let rehearsal: InProcess

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-ssm-'))
  places = { home: join(folder, 'home'), cache: join(folder, 'cache') }
  rehearsal = await openInProcess(places)
})

afterEach(async () => {
  await rehearsal.close()
  rmSync(join(places.home, '..'), { recursive: true })
})

function settings(): ssm.SSMClientConfig & { readonly region: string } {
  return { region: 'us-west-2', credentials, endpoint: rehearsal.rehearsal.endpoint, maxAttempts: 1 }
}

function client(): ssm.SSMClient {
  return new ssm.SSMClient(settings())
}

async function anImage(): Promise<string> {
  const ec2 = new EC2Client(settings() as object)
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }))
  return Images?.[0]?.ImageId ?? ''
}

const Name = '/golden/debian/latest'

function put(Value: string, more: Partial<ssm.PutParameterCommandInput> = {}): Promise<ssm.PutParameterCommandOutput> {
  const parameter = { Name, Value, Type: 'String', DataType: 'aws:ec2:image', ...more } as const
  return client().send(new ssm.PutParameterCommand(parameter))
}

test('a parameter names an image, is overwritten only when asked, and outlives a restart until it is deleted', async () => {
  const image = await anImage()
  expect(await put(image)).toMatchObject({ Version: 1, Tier: 'Standard' })
  await expect(put(image)).rejects.toMatchObject({ name: 'ParameterAlreadyExists' })
  expect((await put(image, { Overwrite: true })).Version).toBe(2)
  await rehearsal.close()
  rehearsal = await openInProcess(places)
  const { Parameter } = await client().send(new ssm.GetParameterCommand({ Name }))
  expect(Parameter).toMatchObject({
    Name,
    Value: image,
    Version: 2,
    DataType: 'aws:ec2:image',
    ARN: 'arn:aws:ssm:us-west-2:123456789012:parameter/golden/debian/latest',
  })
  expect(Math.abs((Parameter?.LastModifiedDate?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000)
  const several = await client().send(new ssm.GetParametersCommand({ Names: [Name, '/absent'] }))
  expect([several.Parameters?.[0]?.Value, several.InvalidParameters]).toEqual([image, ['/absent']])
  await client().send(new ssm.DeleteParameterCommand({ Name }))
  await expect(client().send(new ssm.GetParameterCommand({ Name }))).rejects.toMatchObject({
    name: 'ParameterNotFound',
  })
})

test('an image that is not there is accepted, and then the parameter is not there either', async () => {
  await put('ami-0123456789abcdef0')
  await expect(client().send(new ssm.GetParameterCommand({ Name }))).rejects.toMatchObject({
    name: 'ParameterNotFound',
  })
})

test('names and kinds of parameters follow the rules of the parameter store', async () => {
  const image = await anImage()
  const wrong: readonly (readonly [Partial<ssm.PutParameterCommandInput>, string])[] = [
    [{ Name: '/aws/golden' }, 'ValidationException'],
    [{ Name: 'golden/latest' }, 'ValidationException'],
    [{ Name: `${'/a'.repeat(16)}` }, 'HierarchyLevelLimitExceededException'],
    [{ Type: undefined }, 'ValidationException'],
    [{ Type: 'SecureString' }, 'Rehearsal.NotImplemented'],
    [{ DataType: 'aws:ssm:integration' }, 'Rehearsal.NotImplemented'],
  ]
  for (const [more, name] of wrong) await expect(put(image, more)).rejects.toMatchObject({ name })
})
