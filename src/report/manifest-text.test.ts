import { expect, test } from 'vitest'
import type { Manifest } from '../release/manifest.ts'
import { manifestMarkdown, manifestPacker, manifestTerraform } from './manifest-text.ts'

const image = { name: 'golden-1', digest: `sha256:${'d'.repeat(64)}`, readers: 'private' }
const manifest: Manifest = {
  ...{ schema_version: 1, release: 'golden-1-20261121-debian12', project: 'golden-1', version: '1', os: 'debian12' },
  ...{ audience: 'private', disk_sha256: 'd'.repeat(64), disk_bytes: 1, architecture: 'x86_64', firmware: 'uefi' },
  images: [
    { ...image, cloud: 'aws', region: 'eu-central-1', image_id: 'ami-1', reference: 'ami-1', readers: 'user 1 | all' },
    { ...image, cloud: 'aws', region: 'us-east-1', image_id: 'ami-2', reference: 'ami-2' },
    // Whoever names an image so must not end up in somebody's template.
    { ...image, cloud: 'azure', region: 'westeurope', image_id: '/v/1', reference: '/v/${var.x}"' },
  ],
}

test('a table has a row for each image, and no cell breaks it', () => {
  const rows = manifestMarkdown(manifest).split('\n').slice(-3)
  expect(rows[0]).toBe('| aws | eu-central-1 | `ami-1` | golden-1 | user 1 \\| all |')
  expect(rows).toHaveLength(3)
})

test('Terraform finds an image by cloud and region, and nothing in it is a template', () => {
  const text = manifestTerraform(manifest)
  expect(text).toContain(
    '  golden_1 = {\n    aws = {\n      "eu-central-1" = "ami-1"\n      "us-east-1" = "ami-2"\n    }',
  )
  expect(text).toContain('"westeurope" = "/v/$${var.x}\\""')
})

test('Packer starts from an image in the words of its builder', () => {
  const text = manifestPacker(manifest)
  expect(text).toContain('source "amazon-ebs" "from_us_east_1" {\n  region = "us-east-1"\n  source_ami = "ami-2"\n}')
  expect(text).toContain('source "azure-arm" "from_westeurope" {\n  location = "westeurope"\n  shared_image_gallery {')
})
