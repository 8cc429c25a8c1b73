/**
 * The fields of one profile of an OCI configuration file, with those of `[DEFAULT]` where it has none of its own;
 * undefined when the file has no such profile.
 * https://docs.oracle.com/iaas/Content/API/Concepts/sdkconfig.htm (2026-11)
 */
export function profileIn(text: string, profile: string): Readonly<Record<string, string>> | undefined {
  const profiles = new Map<string, Record<string, string>>()
  let fields: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line) ?? []
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) {
      fields = {}
      profiles.set(name, fields)
    } else if (key !== undefined && value !== undefined) fields[key] = value
  }
  const own = profiles.get(profile)
  return own && { ...profiles.get('DEFAULT'), ...own }
}
