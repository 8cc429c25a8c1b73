import type { CloudName } from '../cloud-name.ts'
import type { Complain } from './rule.ts'

/** Room Sindri keeps in an image name for the suffix that tells builds apart. */
const suffixLength = 20

interface NameRule {
  readonly pattern: RegExp
  readonly least: number
  readonly most: number
  readonly allowed: string
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html,
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftcompute,
 * https://cloud.google.com/compute/docs/naming-resources,
 * https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createimage
 */
const nameRules: Readonly<Record<CloudName, NameRule>> = {
  aws: {
    pattern: /^[A-Za-z0-9 ()[\]./'@_-]+$/,
    least: 3,
    most: 128,
    allowed: "letters, digits, spaces and ( ) [ ] . / - ' @ _",
  },
  azure: {
    pattern: /^[A-Za-z0-9][\w.-]*$/,
    least: 1,
    most: 80,
    allowed: 'letters, digits and . _ -, beginning with a letter or digit',
  },
  gcp: {
    pattern: /^[a-z][-a-z0-9]*$/,
    least: 1,
    most: 63,
    allowed: 'lower-case letters, digits and dashes, beginning with a letter',
  },
  oci: { pattern: /^[^\s].*$/, least: 1, most: 255, allowed: 'any characters, not beginning with a space' },
  alibaba: {
    pattern: /^[A-Za-z][\w:.-]*$/,
    least: 2,
    most: 128,
    allowed: 'letters, digits and : . _ -, beginning with a letter',
  },
}

/** Whether a cloud takes an image of this name, the suffix included. */
export function imageNameRules(cloud: CloudName, name: string, complain: Complain): void {
  const { pattern, least, most, allowed } = nameRules[cloud]
  const room = most - suffixLength
  const given = `gives the image name ${JSON.stringify(name)}`
  if (!pattern.test(name)) complain([], `${given}, which ${cloud} does not allow`, `use ${allowed}`)
  else if (name.length < least) complain([], `${given}, too short for ${cloud}`, `use at least ${least} characters`)
  else if (name.length > room) {
    const hint = `use at most ${room} characters; the rest of ${most} is for the suffix of each build`
    complain([], `${given}, too long for ${cloud}`, hint)
  }
}

interface TagRule {
  readonly key: RegExp
  readonly keyHint: string
  readonly value: RegExp
  readonly valueHint: string
  readonly most: number
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions (50, of which Sindri needs some),
 * https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations,
 * https://cloud.google.com/compute/docs/labeling-resources#restrictions,
 * https://docs.oracle.com/iaas/Content/Tagging/Concepts/taggingoverview.htm (10 free-form tags, of which six are Sindri's),
 * https://www.alibabacloud.com/help/en/resource-management/tag/product-overview/limits
 */
const tagRules: Readonly<Record<CloudName, TagRule>> = {
  aws: {
    key: /^(?!aws:)[\s\S]{1,128}$/i,
    keyHint: 'use 1 to 128 characters, not beginning with aws:',
    value: /^[\s\S]{0,256}$/,
    valueHint: 'use at most 256 characters',
    most: 40,
  },
  azure: {
    key: /^(?!microsoft|azure|windows)[^<>%&\\?/]{1,512}$/i,
    keyHint: 'use 1 to 512 characters without < > % & \\ ? /, not beginning with microsoft, azure or windows',
    value: /^[\s\S]{0,256}$/,
    valueHint: 'use at most 256 characters',
    most: 40,
  },
  gcp: {
    key: /^\p{Ll}[\p{Ll}0-9_-]{0,62}$/u,
    keyHint: 'use up to 63 lower-case letters, digits, _ and -, beginning with a letter',
    value: /^[\p{Ll}0-9_-]{0,63}$/u,
    valueHint: 'use up to 63 lower-case letters, digits, _ and -',
    most: 54,
  },
  oci: {
    key: /^[!-\-/-~]{1,100}$/,
    keyHint: 'use 1 to 100 characters of ASCII without spaces and dots',
    // Oracle takes 256; Packer's builder refuses more than 100.
    value: /^[\s\S]{1,100}$/,
    valueHint: 'use 1 to 100 characters',
    most: 4,
  },
  alibaba: {
    key: /^(?!aliyun|acs:)(?!.*https?:\/\/)[\s\S]{1,128}$/i,
    keyHint: 'use 1 to 128 characters, without http:// and not beginning with aliyun or acs:',
    value: /^(?!.*https?:\/\/)[\s\S]{0,128}$/i,
    valueHint: 'use at most 128 characters, without http://',
    most: 10,
  },
}

/** Whether a cloud takes these tags, and leaves room for Sindri's own. */
export function tagRulesFor(cloud: CloudName, tags: Readonly<Record<string, string>>, complain: Complain): void {
  const { key, keyHint, value, valueHint, most } = tagRules[cloud]
  const entries = Object.entries(tags)
  if (entries.length > most)
    complain(
      [],
      `has ${entries.length} tags`,
      `keep at most ${most}; ${cloud} allows few more, and Sindri adds its own`,
    )
  for (const [name, text] of entries) {
    if (!key.test(name) || name.includes('{{') || /\p{Cc}/u.test(name)) {
      complain([name], `cannot be the name of a tag in ${cloud}`, keyHint)
    } else if (!value.test(text))
      complain([name], `has the value ${JSON.stringify(text)}, which ${cloud} refuses`, valueHint)
  }
}

const longestDescription: Readonly<Record<CloudName, number>> = {
  aws: 255,
  azure: 256,
  gcp: 2048,
  oci: 100,
  alibaba: 256,
}

/** Whether a cloud takes a description of this length. */
export function descriptionRules(cloud: CloudName, description: string, complain: Complain): void {
  const most = longestDescription[cloud]
  if (description.length > most) complain([], `is longer than ${cloud} allows`, `use at most ${most} characters`)
  if (cloud === 'alibaba' && /^https?:\/\//.test(description)) complain([], 'begins with http://', 'begin with a word')
}
