import { readFileSync } from 'node:fs'
import { DefaultRequestSigner, SimpleAuthenticationDetailsProvider } from 'oci-common'

/** A client of the Core Services that is not Sindri's own, with the credentials of these variables. */
export interface OciClient {
  /** The OCID of the image that the rehearsal offers. */
  readonly debian: string
  /** @throws Error with the code and the message of a refusal */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>
}

/** Opens it. */
export function ociClient(environment: Readonly<Record<string, string | undefined>>, region: string): OciClient {
  const { OCI_CLI_TENANCY = '', OCI_CLI_USER = '', OCI_CLI_FINGERPRINT = '', OCI_CLI_KEY_FILE = '' } = environment
  const key = readFileSync(OCI_CLI_KEY_FILE, 'utf8')
  const signer = new DefaultRequestSigner(
    new SimpleAuthenticationDetailsProvider(OCI_CLI_TENANCY, OCI_CLI_USER, OCI_CLI_FINGERPRINT, key, null),
  )
  return {
    debian: `ocid1.image.oc1..${'aaaaaaaarehearseddebian12'.padEnd(60, 'a')}`,
    async ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) {
      const uri = `https://iaas.${region}.oraclecloud.com/20160918/${path}`
      const headers = new Headers()
      const text = body === undefined ? {} : { body: JSON.stringify(body) }
      await signer.signHttpRequest({ method, uri, headers, ...text })
      const answer = await fetch(uri, { method, headers, ...text })
      const told = await answer.text()
      if (!answer.ok) throw new Error(`${answer.status} ${told}`)
      return (told === '' ? undefined : JSON.parse(told)) as T // the caller names what Oracle answers
    },
  }
}
