import { createHash } from 'node:crypto'
import { type AwsError, awsError } from './aws-error.ts'
import type { Call } from './call.ts'

/**
 * Answers what a client token already made, or makes it now. The same token with other parameters is refused with `mismatch`.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
export async function oncePerToken(
  call: Call,
  make: (remember: (id: string) => void) => Promise<string>,
  mismatch: AwsError = awsError(
    'IdempotentParameterMismatch',
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
  ),
): Promise<string> {
  const token = call.input.text('ClientToken')
  if (token === undefined) return make(() => {})
  // The JSON services' own models limit it.
  if (token.length > 64 && call.service === 'ec2')
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
    throw mismatch
  }
  return known.id
}
