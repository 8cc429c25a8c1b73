import * as z from 'zod/mini'
import { environmentReference, mentionsEnvironment } from './environment.ts'

/** What the text of a field must look like. */
export interface TextRule {
  /** The whole text must match it. */
  readonly pattern?: RegExp
  /** Completes the sentence "… is not": what it should have been. */
  readonly kind?: string
  /** What to write instead. */
  readonly hint?: string
  /** Line breaks and tabs are allowed. */
  readonly multiline?: boolean
  /** The field may be `${env:NAME}`. */
  readonly reference?: boolean
  readonly mayBeEmpty?: boolean
  /** Neither Packer nor Sindri evaluates it: braces and dollars are as good as any other character. */
  readonly verbatim?: boolean
}

/** A schema for every key of an interface: a forgotten or a superfluous key is a type error. */
export type Fields<T> = { readonly [K in keyof T]-?: z.ZodMiniType<Exclude<T[K], undefined>> }

/** A section whose keys may all be left out, bar the `required` ones. Any other key is a mistake. */
export function section<T>(
  description: string,
  fields: Fields<T>,
  required: readonly (keyof T)[] = [],
): z.ZodMiniType<T> {
  const shape: Record<string, z.ZodMiniType> = {}
  for (const key in fields) shape[key] = required.includes(key) ? fields[key] : z.optional(fields[key])
  // Cast: building the shape in a loop loses what `Fields<T>` has just guaranteed key by key.
  return described(z.strictObject(shape), description) as unknown as z.ZodMiniType<T>
}

/** A section whose schema is made only when a config has that section: most have one cloud's of five. */
export function lazySection<T>(description: string, fields: () => Fields<T>): z.ZodMiniType<T> {
  const schema = z.lazy(() => section(description, fields()))
  // A section is never a default or an optional by itself. Told so, zod does not make it to find that out.
  Object.defineProperties(schema._zod, { optin: { value: undefined }, optout: { value: undefined } })
  // Cast: a lazy schema is of the type of what it makes.
  return schema as unknown as z.ZodMiniType<T>
}

/** Text without control characters and without what Packer or Sindri would evaluate. */
export function text(description: string, rule: TextRule = {}): z.ZodMiniType<string> {
  const schema = z.string().check((context) => {
    const complaint = textComplaint(context.value, rule)
    if (complaint === undefined) return
    const { message, hint } = complaint
    context.issues.push({ code: 'custom', input: context.value, message, params: { hint } })
  })
  const meaning = rule.reference === true ? `${description} May be \`\${env:NAME}\`.` : description
  return described(schema, meaning, rule.pattern === undefined ? {} : { pattern: patternOf(rule) })
}

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'

/** An IPv4 range in CIDR notation. */
export const addressRange: TextRule = {
  pattern: new RegExp(`^(${octet}\\.){3}${octet}/(3[0-2]|[12]?\\d)$`),
  kind: 'an IPv4 address range',
  hint: 'write it as in 203.0.113.0/24, or 203.0.113.7/32 for one address',
}

/** What is wrong with a text, as the end of a sentence that begins with the value, or undefined when all is well. */
export function textComplaint(value: string, rule: TextRule): { message: string; hint?: string } | undefined {
  if (rule.reference === true && environmentReference(value) !== undefined) return undefined
  const unwanted = rule.multiline === true ? /(?![\n\t])\p{Cc}/u : /\p{Cc}/u
  if (unwanted.test(value) || !value.isWellFormed()) {
    return { message: 'holds a control character', hint: 'remove the invisible character, such as a NUL or an escape' }
  }
  if (rule.verbatim !== true && value.includes('{{')) {
    return { message: 'holds "{{", which Packer would evaluate as a template', hint: 'write the text without "{{"' }
  }
  if (rule.verbatim !== true && mentionsEnvironment(value)) {
    return rule.reference === true
      ? { message: 'mixes ${env:…} with other text', hint: 'make ${env:NAME} the whole value' }
      : {
          message: 'holds ${env:…}, which is not read here',
          hint: 'it is read in build.environment and in the fields that name an account; write the value itself',
        }
  }
  if (value.trim() === '' && rule.mayBeEmpty !== true)
    return { message: 'is empty', hint: 'remove the line or give it a value' }
  if (rule.pattern === undefined || rule.pattern.test(value)) return undefined
  const shell = rule.reference === true ? /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(value)?.[1] : undefined
  const hint = shell === undefined ? rule.hint : `to take it from the environment write \${env:${shell}}`
  return { message: `is not ${rule.kind ?? 'allowed here'}`, ...(hint !== undefined && { hint }) }
}

/** `true` or `false`. */
export function flag(description: string): z.ZodMiniType<boolean> {
  return described(z.boolean(), description)
}

/** A whole number between two bounds, both allowed. */
export function whole(description: string, minimum: number, maximum: number): z.ZodMiniType<number> {
  return described(z.int().check(z.minimum(minimum), z.maximum(maximum)), description)
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(description: string, words: T): z.ZodMiniType<T[number]> {
  return described(z.enum(words), description)
}

/** A list of such values. */
export function listOf<T>(description: string, item: z.ZodMiniType<T>): z.ZodMiniType<readonly T[]> {
  return described(z.array(item), description)
}

/** A map whose keys are the user's own. */
export function mapOf<T>(description: string, value: z.ZodMiniType<T>): z.ZodMiniType<Readonly<Record<string, T>>> {
  return described(z.record(z.string(), value), description)
}

/** Attributes of the Packer builder that Sindri does not model: name → value, as in HCL. */
export type Extra = Readonly<Record<string, unknown>>

/** The `extra` of a cloud. What is in it is checked against the builder's own table (extra.ts). */
export function extraField(builder: string): z.ZodMiniType<Extra> {
  return mapOf(`Further attributes of Packer’s ${builder} builder, as in HCL.`, z.unknown())
}

/** The description of a field, for the editor's JSON Schema and the reference page. */
export function described<T extends z.ZodMiniType>(schema: T, description: string, more: { pattern?: string } = {}): T {
  z.globalRegistry.add(schema, { description, ...more })
  return schema
}

function patternOf(rule: TextRule): string {
  const source = rule.pattern?.source ?? ''
  return rule.reference === true ? `${source}|^\\$\\{env:[A-Za-z_][A-Za-z0-9_]*\\}$` : source
}
