import type { Answer, Request } from '../kit/front.ts'
import {
  ec2Answer,
  ec2ErrorAnswer,
  iamAnswer,
  jsonErrorAnswer,
  type Output,
  restErrorAnswer,
  restJsonErrorAnswer,
  stsErrorAnswer,
} from './answer.ts'
import { type AwsError, notImplemented } from './aws-error.ts'
import type { Operations } from './call.ts'
import { ebsOperations } from './ebs.ts'
import { iamOperations } from './iam.ts'
import { jsonAnswer } from './json-answer.ts'
import { jsonModels } from './json-model.ts'
import { jsonRequests } from './json-request.ts'
import { operations } from './operations.ts'
import { type Fields, parseForm } from './query.ts'
import { s3Operations } from './s3.ts'
import { s3Answer } from './s3-answer.ts'
import { s3Fields, s3Name } from './s3-requests.ts'
import { serviceQuotaOperations } from './service-quotas.ts'
import { ssmOperations } from './ssm.ts'

/** How one of AWS's services is spoken to. */
export interface Service {
  readonly operations: Operations
  /** The operation a request asks for; empty when it names none. */
  nameOf(request: Request): string
  /** The checked parameters of that operation. */
  fieldsOf(name: string, request: Request): Fields
  answer(name: string, output: Output, requestId: string): Answer
  /** The refusal in the form the service's clients read. */
  refusal(error: AwsError, requestId: string): Answer
  /** What a policy's refusal is called. */
  readonly denied: string
}

function xml(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
}

function formOf(request: Request): URLSearchParams {
  return request.method === 'POST' ? new URLSearchParams(request.body.toString('utf8')) : request.query
}

function actionOf(request: Request): string {
  return formOf(request).get('Action') ?? ''
}

/** A service whose requests are JSON; `rest` when it is told apart by method and path. */
function jsonService(service: keyof typeof jsonModels, own: Operations, rest: boolean): Service {
  const model = jsonModels[service]
  const requests = jsonRequests(model)
  const type = rest ? 'application/json' : 'application/x-amz-json-1.1'
  return {
    operations: own,
    denied: 'AccessDeniedException',
    nameOf: (request) => {
      const asked = requests.named(request)?.name ?? request.headers['x-amz-target']
      return typeof asked === 'string' ? asked : rest ? `${request.method} ${request.path}` : ''
    },
    fieldsOf: (name, request) => {
      const named = requests.named(request)
      if (named === undefined) throw notImplemented(`the operation ${name} of ${service}`)
      return requests.fields(named, request)
    },
    answer: (name, output) => {
      const { headers, ...answer } = jsonAnswer(model, name, output)
      return { ...answer, headers: rest ? headers : { ...headers, 'content-type': type } }
    },
    refusal: (error) => {
      // The JSON protocols know 400 and 500 only; REST has statuses of its own.
      const status = rest || error.status >= 500 ? error.status : 400
      const body = rest ? restJsonErrorAnswer(error) : jsonErrorAnswer(error)
      return { status, headers: { 'content-type': type, 'x-amzn-errortype': error.awsCode }, body }
    },
  }
}

const ec2: Service = {
  operations,
  denied: 'UnauthorizedOperation',
  nameOf: actionOf,
  fieldsOf: (name, request) => parseForm(name, formOf(request)),
  answer: (name, output, requestId) => xml(200, ec2Answer(name, output, requestId)),
  refusal: (error, requestId) => xml(error.status, ec2ErrorAnswer(error, requestId)),
}

const sts: Service = {
  ...ec2,
  operations: {},
  refusal: (error, requestId) => xml(error.status, stsErrorAnswer(error, requestId)),
}

/** Its parameters are few: what an operation does not know of them is refused as any other. */
const iam: Service = {
  ...sts,
  operations: iamOperations,
  denied: 'AccessDenied',
  fieldsOf: (_, request) =>
    Object.fromEntries([...formOf(request)].filter(([name]) => name !== 'Action' && name !== 'Version')),
  answer: (name, output, requestId) => xml(200, iamAnswer(name, output, requestId)),
}

/** What is not here refuses in a form that most clients read. */
const absent: Service = {
  ...ec2,
  operations: {},
  refusal: (error, requestId) => xml(error.status, restErrorAnswer(error, requestId)),
}

const absentJson: Service = {
  ...absent,
  nameOf: (request) => String(request.headers['x-amz-target']),
  refusal: (error) => ({
    status: error.status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: jsonErrorAnswer(error),
  }),
}

const s3: Service = {
  operations: s3Operations,
  denied: 'AccessDenied',
  nameOf: s3Name,
  fieldsOf: s3Fields,
  answer: s3Answer,
  refusal: (error, requestId) => {
    const { headers, ...answer } = xml(error.status, restErrorAnswer(error, requestId))
    // Where a bucket is that was asked for in another region.
    return { ...answer, headers: { ...headers, ...(error.reason && { 'x-amz-bucket-region': error.reason }) } }
  },
}

const services: Readonly<Record<string, Service>> = {
  ebs: jsonService('ebs', ebsOperations, true),
  ec2,
  iam,
  s3,
  servicequotas: jsonService('servicequotas', serviceQuotaOperations, false),
  ssm: jsonService('ssm', ssmOperations, false),
  sts,
}

/** The service of this name, as in host names and credential scopes. */
export function serviceNamed(name: string, request: Request): Service {
  const service = Object.hasOwn(services, name) ? services[name] : undefined
  return service ?? (request.headers['x-amz-target'] === undefined ? absent : absentJson)
}

/** True for a service the stand-in has. */
export function isService(name: string): boolean {
  return Object.hasOwn(services, name)
}
