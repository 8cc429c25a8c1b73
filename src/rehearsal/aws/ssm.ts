import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { allImages } from './find.ts'
import type { ParameterRecord } from './records.ts'
import { account } from './signature.ts'
import { topLevelTags } from './tags.ts'

function arnOf(call: Call, name: string): string {
  return `arn:aws:ssm:${call.region}:${account}:parameter/${name.replace(/^\//, '')}`
}

function namedArns(call: Call): readonly string[] {
  const names = [call.input.text('Name') ?? [], call.input.texts('Names')].flat()
  return names.map((name) => arnOf(call, name))
}

const deepest = 15

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html (2026-11) */
function checkName(name: string): void {
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || (name.includes('/') && !name.startsWith('/'))) {
    throw awsError(
      'ValidationException',
      'Parameter name must be a fully qualified name: letters, numbers and .-_ in levels that each begin with /.',
    )
  }
  if (/^\/?(aws|ssm)/i.test(name))
    throw awsError('ValidationException', `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`)
  if (name.split('/').length - 1 > deepest)
    throw awsError('HierarchyLevelLimitExceededException', `Parameter name has more than ${deepest} levels.`)
}

function found(call: Call, name: string): ParameterRecord | undefined {
  const plain = name.startsWith('arn:') ? name.replace(/^arn:[^/]*:parameter\/?/, '') : name
  const all = call.here.parameters ?? {}
  return all[plain] ?? (name.startsWith('arn:') ? all[`/${plain}`] : undefined)
}

function parameterOutput(call: Call, parameter: ParameterRecord): Output {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: parameter.changedAt,
    ARN: arnOf(call, parameter.name),
    DataType: parameter.dataType,
  }
}

function put(call: Call): Output {
  const { input } = call
  const name = input.need('Name')
  checkName(name)
  const type = input.text('Type')
  if (type === 'SecureString') throw notImplemented('parameters of the type SecureString')
  const dataType = input.text('DataType') ?? 'text'
  const known = found(call, name)
  if (known === undefined && type === undefined)
    throw awsError('ValidationException', 'A parameter type is required when you create a parameter.')
  if (known !== undefined && input.flag('Overwrite') !== true) {
    throw awsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    )
  }
  const tags = topLevelTags(input, (message) => awsError('ValidationException', message))
  if (known !== undefined && Object.keys(tags).length > 0)
    throw awsError('ValidationException', "Tags and overwrite can't be used together.")
  if (known !== undefined && type !== undefined && type !== known.type)
    throw awsError('HierarchyTypeMismatchException', "Parameter Store doesn't support changing a parameter type.")
  if (known !== undefined && dataType !== known.dataType)
    throw awsError('ValidationException', `The data type of ${name} is ${known.dataType}, and cannot be changed.`)
  const value = input.need('Value')
  const version = (known?.version ?? 0) + 1
  if (dataType !== 'text' && dataType !== 'aws:ec2:image')
    throw notImplemented(`the data type ${dataType} of parameters`)
  // An image is looked up after the answer: a wrong one is answered like a right one, and then never there.
  if (dataType === 'text' || allImages(call).some((image) => image.id === value)) {
    call.here.parameters = {
      ...call.here.parameters,
      [name]: {
        name,
        type: known?.type ?? type ?? 'String',
        dataType,
        value,
        version,
        changedAt: call.now,
        description: input.text('Description') ?? known?.description ?? '',
        tags: known?.tags ?? tags,
      },
    }
  }
  return { Version: version, Tier: 'Standard' }
}

function remove(call: Call, name: string): boolean {
  const known = found(call, name)
  if (known !== undefined) delete call.here.parameters?.[known.name]
  return known !== undefined
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and its neighbours (2026-11). */
export const ssmOperations: Operations = {
  PutParameter: {
    supports: ['Name', 'Value', 'Type', 'DataType', 'Overwrite', 'Description', 'Tags'],
    resources: namedArns,
    run: put,
  },
  GetParameter: {
    supports: ['Name', 'WithDecryption'],
    resources: namedArns,
    run: (call) => {
      const parameter = found(call, call.input.need('Name'))
      if (parameter === undefined) throw awsError('ParameterNotFound', '')
      return { Parameter: parameterOutput(call, parameter) }
    },
  },
  GetParameters: {
    supports: ['Names', 'WithDecryption'],
    resources: namedArns,
    run: (call) => {
      const asked = call.input.texts('Names').map((name) => ({ name, parameter: found(call, name) }))
      return {
        Parameters: asked.flatMap(({ parameter }) => (parameter ? [parameterOutput(call, parameter)] : [])),
        InvalidParameters: asked.flatMap(({ name, parameter }) => (parameter ? [] : [name])),
      }
    },
  },
  DeleteParameter: {
    supports: ['Name'],
    resources: namedArns,
    run: (call) => {
      if (!remove(call, call.input.need('Name'))) throw awsError('ParameterNotFound', '')
      return {}
    },
  },
  DeleteParameters: {
    supports: ['Names'],
    resources: namedArns,
    run: (call) => {
      const results = call.input.texts('Names').map((name) => ({ name, gone: remove(call, name) }))
      return {
        DeletedParameters: results.flatMap(({ name, gone }) => (gone ? [name] : [])),
        InvalidParameters: results.flatMap(({ name, gone }) => (gone ? [] : [name])),
      }
    },
  },
}
