import { isIP } from 'node:net'
import { messageOf, SindriError } from '../core/error.ts'

/**
 * AWS's answer to "which address do I come from", which it gives to anyone, as a range of one address. `hint` says where
 * else the ranges can come from.
 * https://docs.aws.amazon.com/vpc/latest/userguide/VPC_SecurityGroups.html
 */
export async function callerRange(hint: string): Promise<string> {
  try {
    const answer = await fetch('https://checkip.amazonaws.com/', { signal: AbortSignal.timeout(15_000) })
    const address = (await answer.text()).trim()
    const version = isIP(address)
    if (version === 0)
      throw new SindriError('failed', `checkip.amazonaws.com answered ${JSON.stringify(address.slice(0, 60))}`, {
        hint,
      })
    return `${address}/${version === 6 ? 128 : 32}`
  } catch (error) {
    if (error instanceof SindriError) throw error
    throw new SindriError('failed', `cannot find out the public address of this machine: ${messageOf(error)}`, {
      hint,
      cause: error,
    })
  }
}
