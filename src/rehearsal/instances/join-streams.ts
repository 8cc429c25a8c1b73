import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'

/** Hands on what comes from either to the other, until both have ended or one has failed. */
export function joinStreams(one: Duplex, other: Duplex): void {
  // A failure of one ends the other, which is all that can be told to whoever is behind it.
  const done = () => undefined
  pipeline(one, other, done)
  pipeline(other, one, done)
}
