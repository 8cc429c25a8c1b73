import { isVendorHost, vendorDomains } from '../../src/rehearsal/clouds.ts'
import { installDial } from '../../src/rehearsal/dial.ts'
import { type Authority, openAuthority } from '../../src/rehearsal/kit/authority.ts'
import { type Answer, openFront, type Request, type Responder } from '../../src/rehearsal/kit/front.ts'
import { filesOf } from '../../src/rehearsal/places.ts'
import type { RehearsalHere } from '../../src/rehearsal/rehearsal.fixture.ts'
import { passOn } from './other-server.ts'

/** A door in front of a rehearsal: it is asked first, whatever host of a vendor this process connects to. */
export interface InFront {
  /** That of the rehearsal: what it signs is trusted by this process. */
  readonly authority: Authority
  /** Passes a request on to the rehearsal. */
  rehearsed(request: Request): Promise<Answer>
  close(): Promise<void>
}

/** Opens the door; `answerer` is given it and tells who answers. Clients are led to it until the process ends. */
export async function openInFront(
  { places, rehearsal }: Pick<RehearsalHere, 'places' | 'rehearsal'>,
  answerer: (front: Pick<InFront, 'rehearsed'>) => Responder,
): Promise<InFront> {
  const authority = openAuthority({ folder: filesOf(places).folder, domains: vendorDomains, now: Date.now() })
  const rehearsed = (request: Request) => passOn(request, { port: rehearsal.tlsPort, tls: true })
  const respond = answerer({ rehearsed })
  const { port, tlsPort, close } = await openFront({
    ...{ authority, isVendorHost, respond, ports: { port: 0, tlsPort: 0 } },
  })
  installDial({ endpoint: `http://127.0.0.1:${port}`, tlsPort, caFile: authority.caFile })
  return { authority, rehearsed, close }
}
