import { styleText } from 'node:util'
import { type Complaint, messageOf, SindriError } from '../core/error.ts'

/** An error as people read it: what failed, where, and what to do; all complaints when there are several. In colour only for a `stream` that shows it. */
export function failureText(error: unknown, stream?: NodeJS.WriteStream): string {
  const red = (text: string): string => (stream === undefined ? text : styleText('red', text, { stream }))
  if (!(error instanceof SindriError)) return `${red('Error:')} ${messageOf(error)}`
  const lines = [`${red('Error:')} ${place(error)}${error.message}`]
  if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`)
  if (error.complaints.length > 1) lines.push(...error.complaints.flatMap(complaintLines))
  return lines.join('\n')
}

/** The same for programs. */
export function failureJson(error: unknown): unknown {
  if (!(error instanceof SindriError)) return { error: { code: 'failed', message: messageOf(error) } }
  const { code, message, hint, where, complaints } = error
  return { error: { code, message, hint, where, ...(complaints.length > 0 ? { complaints } : {}) } }
}

function complaintLines(complaint: Complaint): string[] {
  const lines = [`  ${place(complaint)}${complaint.message}`]
  if (complaint.hint !== undefined) lines.push(`    hint: ${complaint.hint}`)
  return lines
}

function place({ where }: Pick<Complaint, 'where'>): string {
  if (where?.line === undefined) return ''
  return `${where.file ?? ''}:${where.line}${where.column === undefined ? '' : `:${where.column}`}: `
}
