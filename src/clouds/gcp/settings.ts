import type { VariableReference } from '../../config/environment.ts'
import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

/** The `gcp` section. */
export type GcpImageSettings = NonNullable<Resolved['gcp']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function gcpOf(resolved: Resolved): GcpImageSettings {
  if (resolved.gcp === undefined) throw new SindriError('config', `the config is for ${resolved.cloud}, not for gcp`)
  return resolved.gcp
}

/** Google's own name of an architecture. */
export const architectures = { x86_64: 'X86_64', arm64: 'ARM64' } as const

/** The project the config names, by itself or by a variable. @throws SindriError `config` when the variable is not set */
export function projectOf(
  projectId: string | VariableReference,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (typeof projectId === 'string') return projectId
  const project = environment[projectId.environment]
  if (project !== undefined && project !== '') return project
  throw new SindriError('config', 'no Google Cloud project is named', {
    hint: `set ${projectId.environment}, or write gcp.project_id in sindri.yaml`,
  })
}
