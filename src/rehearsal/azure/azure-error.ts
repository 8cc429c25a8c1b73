/** An error as Azure Resource Manager words it: becomes the answer to the request, never an exception of ours. */
export interface AzureError extends Error {
  readonly status: number
  readonly code: string
}

/** An error answer with Azure's code and wording. */
export function azureError(status: number, code: string, message: string): AzureError {
  return Object.assign(new Error(message), { status, code })
}

/** True for what `azureError` made. */
export function isAzureError(error: unknown): error is AzureError {
  return error instanceof Error && 'code' in error && 'status' in error
}

/** The stand-in's own refusal: Azure has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): AzureError {
  return azureError(501, 'NotImplemented', `The rehearsal's stand-in of Azure does not implement ${what}.`)
}

/** Azure's answer about a resource that is not there. */
export function notFound(id: string): AzureError {
  const group = /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? ''
  const resource = /\/providers\/(.+)$/i.exec(id)?.[1] ?? id
  return azureError(
    404,
    'ResourceNotFound',
    `The Resource '${resource}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}

/** Azure's answer about a resource group that is not there. */
export function groupNotFound(name: string): AzureError {
  return azureError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`)
}

/** A body that Azure would not take. */
export function invalid(message: string): AzureError {
  return azureError(400, 'InvalidParameter', message)
}

/** The body of an error answer. https://learn.microsoft.com/rest/api/azure (error responses) */
export function errorBody({ code, message }: Pick<AzureError, 'code' | 'message'>): string {
  return JSON.stringify({ error: { code, message } })
}

const statuses: Readonly<Record<string, number>> = {
  InvalidParameter: 400,
  TooManyRequests: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
  AuthorizationFailed: 403,
  ResourceNotFound: 404,
}

/** The error a fault asks for. */
export function faultError(code: string, operation: string): AzureError {
  return azureError(statuses[code] ?? 409, code, `${code}, as the rehearsal was told to answer ${operation}.`)
}
