import { SindriError } from '../../core/error.ts'
import { notFound } from './oci-error.ts'

/** The permissions that are granted, each in a compartment or (`tenancy`) everywhere: `INSTANCE_READ in tenancy`. */
export type Statements = ReadonlySet<string>

type Verbs = readonly [inspect: string, read: string, use: string, manage: string]

/**
 * What each verb adds to the one before it, as far as the operations here ask for it.
 * https://docs.oracle.com/iaas/Content/Identity/policyreference/corepolicyreference_topic-Details_for_Verb__ResourceType_Combinations.htm
 * and https://docs.oracle.com/iaas/Content/Identity/Reference/objectstoragepolicyreference.htm (2026-11)
 */
const resourceTypes: Readonly<Record<string, Verbs>> = {
  instances: ['INSTANCE_INSPECT', 'INSTANCE_READ', 'INSTANCE_CREATE_IMAGE', 'INSTANCE_CREATE INSTANCE_DELETE'],
  'instance-images': [
    'INSTANCE_IMAGE_INSPECT',
    'INSTANCE_IMAGE_READ',
    'INSTANCE_IMAGE_UPDATE',
    'INSTANCE_IMAGE_CREATE INSTANCE_IMAGE_DELETE',
  ],
  'compute-image-capability-schema': [
    'COMPUTE_IMAGE_CAPABILITY_SCHEMA_INSPECT',
    'COMPUTE_IMAGE_CAPABILITY_SCHEMA_READ',
    'COMPUTE_IMAGE_CAPABILITY_SCHEMA_UPDATE',
    'COMPUTE_IMAGE_CAPABILITY_SCHEMA_CREATE COMPUTE_IMAGE_CAPABILITY_SCHEMA_DELETE',
  ],
  'compute-global-image-capability-schema': [
    'COMPUTE_GLOBAL_IMAGE_CAPABILITY_SCHEMA_INSPECT',
    'COMPUTE_GLOBAL_IMAGE_CAPABILITY_SCHEMA_READ',
    '',
    '',
  ],
  vcns: ['VCN_READ', '', '', 'VCN_ATTACH VCN_DETACH'],
  subnets: ['SUBNET_READ', '', 'SUBNET_ATTACH SUBNET_DETACH', ''],
  vnics: ['VNIC_READ', '', 'VNIC_ATTACH VNIC_CREATE VNIC_DELETE VNIC_ASSOCIATE_NETWORK_SECURITY_GROUP', ''],
  'vnic-attachments': ['VNIC_ATTACHMENT_READ', '', '', ''],
  'network-security-groups': [
    'NETWORK_SECURITY_GROUP_INSPECT',
    'NETWORK_SECURITY_GROUP_READ',
    'NETWORK_SECURITY_GROUP_LIST_SECURITY_RULES NETWORK_SECURITY_GROUP_UPDATE_MEMBERS',
    'NETWORK_SECURITY_GROUP_CREATE NETWORK_SECURITY_GROUP_DELETE NETWORK_SECURITY_GROUP_UPDATE_SECURITY_RULES',
  ],
  volumes: ['VOLUME_INSPECT', '', '', ''],
  'tag-namespaces': ['', '', '', ''],
  buckets: ['BUCKET_INSPECT', 'BUCKET_READ', 'BUCKET_UPDATE', 'BUCKET_CREATE BUCKET_DELETE PAR_MANAGE'],
  objects: ['OBJECT_INSPECT', 'OBJECT_READ', 'OBJECT_OVERWRITE', 'OBJECT_CREATE OBJECT_DELETE'],
  tenancies: ['TENANCY_INSPECT', '', '', ''],
  'resource-availability': ['RESOURCE_AVAILABILITY_INSPECT', '', '', ''],
}

const verbs = ['inspect', 'read', 'use', 'manage']

const statement =
  /^allow\s+(?:any-user|(?:dynamic-)?group\s+\S+)\s+to\s+(?:\{([^}]*)\}|(\w+)\s+([\w-]+))\s+in\s+(tenancy|compartment\s+id\s+(\S+))$/i

/** Statements as `oci iam policy create --statements` reads them, when the document is a list of such. */
export function readStatements(value: unknown, file: string): Statements | undefined {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string' && /^allow\s/i.test(one))) return undefined
  return new Set(value.flatMap((one) => grantsOf(String(one), file)))
}

function grantsOf(text: string, file: string): readonly string[] {
  const [, named, verb = '', type = '', , compartment = 'tenancy'] = statement.exec(text.trim()) ?? []
  const types = resourceTypes[type.toLowerCase()]
  const strength = verbs.indexOf(verb.toLowerCase())
  if (named === undefined && (types === undefined || strength < 0)) {
    throw new SindriError('usage', `${file}: the rehearsal does not understand ${JSON.stringify(text)}`, {
      hint: `It takes 'Allow group NAME to VERB TYPE in tenancy' or '… in compartment id OCID' for ${Object.keys(resourceTypes).join(', ')}.`,
    })
  }
  const permissions = named ?? types?.slice(0, strength + 1).join(' ') ?? ''
  return permissions.split(/[\s,]+/).flatMap((one) => (one === '' ? [] : [`${one} in ${compartment}`]))
}

/** Refuses what no statement grants in that compartment (`anywhere` where it is not known), in Oracle's words. */
export function authorize(
  statements: Statements | undefined,
  permissions: readonly string[],
  compartmentId: string,
): void {
  if (statements === undefined) return
  const granted = [...statements]
  const has = (permission: string): boolean =>
    statements.has(`${permission} in tenancy`) ||
    statements.has(`${permission} in ${compartmentId}`) ||
    (compartmentId === anywhere && granted.some((one) => one.startsWith(`${permission} in `)))
  if (!permissions.every(has)) throw notFound()
}

/** In place of a compartment that the stand-in does not know. */
export const anywhere = 'anywhere'
