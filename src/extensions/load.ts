import type * as z from 'zod/mini'
import { mistakesOf } from '../config/complaints.ts'
import type { Mistake } from '../config/mistake.ts'
import { inOrder, placed } from '../config/places.ts'
import { readYaml } from '../config/yaml.ts'
import type { Complaint } from '../core/error.ts'

/** A document of a catalogue: its value unless something is wrong with its form, and all complaints about it. */
export interface Loaded<T> {
  readonly value: T | undefined
  readonly complaints: readonly Complaint[]
}

/** Reads a YAML text by a schema. `rules` says what a value of the right form still gets wrong; `file` is what complaints call it. */
export function loadDocument<T>(
  text: string,
  file: string,
  schema: z.ZodMiniType<T>,
  rules: (value: T) => readonly Mistake[],
): Loaded<T> {
  const document = readYaml(text, file)
  if (document.value === undefined) return { value: undefined, complaints: document.complaints }
  const parsed = schema.safeParse(document.value)
  const mistakes = parsed.success
    ? rules(parsed.data)
    : parsed.error.issues.flatMap((issue) => mistakesOf(issue, document, schema))
  const complaints = [...document.complaints, ...mistakes.map((mistake) => placed(mistake, document.place))]
  return {
    value: parsed.success ? parsed.data : undefined,
    complaints: complaints.sort((a, b) => inOrder(a.where, b.where)),
  }
}
