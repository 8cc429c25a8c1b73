import { expect, test } from 'vitest'
import { defaults } from './defaults.ts'
import { configSchema } from './schema.ts'

test('every default is of a field there is, and a value the field can have', () => {
  const config = {
    providers: { packer: { azure: { gallery: { gallery_name: 'g', image_name: 'i', image_version: '1.0.0' } } } },
  }
  for (const [path, value] of Object.entries(defaults)) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let section: Record<string, unknown> = config
    for (const key of keys) {
      section[key] ??= {}
      section = section[key] as Record<string, unknown>
    }
    section[last] ??= value
  }
  expect(configSchema.safeParse(config).error?.issues).toBeUndefined()
})
