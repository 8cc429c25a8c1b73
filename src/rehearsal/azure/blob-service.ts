import { randomUUID } from 'node:crypto'
import { messageOf } from '../../core/error.ts'
import { takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import type { StandInOptions } from '../kit/stand-in.ts'
import { type AzureError, azureError, faultError, isAzureError } from './azure-error.ts'
import { type BlobAnswer, blobOperation } from './blob-operations.ts'
import { accountOfHost, account as login } from './places.ts'
import type { Principal } from './principal.ts'
import type { AzureRecords } from './records.ts'
import { allows, dataAction, type Role } from './role.ts'

interface Options extends StandInOptions<AzureRecords, Role> {
  readonly principal: Principal
}

/** How Blob Storage tells whom it would let in. https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory (2026-11) */
const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/${login.tenant}/oauth2/authorize resource_id=https://storage.azure.com`

/**
 * Answers requests to the blob service of any account. Pages are stored side by side; all else one after the other.
 * https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api (2026-11)
 */
export function openBlobService(
  options: Options,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): (request: Request) => Promise<Answer | undefined> {
  const { world, principal } = options

  function authenticate({ headers }: Request, now: number): void {
    const given = headers.authorization
    if (given === undefined)
      throw azureError(
        401,
        'NoAuthenticationInformation',
        'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
      )
    const token = /^Bearer (.+)$/.exec(given)?.[1]
    if (token === undefined)
      throw azureError(501, 'NotImplemented', "The rehearsal's stand-in of Azure takes no shared keys.")
    if (!principal.opensStorage(token, now))
      throw azureError(
        401,
        'InvalidAuthenticationInfo',
        'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
      )
    if (headers['x-ms-version'] === undefined)
      throw azureError(
        400,
        'MissingRequiredHeader',
        'An HTTP header that is mandatory for this request is not specified.',
      )
  }

  return async (request) => {
    const account = accountOfHost(request.host) ?? ''
    const now = options.now()
    let name = `${request.method} ${request.host}${request.path}`

    function answer(reply: BlobAnswer, error?: AzureError): Answer | undefined {
      const at = new Date(now).toISOString()
      const why = error && { error: error.code, message: error.message }
      const range = request.headers['x-ms-range'] ?? request.headers.range
      const md5 = request.headers['content-md5']
      const parameters = {
        ...Object.fromEntries(request.query),
        path: request.path,
        ...(range && { range }),
        ...(md5 && { md5 }),
      }
      options.journal({
        at,
        cloud: 'azure',
        region: account,
        operation: name,
        status: reply.status,
        ...why,
        parameters,
      })
      if (error?.code === 'Disconnect') return undefined
      const headers = {
        'x-ms-request-id': randomUUID(),
        'x-ms-version': String(request.headers['x-ms-version'] ?? '2021-12-02'),
        date: new Date(now).toUTCString(),
        ...(error && { 'x-ms-error-code': error.code, 'content-type': 'application/xml' }),
        ...(error?.status === 401 && { 'www-authenticate': challenge }),
        ...reply.headers,
      }
      return { status: reply.status, headers, body: request.method === 'HEAD' ? '' : (reply.body ?? '') }
    }

    try {
      authenticate(request, now)
      const operation = blobOperation(request)
      name = operation.name
      if (!allows(options.policy(), dataAction(operation.action)))
        throw azureError(
          403,
          'AuthorizationPermissionMismatch',
          'This request is not authorized to perform this operation using this permission.',
        )
      const known = Object.values(world.records.resources).some(
        (one) => one.type === 'Microsoft.Storage/storageAccounts' && one.name === account,
      )
      if (!known) throw azureError(404, 'ResourceNotFound', 'The specified resource does not exist.')
      const before = takeFault(options.faults(), 'before', name, account)
      if (before !== undefined) throw faultError(before, name)
      const run = () => operation.run({ world, account, request, now })
      const reply = operation.alone ? await inTurn(run) : await run()
      const after = takeFault(options.faults(), 'after', name, account)
      if (after !== undefined) throw faultError(after, name)
      return answer(reply)
    } catch (error) {
      const refusal = isAzureError(error)
        ? error
        : azureError(500, 'InternalError', `The rehearsal failed: ${messageOf(error)}`)
      if (refusal !== error) options.tell(`${name}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      return answer({ status: refusal.status, body: errorXml(refusal) }, refusal)
    }
  }
}

/** https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 (2026-11) */
function errorXml({ code, message }: AzureError): string {
  return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Message></Error>`
}
