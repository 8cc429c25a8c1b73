import { SindriError } from '../core/error.ts'
import { nearest } from './did-you-mean.ts'

/** The clouds an image can be built in. */
export const cloudNames = ['aws', 'azure', 'gcp', 'oci', 'alibaba'] as const

/** One of the clouds, by the name of its section in sindri.yaml. */
export type CloudName = (typeof cloudNames)[number]

const aliases: ReadonlyMap<string, CloudName> = new Map([
  ...cloudNames.map((name): [string, CloudName] => [name, name]),
  ['amazon', 'aws'],
  ['microsoft', 'azure'],
  ['google', 'gcp'],
  ['oracle', 'oci'],
  ['alicloud', 'alibaba'],
])

/**
 * The cloud a word on the command line means: its name, or one of the aliases amazon, microsoft, google, oracle and
 * alicloud, in any case. Throws SindriError('usage') for any other word.
 */
export function cloudOf(word: string): CloudName {
  const cloud = aliases.get(word.trim().toLowerCase())
  if (cloud !== undefined) return cloud
  throw new SindriError('usage', `unknown cloud ${JSON.stringify(word)}`, { hint: cloudHint(word) })
}

/** The clouds of `aws,gcp`, each once, or `all`. Throws as `cloudOf` does. */
export function cloudsOf(words: string): readonly CloudName[] | 'all' {
  if (words.trim().toLowerCase() === 'all') return 'all'
  return [...new Set(words.split(',').map(cloudOf))]
}

/** What to write in place of a word that is not the name of a cloud. */
export function cloudHint(word: string): string {
  const near = nearest(word, [...aliases.keys()])
  const meant = near === undefined ? undefined : aliases.get(near)
  return `${meant === undefined ? '' : `did you mean ${meant}? `}the clouds are ${cloudNames.join(', ')}`
}
