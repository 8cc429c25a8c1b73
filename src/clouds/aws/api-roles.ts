import type { STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { request } from 'undici'
import { isGone } from '../gone.ts'
import { awsError } from './errors.ts'

/** Where IAM of the region's partition is, and what its requests are signed for. https://docs.aws.amazon.com/general/latest/gr/iam-service.html (2026-11) */
function homeOf(region: string): { readonly region: string; readonly endpoint: string } {
  if (region.startsWith('cn-')) return { region: 'cn-north-1', endpoint: 'https://iam.cn-north-1.amazonaws.com.cn' }
  if (region.startsWith('us-gov-')) return { region: 'us-gov-west-1', endpoint: 'https://iam.us-gov.amazonaws.com' }
  return { region: 'us-east-1', endpoint: 'https://iam.amazonaws.com' }
}

const timeoutMs = 20_000

/**
 * Whom a role lets assume it, as a policy in JSON; undefined when there is no such role. Signed by hand: for one call of
 * IAM its client is not worth its size. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html (2026-11)
 * @param endpoint another than the public one
 */
export async function roleTrust(
  { config: { credentials, sha256 } }: Pick<STSClient, 'config'>,
  { role, region }: { readonly role: string; readonly region: string },
  endpoint?: string,
): Promise<string | undefined> {
  const home = homeOf(region)
  const { origin, host, hostname, protocol } = new URL(endpoint ?? home.endpoint)
  const body = new URLSearchParams({ Action: 'GetRole', Version: '2010-05-08', RoleName: role }).toString()
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  try {
    const signer = new SignatureV4({ service: 'iam', region: home.region, credentials, sha256 })
    const signed = await signer.sign({ ...{ method: 'POST', protocol, hostname, path: '/', query: {} }, headers, body })
    const timeouts = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const answer = await request(`${origin}/`, { method: 'POST', headers: signed.headers, body, ...timeouts })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw refusal(answer.statusCode, text)
    return decodeURIComponent(within(text, 'AssumeRolePolicyDocument') ?? '')
  } catch (error) {
    const told = awsError(error, 'iam:GetRole', 'all regions')
    if (isGone(told)) return undefined
    throw told
  }
}

/** An answer as the SDK would have thrown it. */
function refusal(status: number, text: string): Error {
  const code = within(text, 'Code') ?? (status >= 500 || status === 429 ? 'ServiceUnavailable' : 'Refused')
  const message = within(text, 'Message') ?? `HTTP ${status}`
  // The one code of IAM for what does not exist.
  return Object.assign(new Error(message), { code: code === 'NoSuchEntity' ? 'NotFound' : code })
}

function within(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}
