/** An operation of a REST API that a request asks for, with the parts of its path. */
export interface Route<Operation> {
  /** The name of the operation. */
  readonly name: string
  readonly operation: Operation
  /** The parts of the path by their names in the pattern. */
  readonly at: Readonly<Record<string, string>>
}

/**
 * Finds the operation whose pattern (`GET projects/:project/zones/:zone`) a request matches. Fixed parts are compared
 * with `same`.
 */
export function routeOf<Operation extends { readonly pattern: string }>(
  operations: Readonly<Record<string, Operation>>,
  method: string,
  path: string,
  same: (pattern: string, part: string) => boolean = Object.is,
): Route<Operation> | undefined {
  const parts = path.split('/')
  for (const [name, operation] of Object.entries(operations)) {
    const [own, pattern = ''] = operation.pattern.split(' ')
    const names = pattern.split('/')
    if (own !== method || names.length !== parts.length) continue
    if (!names.every((each, index) => each.startsWith(':') || same(each, parts[index] ?? ''))) continue
    const at = names.flatMap((each, index) => (each.startsWith(':') ? [[each.slice(1), parts[index] ?? '']] : []))
    return { name, operation, at: Object.fromEntries(at) }
  }
  return undefined
}
