import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { newId } from './ids.ts'
import type { KeyPairRecord } from './records.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'

/** A length-prefixed field of the SSH wire format. https://www.rfc-editor.org/rfc/rfc4251#section-5 */
function field(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function colons(hex: string): string {
  return hex.replace(/(..)(?!$)/g, '$1:')
}

function jwkBytes(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64url')
}

interface Made {
  readonly openssh: string
  readonly privateKey: string
  readonly fingerprint: string
}

/** SHA-256 of the wire form, base64: how EC2 fingerprints ed25519 keys. */
function ed25519Fingerprint(wire: Buffer): string {
  return createHash('sha256').update(wire).digest('base64')
}

/** The private key in OpenSSH's own format: PROTOCOL.key of the OpenSSH sources. */
function makeEd25519(comment: string): Made {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [secret, open] = [jwkBytes(d), jwkBytes(x)]
  const wire = Buffer.concat([field('ssh-ed25519'), field(open)])
  const check = randomBytes(4)
  const inner = Buffer.concat([check, check, wire, field(Buffer.concat([secret, open])), field(comment)])
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (inner.length % 8)) % 8))
  const count = Buffer.from([0, 0, 0, 1])
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    count,
    field(wire),
    field(Buffer.concat([inner, padding])),
  ])
  const lines = file.toString('base64').replace(/.{70}(?=.)/g, '$&\n')
  return {
    openssh: `ssh-ed25519 ${wire.toString('base64')} ${comment}`,
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
    fingerprint: ed25519Fingerprint(wire),
  }
}

/** A positive multiple-precision integer of the SSH wire format. */
function positive(bytes: Buffer): Buffer {
  return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** EC2 fingerprints the RSA keys it makes by SHA-1 of the private key in DER. */
function makeRsa(comment: string): Made {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { e, n } = privateKey.export({ format: 'jwk' })
  const wire = Buffer.concat([field('ssh-rsa'), positive(jwkBytes(e)), positive(jwkBytes(n))])
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  return {
    openssh: `ssh-rsa ${wire.toString('base64')} ${comment}`,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    fingerprint: colons(createHash('sha1').update(der).digest('hex')),
  }
}

function fieldsOfWire(wire: Buffer): readonly Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= wire.length; ) {
    const end = at + 4 + wire.readUInt32BE(at)
    fields.push(wire.subarray(at + 4, end))
    at = end
  }
  return fields
}

/** Type and fingerprint of an imported public key; EC2 fingerprints imported RSA keys by MD5 of the public key in DER. */
function imported(material: string): Pick<KeyPairRecord, 'type' | 'fingerprint' | 'openssh'> {
  const openssh = Buffer.from(material, 'base64').toString('utf8').trim()
  const [kind, body = ''] = openssh.split(/\s+/)
  const wire = Buffer.from(body, 'base64')
  const [inside, exponent, modulus] = fieldsOfWire(wire)
  if (inside?.toString() !== kind) throw awsError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format')
  if (kind === 'ssh-ed25519') return { type: 'ed25519', fingerprint: ed25519Fingerprint(wire), openssh }
  if (kind !== 'ssh-rsa' || exponent === undefined || modulus === undefined) {
    throw awsError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format')
  }
  const jwk = { kty: 'RSA', e: exponent.toString('base64url'), n: modulus.toString('base64url') }
  const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' })
  return { type: 'rsa', fingerprint: colons(createHash('md5').update(der).digest('hex')), openssh }
}

function add(call: Call, key: Pick<KeyPairRecord, 'type' | 'fingerprint' | 'openssh'>): KeyPairRecord {
  const name = call.input.need('KeyName')
  const pair = { id: newId('key'), name, ...key, createdAt: call.now, tags: requestedTags(call.input, 'key-pair') }
  call.here.keyPairs[name] = pair
  return pair
}

function checkNewName(call: Call): string {
  checkTagKinds(call.input, ['key-pair'])
  const name = call.input.need('KeyName')
  if (findPair(call, name) !== undefined)
    throw awsError('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`)
  return name
}

function findPair(call: Call, name: string): KeyPairRecord | undefined {
  return Object.hasOwn(call.here.keyPairs, name) ? call.here.keyPairs[name] : undefined
}

/** The key pair by name; InvalidKeyPair.NotFound. */
export function findKeyPair(call: Call, name: string): KeyPairRecord {
  const pair = findPair(call, name)
  if (pair === undefined) throw awsError('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`)
  return pair
}

const pairFilters: Filters<KeyPairRecord> = {
  fingerprint: (pair) => pair.fingerprint,
  'key-name': (pair) => pair.name,
  'key-pair-id': (pair) => pair.id,
}

function pairOutput(pair: KeyPairRecord): { readonly [name: string]: Output } {
  return { KeyName: pair.name, KeyPairId: pair.id, KeyFingerprint: pair.fingerprint, Tags: tagList(pair.tags) }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html and its neighbours. */
export const keyPairOperations: Operations = {
  CreateKeyPair: {
    supports: ['KeyName', 'KeyType', 'KeyFormat', 'TagSpecifications'],
    creates: ['key-pair'],
    run: (call) => {
      if (call.input.text('KeyFormat') === 'ppk') throw notImplemented("key pairs in PuTTY's format")
      const name = checkNewName(call)
      const type = call.input.text('KeyType') === 'ed25519' ? 'ed25519' : 'rsa'
      const { openssh, privateKey, fingerprint } = type === 'ed25519' ? makeEd25519(name) : makeRsa(name)
      return { ...pairOutput(add(call, { type, openssh, fingerprint })), KeyMaterial: privateKey }
    },
  },
  ImportKeyPair: {
    supports: ['KeyName', 'PublicKeyMaterial', 'TagSpecifications'],
    creates: ['key-pair'],
    run: (call) => {
      checkNewName(call)
      return pairOutput(add(call, imported(call.input.need('PublicKeyMaterial'))))
    },
  },
  DescribeKeyPairs: {
    supports: ['KeyNames', 'KeyPairIds', 'IncludePublicKey', 'Filters'],
    run: (call) => {
      const pairs = Object.values(call.here.keyPairs)
      const named = call.input.texts('KeyNames').map((name) => findKeyPair(call, name))
      const byId = call.input.texts('KeyPairIds').map((id) => {
        const pair = pairs.find((each) => each.id === id)
        if (pair === undefined) throw awsError('InvalidKeyPair.NotFound', `The key pair ID '${id}' does not exist`)
        return pair
      })
      const asked = [...named, ...byId]
      const { items } = filtered(call, asked.length > 0 ? asked : pairs, pairFilters)
      const withKey = call.input.flag('IncludePublicKey') === true
      return {
        KeyPairs: items.map((pair) => ({
          ...pairOutput(pair),
          KeyType: pair.type,
          CreateTime: new Date(pair.createdAt).toISOString(),
          PublicKey: withKey ? pair.openssh : undefined,
        })),
      }
    },
  },
  DeleteKeyPair: {
    supports: ['KeyName', 'KeyPairId'],
    run: (call) => {
      const { input, here } = call
      const pair = Object.values(here.keyPairs).find(
        (each) => each.name === input.text('KeyName') || each.id === input.text('KeyPairId'),
      )
      // Deleting what is not there succeeds, as on EC2.
      if (pair !== undefined) delete here.keyPairs[pair.name]
      return { Return: true, KeyPairId: pair?.id }
    },
  },
}
