import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import { currentPacker, missingPart, openSindri, type Sindri } from './sindri.ts'

interface Policy {
  readonly Version: string
  readonly Statement: readonly { readonly Action: readonly string[] }[]
}

const missing = await missingPart()
const shared = ['encrypt_boot: false', 'ami_users: ["111122223333"]', 'deprecate_after_days: 30']

let sindri: Sindri

async function configure(...aws: readonly string[]): Promise<void> {
  const lines = ['version: 1', 'providers:', '  packer:', '    cloud: aws', ...(aws.length > 0 ? ['    aws:'] : [])]
  await writeFile(join(sindri.folder, 'sindri.yaml'), [...lines, ...aws.map((line) => `      ${line}`), ''].join('\n'))
}

function printed(): Promise<Policy> {
  return sindri.json('vm', 'permissions', '--cloud', 'aws')
}

function actionsOf(policy: Policy): readonly string[] {
  return policy.Statement.flatMap(({ Action }) => Action)
}

/** Lets the rehearsal refuse what the policy does not allow. */
async function enforce(policy: Policy): Promise<void> {
  const file = join(sindri.folder, 'policy.json')
  await writeFile(file, JSON.stringify(policy))
  await sindri.json('rehearsal', 'up', '--policy', file)
}

/** Enforces all actions of a policy but one. */
function without(policy: Policy, action: string): Promise<void> {
  const Statement = policy.Statement.map((one) => ({ ...one, Action: one.Action.filter((each) => each !== action) }))
  return enforce({ ...policy, Statement })
}

/** Every action asked for so far that needs a permission, as a policy writes it, and the requests that were refused. */
async function asked() {
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permissions are required.
  // What is asked as a dry run, as doctor does, is not needed for it.
  const requests = (await sindri.status()).requests.filter(
    ({ operation, error }) => operation !== 'GetCallerIdentity' && error !== 'DryRunOperation',
  )
  return {
    actions: [...new Set(requests.map(({ operation }) => `ec2:${operation}`))].sort(),
    refused: requests.filter(({ error }) => error === 'UnauthorizedOperation'),
  }
}

function build(...words: readonly string[]): Promise<BuildResult> {
  return sindri.json('vm', 'build', '--rehearse', ...words)
}

afterEach(async () => {
  expect(await sindri?.close()).toEqual([])
})

describe.skipIf(missing !== undefined)(`the printed policy${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.for([
    { title: 'a shared and copied image', aws: [...shared, 'ami_regions: [eu-west-1]'], environment: {} },
    { title: 'an encrypted image', aws: [], environment: {} },
    { title: 'an encrypted image, with the packer of npm run parts', aws: [], environment: currentPacker() },
  ])('for $title allows exactly what is asked for', async ({ aws, environment }, { skip }) => {
    if (environment === undefined && process.env.CI !== 'true') skip('run npm run parts')
    sindri = await openSindri(environment)
    await configure(...aws)
    const policy = await printed()
    await enforce(policy)
    await sindri.json('vm', 'doctor', '--cloud', 'aws', '--rehearse')
    const { image_id: image } = await build()
    await sindri.json('vm', 'list', '--rehearse')
    const deployed: Deployment = await sindri.json('vm', 'deploy', image, '--rehearse')
    await sindri.json('vm', 'terminate', deployed.instance_id, '--force', '--rehearse')
    await sindri.json('vm', 'delete', image, '--force', '--all-regions', '--rehearse')
    const { actions, refused } = await asked()
    expect(refused).toEqual([])
    expect(actions).toEqual(actionsOf(policy))
  })

  test('lacking one action fails a command, which names the action', async () => {
    sindri = await openSindri()
    await configure(...shared)
    const { image_id: image } = await build()
    const { instance_id: instance }: Deployment = await sindri.json('vm', 'deploy', image, '--rehearse')
    const again = ['vm', 'build']
    const deploy = ['vm', 'deploy', image]
    const terminate = ['vm', 'terminate', instance, '--force']
    const remove = ['vm', 'delete', image, '--force', '--all-regions']
    const copied = [...shared, 'ami_regions: [eu-west-1]']
    const otherReader = shared.map((line) => line.replace('111122223333', '444455556666'))
    const deprecatedLater = shared.map((line) => line.replace('30', '60'))
    /** One command for each action, with its config: in this order what fails leaves what the next ones need. */
    const attempts: readonly (readonly [string, readonly string[], (readonly string[])?])[] = [
      ['ec2:DescribeImageAttribute', again],
      ['ec2:ModifyImageAttribute', again, otherReader],
      ['ec2:EnableImageDeprecation', again, deprecatedLater],
      ['ec2:CopyImage', again, copied],
      ['ec2:DescribeImages', ['vm', 'list']],
      ['ec2:DescribeKeyPairs', deploy],
      ['ec2:ImportKeyPair', deploy],
      ['ec2:CreateTags', deploy],
      ['ec2:DescribeSecurityGroups', deploy],
      ['ec2:CreateSecurityGroup', deploy],
      ['ec2:AuthorizeSecurityGroupIngress', deploy],
      ['ec2:DescribeInstances', deploy],
      ['ec2:RunInstances', deploy],
      ['ec2:TerminateInstances', terminate],
      ['ec2:DeleteSecurityGroup', terminate],
      ['ec2:DeleteKeyPair', terminate],
      ['ec2:DescribeVolumes', [...again, '--force']],
      ['ec2:DescribeRegions', remove],
      ['ec2:DeregisterImage', remove],
      ['ec2:DeleteSnapshot', remove],
    ]
    await configure(...copied)
    const policy = await printed()
    // Of these Packer's builder fails too, but only after a whole build, or after minutes of trying again.
    const packersAlone = ['ec2:CreateImage', 'ec2:CreateKeyPair', 'ec2:StopInstances']
    const actions = [...attempts.map(([action]) => action), ...packersAlone].sort()
    expect(actions).toEqual(actionsOf(policy))
    const failures: string[] = []
    for (const action of actions) {
      await without(policy, action)
      const { code, stdout } = await sindri.run('vm', 'doctor', '--cloud', 'aws', '--rehearse')
      if (code !== 0 && stdout.includes(`Permissions missing: ${action}\n`)) continue
      failures.push(`${action}: doctor ended with ${code}: ${stdout}`)
    }
    for (const [action, words, aws = shared] of attempts) {
      await configure(...aws)
      await without(policy, action)
      const { code, stderr } = await sindri.run(...words, '--rehearse')
      if (code !== 0 && stderr.includes(action.slice('ec2:'.length))) continue
      failures.push(`${action}: ${words.join(' ')} ended with ${code}: ${stderr}`)
    }
    expect(failures).toEqual([])
  })
})
