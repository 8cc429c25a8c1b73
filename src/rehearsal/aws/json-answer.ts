import type { Answer } from '../kit/front.ts'
import type { Output } from './answer.ts'
import type { JsonModel } from './json-model.ts'

function isStructure(value: Output): value is { readonly [name: string]: Output } {
  return typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/**
 * An operation's answer in the places AWS's model says; times (epoch milliseconds) become seconds, as these services
 * write them. A member the model does not have is a mistake of the stand-in.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html (2026-11)
 */
export function jsonAnswer(model: JsonModel, operation: string, output: Output): Answer {
  const [, status = 200, , shape = ''] = model.operations[operation] ?? []

  function written(value: Output, type: string): unknown {
    if (Array.isArray(value)) return value.map((each) => written(each, type))
    if (isStructure(value)) return object(value, type)
    return model.scalars[type]?.type === 'timestamp' ? Number(value) / 1000 : value
  }

  function object(value: { readonly [name: string]: Output }, type: string): Readonly<Record<string, unknown>> {
    const members = model.structures[type] ?? []
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, child]) => {
        const member = members.find((each) => each.name === name)
        if (member === undefined) throw new Error(`${type} has no member ${name}`)
        return child === undefined || member.place !== 'body' ? [] : [[member.wire, written(child, member.type)]]
      }),
    )
  }

  const fields = isStructure(output) ? output : {}
  const members = model.structures[shape] ?? []
  const inHeaders = members.flatMap(({ name, place, wire }) =>
    place === 'header' && fields[name] !== undefined ? [[wire, String(fields[name])]] : [],
  )
  const payload = fields[members.find(({ place }) => place === 'payload')?.name ?? '']
  const body = Buffer.isBuffer(payload) ? payload : JSON.stringify(object(fields, shape))
  const type = Buffer.isBuffer(payload) ? 'application/octet-stream' : 'application/json'
  return { status, headers: { 'content-type': type, ...Object.fromEntries(inHeaders) }, body }
}
