import { createHash } from 'node:crypto'
import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'

/**
 * Answers what a client token already made, or makes it now. The same token with other parameters is refused.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
export async function oncePerToken(
  call: Call,
  make: (remember: (id: string) => void) => Promise<string>,
): Promise<string> {
  const token = call.input.text('ClientToken')
  if (token === undefined) return make(() => {})
  if (token.length > 64)
    throw awsError('InvalidParameterValue', `Value (${token}) for parameter clientToken is invalid.`)
  const key = `${call.operation} ${token}`
  const digest = createHash('sha256').update(JSON.stringify(call.input.fields)).digest('hex')
  const known = call.here.tokens[key]
  if (known === undefined) {
    try {
      return await make((id) => {
        call.here.tokens[key] = { digest, id }
      })
    } catch (error) {
      delete call.here.tokens[key]
      throw error
    }
  }
  if (known.digest !== digest) {
    throw awsError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    )
  }
  return known.id
}
