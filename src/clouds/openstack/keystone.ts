import { SindriError } from '../../core/error.ts'
import { imageServices, object, objects, textOf } from './answers.ts'
import { connectionError, openStackError, refusalOf } from './errors.ts'
import type { Answer, Wanted } from './http.ts'
import type { Login, Named, OpenStackCloud } from './login.ts'
import type { Identity } from './port.ts'

/** A token of Keystone and what it came with. */
export interface Session {
  readonly token: string
  /** Milliseconds since the epoch; infinite when it was not told. */
  readonly endsAt: number
  readonly identity: Identity
  /** Glance's address by region. */
  readonly images: ReadonlyMap<string, string>
}

/** A token is not used in its last minute. */
const marginMs = 60_000

/**
 * Tokens of one cloud: the same one until it ends, or until `refused` is the one that was last given.
 * https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management (2026-11)
 */
export function keystone(
  cloud: OpenStackCloud,
  http: (wanted: Wanted) => Promise<Answer>,
  now: () => number,
): (signal: AbortSignal, refused?: Session) => Promise<Session> {
  let last: Session | undefined
  let pending: Promise<Session> | undefined
  return async (signal, refused) => {
    if (last !== undefined && last !== refused && now() < last.endsAt - marginMs) return last
    while (pending !== undefined) {
      try {
        return await pending
      } catch (error) {
        // Whoever asked has given up, which is no answer to others.
        if (error instanceof SindriError || signal.aborted) throw error
      }
    }
    pending = logIn(cloud, http, signal).finally(() => {
      pending = undefined
    })
    last = await pending
    return last
  }
}

async function logIn(
  cloud: OpenStackCloud,
  http: (wanted: Wanted) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Session> {
  const url = `${cloud.identityUrl}/auth/tokens`
  const asked = { rule: 'a token', what: url }
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const body = JSON.stringify({ auth: authOf(cloud.login) })
  const answer = await http({ method: 'POST', url, headers, body, signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw connectionError(error, asked)
  })
  const token = answer.headers['x-subject-token']
  if (answer.status !== 201 || typeof token !== 'string') {
    const refusal = refusalOf(answer.status, answer.body, answer.text)
    // Keystone answers 401 for a wrong secret, 400 for half a request, 404 for no such project.
    const known = [400, 401, 403, 404].includes(answer.status) && answer.headers['content-type'] !== undefined
    throw openStackError(known ? { ...refusal, status: 401 } : refusal, asked, cloud.source)
  }

  const told = object(answer.body.token)
  const user = object(told.user)
  const project = object(told.project)
  const projectId = textOf(project, 'id')
  if (projectId === undefined) {
    throw new SindriError('credentials', `${cloud.source} is in no project, and images belong to one`, {
      hint: 'set project_name or project_id',
    })
  }
  const ends = Date.parse(textOf(told, 'expires_at') ?? '')
  return {
    token,
    endsAt: Number.isNaN(ends) ? Number.POSITIVE_INFINITY : ends,
    identity: {
      user: textOf(user, 'name') ?? '',
      project: textOf(project, 'name') ?? '',
      projectId,
      roles: objects(told.roles).flatMap((role) => textOf(role, 'name') ?? []),
    },
    images: imageServices(told.catalog, cloud.interface),
  }
}

function authOf(login: Login): object {
  if (login.kind === 'application-credential') {
    const identity = { ...login.credential, secret: login.secret }
    return { identity: { methods: ['application_credential'], application_credential: identity } }
  }
  const scope = scopeOf(login.project)
  if (login.kind === 'token') return { identity: { methods: ['token'], token: { id: login.token } }, ...scope }
  const user = { ...login.user, password: login.password }
  return { identity: { methods: ['password'], password: { user } }, ...scope }
}

function scopeOf(project: Named | undefined): object {
  return project === undefined ? {} : { scope: { project } }
}
