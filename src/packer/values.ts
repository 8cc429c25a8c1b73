import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SindriError } from '../core/error.ts'
import { diagnosticsIn } from './diagnostics.ts'
import { execute } from './execute.ts'
import { none, render, variableBlock } from './hcl.ts'

/** What variable files and `-var` say of the variables Sindri itself needs; the rest stays between them and Packer. */
export interface PackerValues {
  readonly image_name?: string
  readonly sindri_version?: string
  readonly profile?: string
  readonly region?: string
  readonly instance_type?: string
  readonly volume_size?: number
  readonly extensions?: readonly string[]
}

const types = {
  image_name: 'string',
  sindri_version: 'string',
  profile: 'string',
  region: 'string',
  instance_type: 'string',
  volume_size: 'number',
  extensions: 'list(string)',
} as const

/** Lets Packer itself read variable files (.pkrvars.hcl and .pkrvars.json). @throws SindriError `config` with Packer's own complaint */
export async function packerValues(options: {
  readonly path: string
  readonly files: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
}): Promise<PackerValues> {
  const folder = await mkdtemp(join(tmpdir(), 'sindri-values-'))
  try {
    const names = Object.keys(types)
    const declared = Object.entries(types).map(([name, type]) =>
      variableBlock(name, { type, description: name, default: none }),
    )
    await writeFile(join(folder, 'values.pkr.hcl'), render(declared))
    const known = Object.entries(options.variables).filter(([name]) => names.includes(name))
    const args = [
      'console',
      ...options.files.map((file) => `-var-file=${file}`),
      ...known.flatMap(([name, value]) => ['-var', `${name}=${value}`]),
      folder,
    ]
    const expression = `jsonencode({${names.map((name) => `${name}=var.${name}`).join(',')}})\n`
    const { exitCode, stdout, stderr } = await execute(options.path, args, {
      env: options.env,
      timeoutMs: 30_000,
      input: expression,
    })
    const line = stdout.split('\n').findLast((one) => one.startsWith('{'))
    if (exitCode !== 0 || line === undefined) {
      const complaints = diagnosticsIn(`${stdout}\n${stderr}`)
      const reason = complaints.map(({ message }) => message).join('; ') || `${stdout}\n${stderr}`.trim()
      throw new SindriError('config', `Packer cannot read the variables: ${reason}`, {
        hint: 'check the files given with --var-file',
      })
    }
    return withoutNulls(JSON.parse(line))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function withoutNulls(values: Readonly<Record<string, unknown>>): PackerValues {
  // Packer has converted each to the type declared above.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as PackerValues
}
