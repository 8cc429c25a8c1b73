import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { AlibabaDiskApi } from './disk-port.ts'

/**
 * The role ECS takes on to read the file of an image: its name, and its policy, are given.
 * https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11)
 */
export const importRole: string = 'AliyunECSImageImportDefaultRole'
const policy = 'AliyunECSImageImportRolePolicy'

const trust = JSON.stringify({
  Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: ['ecs.aliyuncs.com'] } }],
  Version: '1',
})

/** Whether ECS may read buckets; `unknown` where these credentials may not look. A role with another policy is someone's own. */
export async function roleState(api: AlibabaDiskApi): Promise<'there' | 'bare' | 'missing' | 'unknown'> {
  try {
    const policies = await api.rolePolicies(importRole)
    if (policies === undefined) return 'missing'
    return policies.length > 0 ? 'there' : 'bare'
  } catch (error) {
    if (error instanceof SindriError && error.code === 'denied') return 'unknown'
    throw error
  }
}

/** Makes the role when the account has none. It is the account's, and stays. Where nobody may look, the import tells. */
export function importRoleStep(api: AlibabaDiskApi, create: boolean): Step<string> {
  const inputs = digest({ role: importRole, policy })
  return step<string, string>('alibaba/import-role', {
    title: `let ECS read OSS by the role ${importRole}`,
    digest: inputs,
    async find() {
      const state = await roleState(api)
      return state === 'there' || state === 'unknown' ? { digest: inputs, out: importRole } : undefined
    },
    async start() {
      if (!create) throw new SindriError('failed', noRole, { hint: roleHint })
      await api.createRole(importRole, 'ECS imports images from OSS by this role', trust)
      await api.attachSystemPolicy(importRole, policy)
      return importRole
    },
    poll: async () => ({ done: importRole }),
  })
}

/** What to tell of an account without the role. */
export const noRole: string = `the account has no role ${importRole}, by which ECS reads the disk from OSS`
export const roleHint: string =
  'set release.targets.alibaba.create_import_role: true, or confirm it once at https://ram.console.aliyun.com (Cloud Resource Access Authorization, ECS imports images)'
