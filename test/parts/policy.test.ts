import { afterEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import { currentPacker, missingPart, openSindri, type Sindri } from './sindri.ts'

interface Policy {
  readonly Version: string
  readonly Statement: readonly { readonly Action: readonly string[] }[]
}

const missing = await missingPart()
const shared = { encrypt_boot: false, ami_users: ['111122223333'], deprecate_after_days: 30 }
const copied = { ...shared, ami_regions: ['eu-west-1'] }

let sindri: Sindri

function configure(aws: object): Promise<void> {
  return sindri.configure({ cloud: 'aws', aws })
}

function printed(): Promise<Policy> {
  return sindri.json('vm', 'permissions', '--cloud', 'aws')
}

function actionsOf(policy: Policy): readonly string[] {
  return policy.Statement.flatMap(({ Action }) => Action)
}

/** Enforces all actions of a policy but one. */
function without(policy: Policy, action: string): Promise<void> {
  const Statement = policy.Statement.map((one) => ({ ...one, Action: one.Action.filter((each) => each !== action) }))
  return sindri.enforce({ ...policy, Statement })
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

afterEach(async () => {
  expect(await sindri?.close()).toEqual([])
})

describe.skipIf(missing !== undefined)(`the printed policy${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.for([
    { title: 'a shared and copied image', aws: copied, environment: {} },
    { title: 'an encrypted image', aws: {}, environment: {} },
    { title: 'an encrypted image, with the packer of npm run parts', aws: {}, environment: currentPacker() },
  ])('for $title allows exactly what is asked for', async ({ aws, environment }, { skip }) => {
    if (environment === undefined && process.env.CI !== 'true') skip('run npm run parts')
    sindri = await openSindri(environment)
    await configure(aws)
    const policy = await printed()
    await sindri.enforce(policy)
    await sindri.json('vm', 'doctor', '--cloud', 'aws', '--rehearse')
    const { image_id: image } = await sindri.build()
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
    await configure(shared)
    const { image_id: image } = await sindri.build()
    const { instance_id: instance }: Deployment = await sindri.json('vm', 'deploy', image, '--rehearse')
    const again = ['vm', 'build']
    const deploy = ['vm', 'deploy', image]
    const terminate = ['vm', 'terminate', instance, '--force']
    const remove = ['vm', 'delete', image, '--force', '--all-regions']
    const otherReader = { ...shared, ami_users: ['444455556666'] }
    const deprecatedLater = { ...shared, deprecate_after_days: 60 }
    /** One command for each action, with its config: in this order what fails leaves what the next ones need. */
    const attempts: readonly (readonly [string, readonly string[], object?])[] = [
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
    await configure(copied)
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
      await configure(aws)
      await without(policy, action)
      const { code, stderr } = await sindri.run(...words, '--rehearse')
      if (code !== 0 && stderr.includes(action.slice('ec2:'.length))) continue
      failures.push(`${action}: ${words.join(' ')} ended with ${code}: ${stderr}`)
    }
    expect(failures).toEqual([])
  })
})
