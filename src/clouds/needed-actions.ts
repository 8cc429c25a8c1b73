import type { Permission } from './cloud.ts'

/** Of actions by what they are for, those that are needed: each once, with its first purpose, in the order of their names. */
export function neededActions(
  groups: Iterable<readonly [purpose: string, actions: readonly string[]]>,
  needed: (action: string) => boolean,
): readonly Permission[] {
  const found = new Map<string, Permission>()
  for (const [purpose, actions] of groups)
    for (const action of actions)
      if (needed(action) && !found.has(action)) found.set(action, { action, by: 'sindri', purpose, late: false })
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}
