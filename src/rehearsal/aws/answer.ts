import type { AwsError } from './aws-error.ts'
import { apiVersion, membersOf, rootShape } from './shapes.ts'

/** What an operation answers, under AWS's member names; undefined members are left out. Only payloads are bytes. */
export type Output =
  | string
  | number
  | boolean
  | Buffer
  | undefined
  | readonly Output[]
  | { readonly [name: string]: Output }

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text between tags. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}

function isStructure(value: Output): value is { readonly [name: string]: Output } {
  return typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/** Writes `value` as structure `shape`; a member the model does not have is a mistake of the stand-in. */
function structure(value: Output, shape: string): string {
  const members = membersOf(shape, 'output')
  if (members === undefined || !isStructure(value)) return escapeXml(String(value))
  const known = new Set(members.map((member) => member.name))
  const unknown = Object.keys(value).find((name) => !known.has(name))
  if (unknown !== undefined) throw new Error(`${shape} has no member ${unknown}`)
  return members
    .map(({ name, wire, list, item, type }) => {
      const child = value[name]
      if (child === undefined) return ''
      if (!list) return element(wire, structure(child, type))
      const items = Array.isArray(child) ? child : []
      return element(wire, items.map((each) => element(item, structure(each, type))).join(''))
    })
    .join('')
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** EC2's answer. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html */
export function ec2Answer(operation: string, output: Output, requestId: string): string {
  const shape = rootShape(operation, 'output')
  // Operations whose model has no output answer <return>true</return>.
  const content = shape === undefined ? element('return', 'true') : structure(output, shape)
  const namespace = `http://ec2.amazonaws.com/doc/${apiVersion}/`
  return `${declaration}<${operation}Response xmlns="${namespace}">${element('requestId', requestId)}${content}</${operation}Response>`
}

/** EC2's error answer. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export function ec2ErrorAnswer(error: AwsError, requestId: string): string {
  const detail = element('Code', escapeXml(error.awsCode)) + element('Message', escapeXml(error.message))
  return `${declaration}<Response><Errors><Error>${detail}</Error></Errors>${element('RequestID', requestId)}</Response>`
}

const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** STS's answer, whose members are in a `<…Result>` of their own. https://docs.aws.amazon.com/STS/latest/APIReference/ */
export function stsAnswer(operation: string, members: Readonly<Record<string, string>>, requestId: string): string {
  const content = Object.entries(members).map(([name, value]) => element(name, escapeXml(value)))
  const metadata = element('ResponseMetadata', element('RequestId', requestId))
  const result = element(`${operation}Result`, content.join(''))
  return `${declaration}<${operation}Response xmlns="${stsNamespace}">${result}${metadata}</${operation}Response>`
}

/** IAM's answer, whose structures are named as in its reference. https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export function iamAnswer(operation: string, output: Output, requestId: string): string {
  const within = (value: Output): string =>
    isStructure(value)
      ? Object.entries(value)
          .map(([name, child]) => element(name, within(child)))
          .join('')
      : escapeXml(String(value))
  const metadata = element('ResponseMetadata', element('RequestId', requestId))
  const result = element(`${operation}Result`, within(output))
  return `${declaration}<${operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${result}${metadata}</${operation}Response>`
}

/** STS's error answer. */
export function stsErrorAnswer(error: AwsError, requestId: string): string {
  const detail =
    element('Type', 'Sender') + element('Code', escapeXml(error.awsCode)) + element('Message', escapeXml(error.message))
  return `${declaration}<ErrorResponse xmlns="${stsNamespace}">${element('Error', detail)}${element('RequestId', requestId)}</ErrorResponse>`
}

/** A refusal in the form S3 and its like read. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function restErrorAnswer(error: AwsError, requestId: string): string {
  const detail = element('Code', escapeXml(error.awsCode)) + element('Message', escapeXml(error.message))
  return `${declaration}${element('Error', detail + element('RequestId', requestId))}`
}

/** A refusal in the form the JSON services read (SSM, KMS). https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function jsonErrorAnswer(error: AwsError): string {
  return JSON.stringify({ __type: error.awsCode, message: error.message })
}

/** What clients of EBS read beside the code of an error, where nothing else is known. */
const usualReasons: Readonly<Record<string, string>> = {
  AccessDeniedException: 'UNAUTHORIZED_ACCOUNT',
  RequestThrottledException: 'ACCOUNT_THROTTLED',
  ResourceNotFoundException: 'SNAPSHOT_NOT_FOUND',
  ValidationException: 'INVALID_PARAMETER_VALUE',
}

/** A refusal in the form EBS's clients read; its code is in the header x-amzn-errortype. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJsonErrorAnswer(error: AwsError): string {
  return JSON.stringify({ Message: error.message, Reason: error.reason ?? usualReasons[error.awsCode] })
}
