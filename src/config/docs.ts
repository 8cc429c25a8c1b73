import { defaults } from './defaults.ts'
import { environmentReference } from './environment.ts'
import { type JsonSchema, jsonSchema } from './json-schema.ts'

const introduction = `# Configuration

Every setting of \`sindri.yaml\`. This page is generated from the schema; \`schema/sindri.schema.json\` is the same for
editors: begin the file with

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/sindri/schema/sindri.schema.json
\`\`\`

- All mistakes are reported at once, with line and column. Nothing is ignored: a key that is not listed here is refused,
  except in the sections of other providers and in \`deployment\`.
- A flag wins over \`providers.packer\`, that over the top-level \`extensions\` and \`name\`, and those over the defaults.
  \`--debug\` shows where each setting came from.
- **Secrets.** \`\${env:NAME}\` is read in \`build.environment\` and in the fields that name an account (they say so
  below), and only as the whole value. It becomes a sensitive Packer variable: the value is in no template, no log and
  no command line.
- **Sharing.** An image that is encrypted with the account’s default key cannot be used by another account, so
  \`ami_users\`, \`ami_org_arns\` and \`ami_ou_arns\` need \`kms_key_id\` (and \`region_kms_key_ids\` for every region in
  \`ami_regions\`), or \`encrypt_boot: false\`. A public image (\`ami_groups: [all]\`) cannot be encrypted and needs
  \`allow_public: true\`.
- **extra.** What Packer’s builder can do and Sindri does not model goes there, under the builder’s own names. It is
  checked against the attributes the builder has. Credentials are refused.
- The image is called \`image_name\`, or \`name\`; \`build.name_prefix\` is put in front with a dash, and each build adds a
  suffix.
`

/** The text of docs/configuration.md. */
export function generateConfigurationPage(): string {
  const rows = new Map<string, string[]>()
  collect(jsonSchema(), '', rows)
  const sections = [...rows].map(
    ([title, lines]) =>
      `## ${title}\n\n| Setting | Type | Default | Meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`,
  )
  return [introduction, ...sections].join('\n')
}

function collect(schema: JsonSchema, path: string, rows: Map<string, string[]>): void {
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    const inner = path === '' ? key : `${path}.${key}`
    if (field.properties !== undefined) {
      collect(field, inner, rows)
    } else {
      const section = sectionOf(inner)
      const lines = rows.get(section) ?? []
      const name = section === 'sindri.yaml' ? inner : inner.slice(section.length + 1)
      const required = schema.required?.includes(key) === true
      lines.push(
        `| \`${name}\` | ${typeOf(field)} | ${defaultOf(inner, required)} | ${cell(field.description ?? '')} |`,
      )
      rows.set(section, lines)
      if (field.items?.properties !== undefined) collect(field.items, `${inner}[]`, rows)
    }
  }
}

function sectionOf(path: string): string {
  const [first, second, third, ...rest] = path.split('.')
  if (first !== 'providers') return 'sindri.yaml'
  return rest.length > 0 ? `${first}.${second}.${third}` : `${first}.${second}`
}

function typeOf(field: JsonSchema): string {
  if (field.enum !== undefined) return field.enum.map((word) => `\`${word}\``).join(' ')
  if (field.const !== undefined) return `\`${field.const}\``
  if (field.anyOf !== undefined) return field.anyOf.map(typeOf).join(' or ')
  if (field.type === 'array')
    return field.items?.properties === undefined ? `list of ${typeOf(field.items ?? {})}` : 'list'
  if (field.type === 'object') return 'map'
  if (field.type === 'integer') return `${field.minimum} – ${field.maximum}`
  return field.type === 'string' ? 'text' : (field.type ?? 'any')
}

function defaultOf(path: string, required: boolean): string {
  const value: unknown = Object.hasOwn(defaults, path) ? defaults[path as keyof typeof defaults] : undefined
  if (value === undefined) return required ? 'required' : ''
  const variable = typeof value === 'string' ? environmentReference(value) : undefined
  return variable === undefined
    ? `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
    : `required, or \`$${variable}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
