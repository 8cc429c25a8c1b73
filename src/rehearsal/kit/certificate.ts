import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bitString, element, integer, objectId, octetString, sequence, time } from './der.ts'

/** What a certificate says. */
export interface CertificateWords {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly issuerPublicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** An authority for names under these domains; or a server of this one name. */
  readonly role: { readonly authorityFor: readonly string[] } | { readonly server: string }
}

const commonName = '2.5.4.3'
const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
const yes = element(0x01, Buffer.from([0xff]))

function nameOf(words: string): Buffer {
  return sequence(element(0x31, sequence(objectId(commonName), element(0x0c, Buffer.from(words)))))
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [yes] : []), octetString(value))
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 20)
}

function dnsName(name: string): Buffer {
  return element(0x82, Buffer.from(name))
}

/** Extensions of https://www.rfc-editor.org/rfc/rfc5280#section-4.2 */
function extensionsOf({ role, publicKey, issuerPublicKey }: CertificateWords): readonly Buffer[] {
  const subjectKey = extension('2.5.29.14', false, octetString(keyId(publicKey)))
  const issuerKey = extension('2.5.29.35', false, sequence(element(0x80, keyId(issuerPublicKey))))
  if ('server' in role) {
    return [
      extension('2.5.29.19', true, sequence()),
      extension('2.5.29.15', true, bitString(Buffer.from([0x80]), 7)),
      extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(dnsName(role.server))),
      subjectKey,
      issuerKey,
    ]
  }
  const domains = role.authorityFor.map((domain) => sequence(dnsName(domain)))
  return [
    extension('2.5.29.19', true, sequence(yes, integer(Buffer.from([0])))),
    // keyCertSign and cRLSign
    extension('2.5.29.15', true, bitString(Buffer.from([0x06]), 1)),
    extension('2.5.29.30', true, sequence(element(0xa0, ...domains))),
    subjectKey,
  ]
}

/** A version 3 certificate in PEM, signed with the issuer's EC key. */
export function signCertificate(words: CertificateWords, issuerKey: KeyObject): string {
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(words.issuer),
    sequence(time(words.notBefore), time(words.notAfter)),
    nameOf(words.subject),
    words.publicKey.export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(...extensionsOf(words))),
  )
  const certificate = sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, issuerKey)))
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}
