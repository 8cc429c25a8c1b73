import type { Complaint } from '../core/error.ts'
import { parseLine } from './machine-log.ts'

/** One thing Packer says about a template. */
export interface Diagnostic extends Complaint {
  readonly severity: 'error' | 'warning'
}

/** Packer's diagnostics in its machine-readable output: one for every mistake, each with its place in the template. */
export function diagnosticsIn(output: string): readonly Diagnostic[] {
  return output
    .split('\n')
    .flatMap((line) => parseLine(line) ?? [])
    .flatMap(({ type, data: [, text = ''] }) => (type === 'ui' ? text.split(/^(?=Error: |Warning: )/mu) : []))
    .flatMap(readDiagnostic)
}

function readDiagnostic(text: string): readonly Diagnostic[] {
  const [, kind, title = '', details = ''] = /^(Error|Warning): ([^\n]*)(.*)$/su.exec(text) ?? []
  if (kind === undefined) return []
  const severity = kind === 'Error' ? 'error' : 'warning'
  const [, file, line] = /^ {2}on (.+) line (\d+)/mu.exec(details) ?? []
  const where = file === undefined ? {} : { where: { file, line: Number(line) } }
  // A place is followed by the source: indented lines up to the next empty one.
  const explanation = details.replace(/^ {2}on .+ line \d+.*\n(?: .*\n)*/mu, '').trim()
  const several = /^\d+ error(?:\(s\)|s)? occurred:$/u.test(title)
  const messages = several
    ? explanation.split(/^\s*\* /mu).filter((item) => item.trim() !== '')
    : [explanation === '' ? title : `${title}: ${explanation}`]
  return messages.map((message) => ({ severity, message: message.trim().replaceAll(/\s*\n\s*/gu, ' '), ...where }))
}
