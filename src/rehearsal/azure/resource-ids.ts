/** Azure compares ids without regard to case: this is what tables are keyed by. */
export function keyOf(id: string): string {
  return id.replace(/\/+$/, '').toLowerCase()
}

/** The parts of the id of anything in a group. */
export interface IdParts {
  readonly subscription: string
  readonly group: string
  /** `Microsoft.Compute/galleries/images`. */
  readonly type: string
  /** The last name. */
  readonly name: string
}

/** Takes an id apart. */
export function partsOf(id: string): IdParts {
  const [, subscription = '', group = '', rest = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)(?:\/providers\/(.+))?$/i.exec(id) ?? []
  const [provider = '', ...words] = rest.split('/')
  const types = words.filter((_, index) => index % 2 === 0)
  return { subscription, group, type: [provider, ...types].join('/'), name: words.at(-1) ?? '' }
}

/** The id of a group. */
export function groupId(subscription: string, group: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}`
}

/** The id of a resource of a type (which may be nested) by its names. */
export function resourceId(subscription: string, group: string, type: string, ...names: readonly string[]): string {
  const [provider = '', ...types] = type.replace(/\/+$/, '').split('/')
  const words = types.map((each, index) => `${each}/${names[index] ?? ''}`)
  return `${groupId(subscription, group)}/providers/${[provider, ...words].join('/')}`
}
