import { expect, test } from 'vitest'
import { decide, type Policy, readPolicy } from './policy.ts'

function policyOf(...Statement: readonly object[]): Policy {
  return readPolicy({ Version: '2012-10-17', Statement }, 'policy.json') ?? []
}

const question = { action: 'ec2:DeregisterImage', resource: 'arn:aws:ec2:us-west-2::image/ami-1', context: {} }

test('nothing is allowed that no statement allows; names of actions ignore case', () => {
  expect(decide(policyOf({ Effect: 'Allow', Action: 'ec2:describe*', Resource: '*' }), question)).toBe('not allowed')
  expect(decide(policyOf({ Effect: 'Allow', Action: ['EC2:deregister*'], Resource: '*' }), question)).toBe('allowed')
  const elsewhere = 'arn:aws:ec2:eu-west-1::image/*'
  expect(decide(policyOf({ Effect: 'Allow', Action: '*', Resource: elsewhere }), question)).toBe('not allowed')
})

test('a deny wins over every allow', () => {
  const policy = policyOf(
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'ec2:DeregisterImage', Resource: 'arn:aws:ec2:*::image/*' },
  )
  expect(decide(policy, question)).toBe('denied')
})

test('conditions look at tags', () => {
  const Condition = { StringEquals: { 'ec2:ResourceTag/sindri': ['yes', 'true'] } }
  const policy = policyOf({ Effect: 'Allow', Action: '*', Resource: '*', Condition })
  expect(decide(policy, question)).toBe('not allowed')
  expect(decide(policy, { ...question, context: { 'aws:ResourceTag/sindri': 'true' } })).toBe('allowed')
})

test.each([
  [{ Effect: 'Allow', NotAction: 'ec2:*', Resource: '*' }, 'NotAction is not understood'],
  [{ Effect: 'Maybe', Action: '*', Resource: '*' }, 'Effect is "Maybe"'],
  [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: { Bool: {} } }, 'the condition operator Bool'],
  [
    { Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:SourceIp': 'x' } } },
    'the condition key aws:SourceIp',
  ],
])('%j is refused when it is read', (statement, reason) => {
  expect(() => policyOf(statement)).toThrow(reason)
})
