import * as z from 'zod/mini'

/** The keys a schema knows at a place of its document; none where the keys are the user's own. */
export function keysAt(schema: z.ZodMiniType, path: readonly (string | number)[]): readonly string[] {
  let inner: unknown = schema
  for (const step of path) inner = childOf(unwrapped(inner), step)
  return Object.keys(shapeOf(unwrapped(inner)) ?? {})
}

function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodMiniOptional) return unwrapped(schema._zod.def.innerType)
  return schema instanceof z.ZodMiniLazy ? unwrapped(schema._zod.innerType) : schema
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  return schema instanceof z.ZodMiniObject ? schema._zod.def.shape : undefined
}

function childOf(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodMiniArray) return schema._zod.def.element
  if (schema instanceof z.ZodMiniRecord) return schema._zod.def.valueType
  return typeof step === 'string' ? shapeOf(schema)?.[step] : undefined
}
