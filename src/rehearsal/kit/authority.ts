import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signCertificate } from './certificate.ts'

/** The throw-away certificate authority of one rehearsal: good for the vendors' domains and for nothing else. */
export interface Authority {
  /** PEM file with the authority's own certificate. */
  readonly caFile: string
  /** A fresh key and certificate for a host, in PEM. */
  certificateFor(host: string): { readonly key: string; readonly cert: string }
}

export interface AuthorityOptions {
  readonly folder: string
  readonly domains: readonly string[]
  /** Epoch milliseconds. */
  readonly now: number
}

const dayMs = 86_400_000
const lifetimeMs = 365 * dayMs
const issuer = 'Sindri rehearsal, throw-away authority'

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function validity(now: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + lifetimeMs) }
}

/** Opens the authority kept in `folder`, or makes it; one of other domains, or that expires within a month, is replaced. */
export function openAuthority({ folder, domains, now }: AuthorityOptions): Authority {
  const keyFile = join(folder, 'ca.key')
  const caFile = join(folder, 'ca.pem')
  const domainsFile = join(folder, 'ca.domains')

  function kept(): KeyObject | undefined {
    if (![keyFile, caFile, domainsFile].every((file) => existsSync(file))) return undefined
    if (readFileSync(domainsFile, 'utf8') !== domains.join(' ')) return undefined
    const expires = Date.parse(new X509Certificate(readFileSync(caFile)).validTo)
    return expires > now + 30 * dayMs ? createPrivateKey(readFileSync(keyFile)) : undefined
  }

  function create(): KeyObject {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const words = { subject: issuer, issuer, publicKey, issuerPublicKey: publicKey, ...validity(now) }
    writeFileSync(keyFile, pem(privateKey), { mode: 0o600 })
    writeFileSync(caFile, signCertificate({ ...words, role: { authorityFor: domains } }, privateKey), { mode: 0o600 })
    writeFileSync(domainsFile, domains.join(' '), { mode: 0o600 })
    return privateKey
  }

  const authorityKey = kept() ?? create()
  return {
    caFile,
    certificateFor: (host) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const issuerPublicKey = createPublicKey(authorityKey)
      const words = { subject: 'Sindri rehearsal', issuer, publicKey, issuerPublicKey, ...validity(now) }
      return { key: pem(privateKey), cert: signCertificate({ ...words, role: { server: host } }, authorityKey) }
    },
  }
}
