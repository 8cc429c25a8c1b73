import data from './models.generated.json' with { type: 'json' }

/** Where a member stands in a request or an answer. */
export type Place = 'uri' | 'header' | 'querystring' | 'body' | 'payload'

/** One member of a structure; `list` counts for `type`'s elements. */
export interface JsonMember {
  readonly name: string
  readonly place: Place
  readonly wire: string
  readonly list: boolean
  /** The name of a structure or of a scalar. */
  readonly type: string
}

/** A value that is no structure, with the limits AWS's model sets. */
export interface Scalar {
  readonly type: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
}

type Route = readonly [target: string, status: number, input: string, output: string]

/** AWS's own model of a service that speaks JSON, for the operations the stand-in has. */
export interface JsonModel {
  readonly operations: Readonly<Record<string, Route>>
  readonly required: Readonly<Record<string, readonly string[]>>
  readonly scalars: Readonly<Record<string, Scalar>>
  readonly structures: Readonly<Record<string, readonly JsonMember[]>>
}

function memberOf(name: string, text: string): JsonMember {
  const [place, wire = name, type = ''] = text.split(' ')
  // The generator writes no other places.
  return { name, place: place as Place, wire, list: type.startsWith('[]'), type: type.replace('[]', '') }
}

function modelOf(service: keyof typeof data): JsonModel {
  const { operations, required, scalars, structures } = data[service]
  return {
    operations: operations as unknown as JsonModel['operations'], // JSON has no tuples
    required,
    scalars,
    structures: Object.fromEntries(
      Object.entries(structures).map(([name, members]) => [
        name,
        Object.entries(members).map(([member, text]) => memberOf(member, text)),
      ]),
    ),
  }
}

/** The models, by the names of the services in host names and credential scopes. */
export const jsonModels: Readonly<Record<keyof typeof data, JsonModel>> = {
  ebs: modelOf('ebs'),
  servicequotas: modelOf('servicequotas'),
  ssm: modelOf('ssm'),
}
