import { createHash } from 'node:crypto'
import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call } from './call.ts'

/**
 * Answers what a client token began before, or begins it now. The same token with other parameters is refused.
 * https://www.alibabacloud.com/help/en/ecs/developer-reference/how-to-ensure-idempotence (2026-11)
 */
export async function oncePerToken(operation: string, call: Call, make: () => Promise<Json> | Json): Promise<Json> {
  const { input, region, world } = call
  const token = input.text('ClientToken')
  if (token === undefined) return make()
  if (token.length > 64)
    throw alibabaError('InvalidClientToken.ValueNotSupported', 'The ClientToken provided is invalid.')
  const digest = createHash('sha256').update(JSON.stringify(input.all)).digest('hex')
  const key = `${operation} ${region} ${token}`
  const known = world.records.tokens[key]
  if (known !== undefined && known.digest !== digest)
    throw alibabaError(
      'IdempotentParameterMismatch',
      'The request uses the same client token as a previous, but non-identical request.',
    )
  const answer = known?.answer ?? (await make())
  world.records.tokens[key] = { digest, answer }
  return answer
}
