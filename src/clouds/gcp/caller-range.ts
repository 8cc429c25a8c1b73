import { isIP } from 'node:net'
import { messageOf, SindriError } from '../../core/error.ts'

const host = 'domains.google.com'

/** Google's answer to "which address do I come from", as a range of one address. */
export async function callerRange(): Promise<string> {
  const hint = 'give the ranges that may connect with --ssh-source-range'
  try {
    const answer = await fetch(`https://${host}/checkip`, { signal: AbortSignal.timeout(15_000) })
    const address = (await answer.text()).trim()
    const version = isIP(address)
    if (version === 0)
      throw new SindriError('failed', `${host} answered ${JSON.stringify(address.slice(0, 60))}`, { hint })
    return `${address}/${version === 6 ? 128 : 32}`
  } catch (error) {
    if (error instanceof SindriError) throw error
    throw new SindriError('failed', `cannot find out the public address of this machine: ${messageOf(error)}`, {
      hint,
      cause: error,
    })
  }
}
