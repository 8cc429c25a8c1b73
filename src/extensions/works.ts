import { execFile } from 'node:child_process'
import type { Entry } from './catalogue.ts'
import { programPath, type SessionOptions } from './session.ts'

/** Whether an extension works, and what its validate command printed. */
export interface Validated {
  readonly works: boolean
  readonly output: string
}

const longestSeconds = 60

/** Runs the validate command of an extension, as whoever runs this. Never fails; a command that does not end in a minute has failed. */
export async function extensionWorks(
  { definition, folder }: Entry,
  { environment, signal }: SessionOptions,
): Promise<Validated> {
  const env = { ...environment, PATH: programPath(environment) }
  return new Promise((resolve) => {
    const options = { cwd: folder, env, signal, timeout: longestSeconds * 1000, encoding: 'utf8' } as const
    execFile('/bin/sh', ['-eu', '-c', definition.validate], options, (error, stdout, stderr) => {
      const printed = [stdout, stderr].map((text) => text.trim()).filter((text) => text !== '')
      const why = error?.killed === true ? [`did not end within ${longestSeconds} s`] : []
      resolve({ works: error === null, output: [...printed, ...why].join('\n') })
    })
  })
}
