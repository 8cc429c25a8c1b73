import { expect, test } from 'vitest'
import { parseForm } from './query.ts'

function parse(operation: string, form: string): unknown {
  return parseForm(operation, new URLSearchParams(`Action=${operation}&Version=2016-11-15&${form}`))
}

test('numbered and nested parameters become lists and structures with typed values', () => {
  const form =
    'ImageId=ami-1&MinCount=1&MaxCount=2&DryRun=true&BlockDeviceMapping.2.DeviceName=b&BlockDeviceMapping.1.Ebs.VolumeSize=8'
  expect(parse('RunInstances', form)).toEqual({
    ImageId: 'ami-1',
    MinCount: 1,
    MaxCount: 2,
    DryRun: true,
    BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }, { DeviceName: 'b' }],
  })
})

test('an empty value is an absent parameter, except where emptiness says something', () => {
  expect(parse('DescribeImages', 'NextToken=')).toEqual({})
  expect(parse('CreateTags', 'ResourceId.1=ami-1&Tag.1.Key=a&Tag.1.Value=')).toEqual({
    Resources: ['ami-1'],
    Tags: [{ Key: 'a', Value: '' }],
  })
})

test.each([
  ['DescribeImages', 'Imageid.1=ami-1', 'UnknownParameter', 'The parameter Imageid is not recognized'],
  ['DescribeImages', 'Filter.1.Nam=x', 'UnknownParameter', 'The parameter Filter.1.Nam is not recognized'],
  ['DescribeImages', 'ImageId=ami-1', 'InvalidParameterValue', 'Expected ImageId.1'],
  ['DescribeImages', 'ImageId.x=ami-1', 'UnknownParameter', 'ImageId.x'],
  ['CopyImage', 'Name=x&SourceRegion=r', 'MissingParameter', 'The request must contain the parameter SourceImageId'],
  ['RunInstances', 'MinCount=a&MaxCount=1', 'InvalidParameterValue', 'Value (a) for parameter MinCount is invalid.'],
  ['RunInstances', 'MinCount=1&MaxCount=1&DryRun=yes', 'InvalidParameterValue', 'DryRun'],
  ['RunInstances', 'MinCount=1&MaxCount=1&InstanceType=t9.x', 'InvalidParameterValue', 'InstanceType'],
  ['DescribeImages', '__proto__.x=1', 'UnknownParameter', '__proto__'],
])('%s with %s is %s', (operation, form, awsCode, message) => {
  expect(() => parse(operation, form)).toThrow(
    expect.objectContaining({ awsCode, message: expect.stringContaining(message) }),
  )
})
