import { awsError } from './aws-error.ts'
import { enumValues, type Member, membersOf, requiredMembers, rootShape } from './shapes.ts'

/** A parameter's value, under AWS's own member names (`ImageIds`, not `ImageId.1`). */
export type Value = string | number | boolean | readonly Value[] | Fields

export interface Fields {
  readonly [name: string]: Value | undefined
}

type Tree = Map<string, string | Tree>

/** Splits `A.1.B=x` into nested maps; `A.1` and `A.1.B` together are refused as EC2 refuses them. */
function treeOf(form: URLSearchParams): Tree {
  const root: Tree = new Map()
  for (const [key, value] of form) {
    const steps = key.split('.')
    const last = steps.pop() ?? ''
    let at = root
    for (const step of steps) {
      const next = at.get(step) ?? new Map()
      if (typeof next === 'string') throw awsError('InvalidParameterCombination', `Conflicting parameter ${key}`)
      at.set(step, next)
      at = next
    }
    if (at.has(last)) throw awsError('InvalidParameterValue', `Parameter ${key} is given more than once`)
    at.set(last, value)
  }
  return root
}

/**
 * The parameters of a request, checked against AWS's model: names, required members, types, enums.
 * Throws UnknownParameter, MissingParameter, InvalidParameterValue.
 * Wire format: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
export function parseForm(operation: string, form: URLSearchParams): Fields {
  const tree = treeOf(form)
  tree.delete('Action')
  tree.delete('Version')
  const shape = rootShape(operation, 'input')
  return shape === undefined ? {} : structure(tree, shape, '')
}

/** A tag's or attribute's value, and the mark that leaves a device out. */
const meaningfulWhenEmpty: ReadonlySet<string> = new Set(['Value', 'NoDevice'])

function structure(tree: Tree, shape: string, path: string): Fields {
  const members = membersOf(shape, 'input') ?? []
  const fields: Record<string, Value> = {}
  for (const [wire, node] of tree) {
    const member = members.find((each) => each.wire === wire)
    if (member === undefined) {
      throw awsError('UnknownParameter', `The parameter ${path}${wire} is not recognized`)
    }
    // EC2 takes most empty parameters for absent ones, and older clients send all they know.
    if (node === '' && !member.list && !meaningfulWhenEmpty.has(member.name)) continue
    fields[member.name] = member.list ? list(node, member, path + wire) : single(node, member.type, path + wire)
  }
  for (const name of requiredMembers(shape)) {
    const wire = members.find((each) => each.name === name)?.wire ?? name
    if (fields[name] === undefined) {
      throw awsError('MissingParameter', `The request must contain the parameter ${path}${wire}`)
    }
  }
  return fields
}

function list(node: string | Tree, member: Member, path: string): readonly Value[] {
  // An empty list is sent by some clients as the bare name with an empty value.
  if (typeof node === 'string') {
    if (node === '') return []
    throw awsError('InvalidParameterValue', `Value (${node}) for parameter ${path} is invalid. Expected ${path}.1`)
  }
  return [...node]
    .map(([index, value]) => {
      if (!/^[1-9]\d{0,4}$/.test(index)) {
        throw awsError('UnknownParameter', `The parameter ${path}.${index} is not recognized`)
      }
      return { index: Number(index), value }
    })
    .sort((a, b) => a.index - b.index)
    .map(({ index, value }) => single(value, member.type, `${path}.${index}`))
}

function single(node: string | Tree, type: string, path: string): Value {
  if (membersOf(type, 'input') !== undefined) {
    if (typeof node !== 'string') return structure(node, type, `${path}.`)
    throw awsError('InvalidParameterValue', `Value (${node}) for parameter ${path} is invalid. Expected a structure`)
  }
  if (typeof node !== 'string') {
    throw awsError('UnknownParameter', `The parameter ${path}.${[...node.keys()].join()} is not recognized`)
  }
  return scalar(node, type, path)
}

function scalar(text: string, type: string, path: string): Value {
  const wrong = awsError('InvalidParameterValue', `Value (${text}) for parameter ${path} is invalid.`)
  if (type === 'integer' || type === 'double') {
    const number = Number(text)
    if (text.trim() === '' || !Number.isFinite(number) || (type === 'integer' && !Number.isInteger(number))) throw wrong
    return number
  }
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw wrong
    return text === 'true'
  }
  if (type === 'timestamp' && Number.isNaN(Date.parse(text))) throw wrong
  const allowed = enumValues(type)
  if (allowed !== undefined && !allowed.includes(text)) throw wrong
  return text
}
