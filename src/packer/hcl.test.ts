import { expect, test } from 'vitest'
import {
  block,
  call,
  constantTemplate,
  either,
  environment,
  environmentVariables,
  interpolate,
  isEmpty,
  local,
  render,
  type Value,
  variable,
  variableBlock,
} from './hcl.ts'

function attribute(value: Value): string {
  return render([block('x', [], { a: value })])
}

test('a template is written in the form of packer fmt', () => {
  const nested = { ...block('inner', [], { ok: true }), comment: 'why\nand how' }
  const source = block(
    'source',
    ['amazon-ebs', 'sindri'],
    {
      region: variable('region'),
      ami_name: 'sindri',
      left_out: undefined,
      tags: { 'cost:center': 'x', a: { b: 1 } },
      owners: ['self', ['nested']],
      empty: [],
      none: {},
    },
    [nested],
  )
  expect(render([source, block('build', [], {})])).toBe(`source "amazon-ebs" "sindri" {
  region   = var.region
  ami_name = "sindri"
  tags = {
    "cost:center" = "x"
    "a" = {
      "b" = 1
    }
  }
  owners = [
    "self",
    [
      "nested",
    ],
  ]
  empty = []
  none  = {}
  # why
  # and how
  inner {
    ok = true
  }
}

build {
}
`)
})

test('a variable is declared with its type', () => {
  const declared = variableBlock('names', {
    type: 'list(string)',
    description: 'Some names',
    default: ['a'],
    sensitive: true,
  })
  expect(render([declared])).toBe(`variable "names" {
  type        = list(string)
  description = "Some names"
  default = [
    "a",
  ]
  sensitive = true
}
`)
})

test('expressions are written as they are', () => {
  expect(attribute(local('aws_region'))).toContain('a = local.aws_region\n')
  expect(attribute(environment('TOKEN'))).toContain('a = env("TOKEN")\n')
  expect(attribute(environment('A', 'B'))).toContain('a = env("A") != "" ? env("A") : env("B")\n')
  expect(attribute(isEmpty(variable('token')))).toContain('a = var.token == ""\n')
  expect(attribute(either(variable('a'), variable('b')))).toContain('a = var.a != null ? var.a : var.b\n')
  expect(attribute(call('coalesce', variable('size'), 80, 'x"'))).toContain('a = coalesce(var.size, 80, "x\\"")\n')
  expect(attribute(constantTemplate('env {{ .Vars }} "${x}"'))).toContain('a = "env {{ .Vars }} \\"$${x}\\""\n')
})

test('the literal parts of an interpolation never become or end an expression', () => {
  expect(attribute(interpolate(['a"${b}$', variable('x'), '%', local('y'), '-z$${']))).toContain(
    'a = "a\\"$${b}\\u0024${var.x}\\u0025${local.y}-z$$${"\n',
  )
})

test('a map of a user is never taken for an expression', () => {
  expect(attribute({ raw: 'env("SECRET")' })).toContain('"raw" = "env(\\"SECRET\\")"')
})

test('text that Packer would evaluate is refused, also in keys, lists and interpolations', () => {
  const values: readonly Value[] = ['{{env `SECRET`}}', ['{{a}}'], { '{{a}}': 1 }, { a: { b: '{{' } }]
  for (const value of values) {
    expect(() => attribute(value)).toThrow('Packer would evaluate the braces')
  }
  expect(() => interpolate(['{', '{env `SECRET`}}'])).toThrow('Packer would evaluate the braces')
  expect(() => attribute(environmentVariables({ A: '{{' }))).toThrow('Packer would evaluate the braces')
})

test('names that would leave their place are refused', () => {
  const hostile = 'a" {\n} b'
  expect(() => render([block(hostile, [], {})])).toThrow('cannot be a name')
  expect(() => render([block('x', [hostile], {})])).toThrow('cannot be a name')
  expect(() => render([block('x', [], { [hostile]: 1 })])).toThrow('cannot be a name')
  expect(() => variable(hostile)).toThrow('cannot be a name')
  expect(() => environment('A-B')).toThrow('"A-B" cannot be the name of an environment variable')
})

test('numbers that HCL does not have are refused', () => {
  expect(() => attribute(Number.NaN)).toThrow('cannot hold the number NaN')
})

test('environment variables keep any value and refuse a name that the shell would run', () => {
  expect(attribute(environmentVariables({ A: `it's "x"; reboot`, B: variable('b') }))).toBe(`x {
  a = [
    "A=it's \\"x\\"; reboot",
    "B=\${var.b}",
  ]
}
`)
  expect(() => environmentVariables({ 'A;reboot;B': '1' })).toThrow('"A;reboot;B" cannot be the name')
})
