import type { Answer, Request } from '../kit/front.ts'
import { type AlibabaError, notImplemented } from './alibaba-error.ts'
import { written } from './answer.ts'
import { ossOperations } from './oss.ts'
import type { OssOperation, Words } from './oss-call.ts'

/** Headers of OSS's own that come with every request. */
const common = /^x-oss-(date|content-sha256|security-token)$/

/** The operation a request to a bucket asks for. Refuses (501) one that is lacking, and words and headers that are not acted on. */
export function ossOperation(request: Request): { readonly name: string; readonly operation: OssOperation } {
  const on = request.path === '/' ? 'bucket' : 'object'
  const words = [...request.query.keys()]
  const found = Object.entries(ossOperations)
    .filter(([, { word }]) => word === undefined || words.includes(word))
    .find(([, operation]) => operation.on === on && operation.method === request.method)
  const asked = `${request.method} ${on}${words.map((word) => ` ${word}`).join('')}`
  if (found === undefined) throw notImplemented(`${asked} of OSS`)
  const [name, operation] = found
  const lacking = words.find((word) => word !== operation.word && operation.words?.includes(word) !== true)
  if (lacking !== undefined) throw notImplemented(`${asked} of OSS, of which it knows ${name}`)
  const header = Object.keys(request.headers)
    .filter((each) => each.startsWith('x-oss-') && !common.test(each))
    .find(
      (each) =>
        operation.takes?.some((taken) => each === taken || (taken.endsWith('-') && each.startsWith(taken))) !== true,
    )
  if (header !== undefined) throw notImplemented(`the header ${header} of ${name}`)
  return { name, operation }
}

/** What OSS answers. */
export function ossAnswer({ status = 200, headers = {}, document }: Words, requestId: string): Answer {
  const { type, text } =
    document === undefined ? { type: 'application/xml', text: '' } : written('XML', document[0], document[1])
  return { status, headers: { 'content-type': type, 'x-oss-request-id': requestId, ...headers }, body: text }
}

/** How OSS refuses; HEAD has no body, and its reason in a header. https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses (2026-11) */
export function ossRefusal(request: Request, { code, message, status }: AlibabaError, requestId: string): Answer {
  const told = { Code: code, Message: message, RequestId: requestId, HostId: request.host }
  const { text } = written('XML', 'Error', told)
  const headers = { 'content-type': 'application/xml', 'x-oss-request-id': requestId }
  if (request.method !== 'HEAD') return { status, headers, body: text }
  return { status, headers: { ...headers, 'x-oss-err': Buffer.from(text).toString('base64') }, body: '' }
}
