import { readFileSync } from 'node:fs'
import { DefaultRequestSigner, SimpleAuthenticationDetailsProvider } from 'oci-common'

/** A client of the Core Services, or of Object Storage, that is not Sindri's own, with the credentials of these variables. */
export interface OciClient {
  /** The OCID of the image that the rehearsal offers. */
  readonly debian: string
  /** @throws Error with the code and the message of a refusal */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>
  /** Sends bytes, which are no part of the signature. */
  put(path: string, bytes: Uint8Array<ArrayBuffer>, headers?: Readonly<Record<string, string>>): Promise<Response>
}

/** Opens it. */
export function ociClient(
  environment: Readonly<Record<string, string | undefined>>,
  region: string,
  service: 'iaas' | 'objectstorage' = 'iaas',
): OciClient {
  const { OCI_CLI_TENANCY = '', OCI_CLI_USER = '', OCI_CLI_FINGERPRINT = '', OCI_CLI_KEY_FILE = '' } = environment
  const key = readFileSync(OCI_CLI_KEY_FILE, 'utf8')
  const signer = new DefaultRequestSigner(
    new SimpleAuthenticationDetailsProvider(OCI_CLI_TENANCY, OCI_CLI_USER, OCI_CLI_FINGERPRINT, key, null),
  )
  const version = service === 'iaas' ? '20160918/' : ''
  const place = `https://${service}.${region}.oraclecloud.com/${version}`
  return {
    debian: `ocid1.image.oc1..${'aaaaaaaarehearseddebian12'.padEnd(60, 'a')}`,
    async ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) {
      const uri = `${place}${path}`
      const headers = new Headers()
      const text = body === undefined ? {} : { body: JSON.stringify(body) }
      await signer.signHttpRequest({ method, uri, headers, ...text })
      const answer = await fetch(uri, { method, headers, ...text })
      const told = await answer.text()
      if (!answer.ok) throw new Error(`${answer.status} ${told}`)
      return (told === '' ? undefined : JSON.parse(told)) as T // the caller names what Oracle answers
    },
    async put(path, bytes, more = {}) {
      const uri = `${place}${path}`
      const headers = new Headers({ 'content-type': 'application/octet-stream', ...more })
      await signer.signHttpRequest({ method: 'PUT', uri, headers }, true)
      return fetch(uri, { method: 'PUT', headers, body: bytes })
    },
  }
}
