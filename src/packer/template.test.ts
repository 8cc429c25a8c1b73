import { expect, test } from 'vitest'
import { interpolate, render, variable } from './hcl.ts'
import { pluginsIn } from './plugins.ts'
import { cloudValue, joinedExtensions, sharedTemplate, type TemplateInput, templateFiles } from './template.ts'

function template(cloud: string, builder: string, plugin: 'amazon' | 'googlecompute'): TemplateInput {
  return {
    cloud,
    plugin,
    source: { builder, label: 'sindri', attributes: { region: cloudValue(cloud, 'region') }, blocks: [] },
    variables: { imageName: 'sindri-dev', sindriVersion: '3.1.0', profile: 'base', extensions: [] },
    defaults: { region: `${cloud}-region`, instance_type: 'large', volume_size: 80 },
    provision: [
      { kind: 'upload', source: 'a.conf', destination: '/tmp/a.conf' },
      {
        kind: 'script',
        title: 'Install Sindri',
        path: 'provision/30-install.sh',
        environment: { SINDRI_EXTENSIONS: joinedExtensions },
        asRoot: true,
      },
      { kind: 'script', title: 'Custom', path: '/home/me/custom.sh', environment: {}, asRoot: false },
      { kind: 'download', source: '/var/lib/scan/report.html', name: 'report.html' },
      { kind: 'ansible', playbook: 'site.yml' },
    ],
    manifest: '/tmp/manifest.json',
    custom: { profile: interpolate([variable('profile')]) },
  }
}

const aws = templateFiles(template('aws', 'amazon-ebs', 'amazon'))

test('a cloud’s own file holds its defaults, its source and what is done, in order', () => {
  expect(aws['aws.pkr.hcl']).toBe(`locals {
  aws_region        = coalesce(var.region, "aws-region")
  aws_instance_type = coalesce(var.instance_type, "large")
  aws_volume_size   = coalesce(var.volume_size, 80)
}

source "amazon-ebs" "sindri" {
  region = local.aws_region
}

build {
  sources = [
    "source.amazon-ebs.sindri",
  ]
  provisioner "file" {
    source      = "\${path.root}/a.conf"
    destination = "/tmp/a.conf"
  }
  # Install Sindri
  provisioner "shell" {
    script = "\${path.root}/provision/30-install.sh"
    environment_vars = [
      "SINDRI_EXTENSIONS=\${join(",", var.extensions)}",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # Custom
  provisioner "shell" {
    script = "/home/me/custom.sh"
  }
  provisioner "file" {
    direction   = "download"
    source      = "/var/lib/scan/report.html"
    destination = "/tmp/report.html"
  }
  provisioner "ansible" {
    playbook_file = "\${path.root}/site.yml"
    use_proxy     = false
  }
  post-processor "manifest" {
    output = "/tmp/manifest.json"
    custom_data = {
      "profile" = "\${var.profile}"
    }
  }
}
`)
})

test('two clouds fit in one folder: their variables are the same, their plugins are required together', () => {
  const [plugins = '', ...others] = ['plugins.pkr.hcl', 'aws.pkr.hcl', 'variables.pkr.hcl'].map((name) => aws[name])
  expect(others.every((text) => text !== undefined)).toBe(true)
  const gcp = templateFiles(template('gcp', 'googlecompute', 'googlecompute'), undefined, pluginsIn(plugins))
  expect(
    Object.keys(gcp)
      .filter((name) => name in aws)
      .toSorted(),
  ).toEqual(['plugins.pkr.hcl', 'variables.pkr.hcl'])
  expect(gcp['variables.pkr.hcl']).toBe(aws['variables.pkr.hcl'])
  expect(pluginsIn(gcp['plugins.pkr.hcl'] ?? '')).toEqual(['amazon', 'ansible', 'googlecompute'])
})

test('a file of which a version of Packer understands nothing is not written', () => {
  const files = templateFiles(template('aws', 'amazon-ebs', 'amazon'), (blocks) =>
    blocks.filter(({ blocks: [first] }) => first?.type !== 'required_plugins'),
  )
  expect(Object.keys(files)).toEqual(['aws.pkr.hcl', 'variables.pkr.hcl'])
})

test('one document holds all of it', () => {
  const document = render(sharedTemplate(template('aws', 'amazon-ebs', 'amazon')))
  const declared = [...document.matchAll(/^(?:packer|variable "\w+"|locals|source|build)/gmu)].map(([found]) => found)
  expect(declared).toEqual([
    'packer',
    'packer',
    'packer',
    'variable "image_name"',
    'variable "sindri_version"',
    'variable "profile"',
    'variable "extensions"',
    'variable "region"',
    'variable "instance_type"',
    'variable "volume_size"',
    'locals',
    'source',
    'build',
  ])
})
