import { quoted } from '../packer/hcl-text.ts'
import type { Manifest, ManifestImage } from '../release/manifest.ts'

/** The manifest as a table of Markdown. */
export function manifestMarkdown(manifest: Manifest): string {
  const { release, disk_sha256: digest, architecture, firmware, images } = manifest
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = images.map(
    ({ cloud, region, reference, name, readers }) =>
      `| ${[cloud, region, `\`${reference}\``, name, readers].map(cell).join(' | ')} |`,
  )
  return [
    `# ${release}`,
    '',
    ...(digest === undefined ? [] : [`Disk: \`sha256:${digest}\`, ${architecture}, ${firmware}.`, '']),
    '| Cloud | Region | Image | Name | Readers |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

/** All images as locals, to be used as `local.golden["aws"]["eu-central-1"]`. */
export function manifestTerraform(manifest: Manifest): string {
  const clouds = [...new Set(manifest.images.map(({ cloud }) => cloud))]
  const name = manifest.project.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_')
  return [
    `# ${manifest.release}`,
    'locals {',
    `  ${name} = {`,
    ...clouds.flatMap((cloud) => [
      `    ${cloud} = {`,
      ...manifest.images
        .filter((image) => image.cloud === cloud)
        .map(({ region, reference }) => `      ${quoted(region)} = ${quoted(reference)}`),
      '    }',
    ]),
    '  }',
    '}',
  ].join('\n')
}

/** What a builder of Packer calls the image it starts from; where it wants one, the attribute of the region. */
const builders: Readonly<Record<string, { readonly type: string; readonly image: string; readonly region?: string }>> =
  {
    aws: { type: 'amazon-ebs', image: 'source_ami', region: 'region' },
    azure: { type: 'azure-arm', image: 'shared_image_gallery.id', region: 'location' },
    gcp: { type: 'googlecompute', image: 'source_image' },
    oci: { type: 'oracle-oci', image: 'base_image_ocid', region: 'region' },
    alibaba: { type: 'alicloud-ecs', image: 'source_image', region: 'region' },
    openstack: { type: 'openstack', image: 'source_image', region: 'region' },
  }

/** A source of Packer for each image, with what says where it starts; the rest is the template's own. */
export function manifestPacker(manifest: Manifest): string {
  return [`# ${manifest.release}`, ...manifest.images.flatMap(packerSource)].join('\n')
}

function packerSource({ cloud, region, reference }: ManifestImage): readonly string[] {
  const builder = builders[cloud]
  if (builder === undefined) return []
  const [block, inner] = builder.image.split('.')
  const name = `from_${region}`.replaceAll(/[^A-Za-z0-9_]/g, '_')
  return [
    `source "${builder.type}" "${name}" {`,
    ...(builder.region === undefined ? [] : [`  ${builder.region} = ${quoted(region)}`]),
    ...(inner === undefined
      ? [`  ${block} = ${quoted(reference)}`]
      : [`  ${block} {`, `    ${inner} = ${quoted(reference)}`, '  }']),
    '}',
  ]
}
