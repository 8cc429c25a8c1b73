import { createHash, generateKeyPairSync } from 'node:crypto'
import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import { ownInstances } from './find-instance.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import type { KeyPairRecord } from './records.ts'

function keyOf(region: string, name: string): string {
  return `${region}/${name}`
}

/** The key pair by its name, or Alibaba Cloud's refusal. */
export function findKeyPair({ world, region }: Call, name: string): KeyPairRecord {
  const pair = world.records.keyPairs[keyOf(region, name)]
  if (pair !== undefined) return pair
  throw alibabaError('InvalidKeyPairName.NotFound', 'The specified KeyPairName does not exist.')
}

/** A length-prefixed field of the SSH wire format. https://www.rfc-editor.org/rfc/rfc4251#section-5 */
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** An RSA key pair; a number of the wire format begins with a zero when its first bit is set. */
function makeRsa(): { readonly openssh: string; readonly privateKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' })
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(n, 'base64url')])
  const wire = Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from(e, 'base64url')), field(modulus)])
  return {
    openssh: `ssh-rsa ${wire.toString('base64')}`,
    privateKey: String(privateKey.export({ format: 'pem', type: 'pkcs1' })),
  }
}

/** Kinds of keys that can be imported. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importkeypair (2026-11) */
const imported = /^(ssh-rsa|ssh-dss|ecdsa-sha2-nistp(256|384|521))$/

function add({ input, region, world, now }: Call, openssh: string): KeyPairRecord {
  const name = input.need('KeyPairName')
  if (world.records.keyPairs[keyOf(region, name)] !== undefined)
    throw alibabaError('KeyPair.AlreadyExist', 'The key pair already exists.')
  if (!/^\p{L}[\p{L}\d:_.-]{1,127}$/u.test(name))
    throw alibabaError('InvalidKeyPairName.Malformed', 'Specified Key Pair name is not valid.')
  const [kind = '', body = ''] = openssh.trim().split(/\s+/)
  const wire = Buffer.from(body, 'base64')
  const inside = wire.length > 4 ? wire.subarray(4, 4 + wire.readUInt32BE(0)).toString() : ''
  if (inside !== kind || !imported.test(kind))
    throw alibabaError('InvalidPublicKeyBody.Malformed', 'The specified parameter "PublicKeyBody" is not valid.')
  const fingerprint = createHash('md5').update(wire).digest('hex')
  const pair = { id: name, region, name, tags: input.tags(), createdAt: now, fingerprint, openssh }
  world.records.keyPairs[keyOf(region, name)] = pair
  return pair
}

function output({ name, fingerprint, tags, createdAt }: KeyPairRecord): Json {
  return { KeyPairName: name, KeyPairFingerPrint: fingerprint, CreationTime: timeOf(createdAt), Tags: tagsOutput(tags) }
}

/** Puts the key into the instances, which read it when they start. */
function attach(call: Call): Json {
  const pair = findKeyPair(call, call.input.need('KeyPairName'))
  const instances = ownInstances(call, call.input.listed('InstanceIds'))
  for (const instance of instances) instance.keyName = pair.name
  const Result = instances.map(({ id }) => ({ InstanceId: id, Code: '200', Success: 'true', Message: 'successful' }))
  return { TotalCount: String(Result.length), FailCount: '0', KeyPairName: pair.name, Results: { Result } }
}

function detach(call: Call): Json {
  const name = findKeyPair(call, call.input.need('KeyPairName')).name
  for (const instance of ownInstances(call, call.input.listed('InstanceIds')))
    if (instance.keyName === name) delete instance.keyName
  return { KeyPairName: name, TotalCount: '1', FailCount: '0' }
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createkeypair and its neighbours (2026-11) */
export const keyPairOperations: Operations = {
  CreateKeyPair: {
    actions: ['ecs:CreateKeyPair'],
    supports: ['KeyPairName', 'Tag'],
    run: (call) => {
      const { openssh, privateKey } = makeRsa()
      const { name, fingerprint } = add(call, openssh)
      return { KeyPairName: name, KeyPairFingerPrint: fingerprint, PrivateKeyBody: privateKey }
    },
  },
  ImportKeyPair: {
    actions: ['ecs:ImportKeyPair'],
    supports: ['KeyPairName', 'PublicKeyBody', 'Tag'],
    run: (call) => {
      const { name, fingerprint } = add(call, call.input.need('PublicKeyBody'))
      return { KeyPairName: name, KeyPairFingerPrint: fingerprint }
    },
  },
  DescribeKeyPairs: {
    actions: ['ecs:DescribeKeyPairs'],
    supports: [...listParameters, 'KeyPairName'],
    reads: true,
    run: (call) => {
      const name = call.input.text('KeyPairName')
      const found = Object.values(call.world.records.keyPairs).filter(
        (pair) => name === undefined || pair.name === name,
      )
      return listed(call, 'KeyPairs', 'KeyPair', found, output)
    },
  },
  // Deleting what is not there succeeds.
  DeleteKeyPairs: {
    actions: ['ecs:DeleteKeyPairs'],
    supports: ['KeyPairNames'],
    run: ({ input, region, world }) => {
      for (const name of input.listed('KeyPairNames')) delete world.records.keyPairs[keyOf(region, name)]
      return {}
    },
  },
  AttachKeyPair: { actions: ['ecs:AttachKeyPair'], supports: ['KeyPairName', 'InstanceIds'], run: attach },
  DetachKeyPair: { actions: ['ecs:DetachKeyPair'], supports: ['KeyPairName', 'InstanceIds'], run: detach },
}
