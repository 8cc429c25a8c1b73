import { basename, join } from 'node:path'
import type { Resolved } from '../config/resolved.ts'
import { type Raw, variable } from '../packer/hcl.ts'
import { joinedExtensions, type Phase } from '../packer/template.ts'

/** Where the files lie that provisioning uploads or runs: absolute, or relative to the template's folder. */
export interface ProvisionFiles {
  readonly scripts: string
  readonly extensions: string
  /** The compressed executable of the running Sindri; without it the image fetches the release of that number. */
  readonly archive: string | undefined
  /** Turns a path of the config into one that Packer finds. */
  readonly located: (path: string) => string
}

/** A script of the provisioning folder and what it does, in words. */
export interface ProvisionScript {
  readonly name: string
  readonly title: string
}

const staging = '/var/tmp/sindri'

/** What the report of an OpenSCAP scan is called, beside the manifest. */
export const openscapReport = 'openscap-report.html'

/**
 * What is done to the machine, in 004's order: uploads, initialisation, Sindri, hardening, custom steps, cleanup last.
 * @param last what a cloud still has to do, even after the verification; each of these scripts removes itself
 */
export function provisionPhases(
  resolved: Resolved,
  files: ProvisionFiles,
  releaseUrl: string,
  last: readonly ProvisionScript[] = [],
): readonly Phase[] {
  const { build } = resolved
  const uploads = build.fileUploads
  const count = String(uploads.length)
  const script = (name: string, title: string, environment: Readonly<Record<string, string | Raw>> = {}) => ({
    kind: 'script' as const,
    title,
    path: join(files.scripts, name),
    environment,
    asRoot: true,
  })
  const clean = {
    SINDRI_CLEAN_SENSITIVE_DATA: String(build.security.cleanSensitiveData),
    SINDRI_REMOVE_SSH_KEYS: String(build.security.removeSshKeys),
  }
  // A folder's contents can only go into a folder.
  const into = ({ source, destination }: { source: string; destination: string }): string =>
    source.endsWith('/') && !destination.endsWith('/') ? `${destination}/` : destination
  const destinations = Object.fromEntries(uploads.map((upload, index) => [`SINDRI_UPLOAD_${index}`, into(upload)]))
  return [
    script('00-staging.sh', 'File upload: a staging folder', { SINDRI_UPLOADS: count }),
    { kind: 'upload', source: `${files.extensions}/`, destination: `${staging}/extensions` },
    ...(files.archive === undefined
      ? []
      : [{ kind: 'upload', source: files.archive, destination: `${staging}/sindri.gz` } as const]),
    ...uploads.map(
      (upload, index): Phase => ({
        kind: 'upload',
        source: files.located(upload.source),
        destination: `${staging}/uploads/${index}/`,
      }),
    ),
    script('10-init.sh', 'Initialization: package lists and the basics'),
    ...(uploads.length === 0
      ? []
      : [script('20-uploads.sh', 'Uploaded files to their places', { SINDRI_UPLOADS: count, ...destinations })]),
    script('30-sindri.sh', 'Sindri and its extensions', {
      SINDRI_VERSION: variable('sindri_version'),
      ...(files.archive === undefined
        ? { SINDRI_RELEASE_URL: releaseUrl }
        : { SINDRI_ARCHIVE: `${staging}/sindri.gz` }),
      SINDRI_PROFILE: variable('profile'),
      SINDRI_EXTENSIONS: joinedExtensions,
    }),
    ...(build.security.cisHardening
      ? [script('40-harden.sh', 'Security hardening', { SINDRI_CIS_HARDENING: 'true' })]
      : []),
    ...(build.security.openscapScan
      ? [
          script('45-openscap.sh', 'OpenSCAP scan', { SINDRI_OPENSCAP: 'true' }),
          { kind: 'download', source: '/var/lib/sindri/openscap/report.html', name: openscapReport } as const,
        ]
      : []),
    ...(build.ansiblePlaybook === undefined
      ? []
      : [{ kind: 'ansible', playbook: files.located(build.ansiblePlaybook) } as const]),
    ...build.scripts.map(
      (path): Phase => ({
        kind: 'script',
        title: `Custom script ${basename(path)}`,
        path: files.located(path),
        environment: environmentOf(resolved),
        asRoot: true,
      }),
    ),
    script('90-cleanup.sh', 'Cleanup: what belongs to the build and not to its instances', clean),
    script('99-verify.sh', 'Verification that nothing of it is left', clean),
    ...last.map(({ name, title }): Phase => ({ ...script(name, title), removesItself: true })),
  ]
}

function environmentOf({ build }: Resolved): Readonly<Record<string, string | Raw>> {
  return Object.fromEntries(
    Object.entries(build.environment).map(([name, value]) => [
      name,
      value.secret ? variable(value.variable) : value.value,
    ]),
  )
}
