import type { EBSClient } from '@aws-sdk/client-ebs'
import { SignatureV4 } from '@smithy/signature-v4'
import { Pool } from 'undici'
import { awsError } from './errors.ts'

/** Blocks of pending snapshots of one region. */
export interface Blocks {
  /** @param checksum sha256 of the block, in base64 */
  put(snapshot: string, index: number, block: Uint8Array, checksum: string): Promise<void>
}

/** A block that is not answered in this time is sent again. */
const timeoutMs = 20_000
const connections = 64

/**
 * PutSnapshotBlock without the SDK's client, which takes 2.6 times the processor time since it hashes every block twice:
 * AWS's own model asks for an unsigned payload here, and the block's own checksum is what EBS verifies.
 * https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html (2026-11)
 * @param endpoint another than the public one of the region
 */
export function openBlocks(
  region: string,
  { config: { credentials, sha256 } }: Pick<EBSClient, 'config'>,
  endpoint: string = `https://ebs.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
): Blocks {
  const { origin, host, hostname, protocol } = new URL(endpoint)
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const signer = new SignatureV4({ service: 'ebs', region, credentials, sha256 })
  return {
    async put(snapshot, index, block, checksum) {
      try {
        const path = `/snapshots/${snapshot}/blocks/${index}`
        const headers = {
          host,
          'content-type': 'application/octet-stream',
          'content-length': String(block.length),
          'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
          'x-amz-data-length': String(block.length),
          'x-amz-checksum': checksum,
          'x-amz-checksum-algorithm': 'SHA256',
        }
        const signed = await signer.sign({
          method: 'PUT',
          protocol,
          hostname,
          path,
          query: {},
          headers,
        })
        const {
          statusCode,
          headers: told,
          body,
        } = await pool.request({ method: 'PUT', path, headers: signed.headers, body: block })
        const text = await body.text()
        if (statusCode >= 300) throw refusal(statusCode, String(told['x-amzn-errortype'] ?? ''), text)
      } catch (error) {
        throw awsError(error, 'ebs:PutSnapshotBlock', region)
      }
    },
  }
}

/**
 * An answer as the SDK would have thrown it. What kind of refusal it is stands in a header, where other text may surround
 * it: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization (2026-11).
 */
function refusal(status: number, type: string, text: string): Error {
  const found = type || (/"(?:__type|code)"\s*:\s*"([^"]+)"/i.exec(text)?.[1] ?? '')
  const code = found.replace(/:.*/, '').replace(/.*#/, '') || codeOfStatus(status)
  const message = /"message"\s*:\s*"([^"]*)"/i.exec(text)?.[1] ?? `HTTP ${status}`
  return Object.assign(new Error(message), { code })
}

/** Who answers without a code is none of EBS's own: a gateway before it. */
function codeOfStatus(status: number): string {
  if (status >= 500 || status === 429) return 'ServiceUnavailable'
  return status === 401 || status === 403 ? 'AccessDenied' : 'Refused'
}
