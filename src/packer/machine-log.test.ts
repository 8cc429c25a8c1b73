import { expect, test } from 'vitest'
import { follow, notStarted, type PackerState, parseLine } from './machine-log.ts'

function stateAfter(log: string): PackerState {
  return log.trim().split('\n').reduce(follow, notStarted)
}

/** Packer 1.6.6 with amazon-ebs; a copy to a second region and a manifest post-processor. */
const succeeded = `
1795249366,,ui,say,==> amazon-ebs.sindri: Prevalidating AMI Name: sindri-dev
1795249366,,ui,message,    amazon-ebs.sindri: Found Image ID: ami-785db401
1795249366,,ui,say,==> amazon-ebs.sindri: Launching a source AWS instance...
1795249366,,ui,say,==> amazon-ebs.sindri: Waiting for SSH to become available...
1795249367,,ui,say,==> amazon-ebs.sindri: Connected to SSH!
1795249367,,ui,say,==> amazon-ebs.sindri: Uploading ./a.txt => /tmp/uploaded.txt
1795249367,,ui,say,==> amazon-ebs.sindri: Provisioning with shell script: ./provision/10-init.sh
1795249368,,ui,error,==> amazon-ebs.sindri: Error: a warning of some program
1795249368,,ui,say,==> amazon-ebs.sindri: Stopping the source instance...
1795249368,,ui,say,==> amazon-ebs.sindri: Creating AMI sindri-dev from instance i-ba4d9cd0e4ec60cb2
1795249368,,ui,message,    amazon-ebs.sindri: AMI: ami-49b9a929bc8f35a8d
1795249368,,ui,say,==> amazon-ebs.sindri: Copying/Encrypting AMI (ami-49b9a929bc8f35a8d) to other regions...
1795249368,,ui,say,==> amazon-ebs.sindri: Adding tags to AMI (ami-49b9a929bc8f35a8d)...
1795249368,,ui,say,==> amazon-ebs.sindri: Terminating the source AWS instance...
1795249368,amazon-ebs.sindri,artifact-count,2
1795249368,amazon-ebs.sindri,artifact,0,builder-id,mitchellh.amazonebs
1795249368,amazon-ebs.sindri,artifact,0,id,us-east-1:ami-ce0ade7c41ef8bdff%!(PACKER_COMMA)us-west-2:ami-49b9a929bc8f35a8d
1795249368,amazon-ebs.sindri,artifact,1,id,us-east-1:ami-ce0ade7c41ef8bdff%!(PACKER_COMMA)us-west-2:ami-49b9a929bc8f35a8d
`

/** Packer 1.15.1 with plugin 1.8.1; a script that fails. */
const failed = String.raw`
1795249370,,ui,say,==> amazon-ebs.sindri: Provisioning with shell script: ./10-init.sh
1795249370,,ui,say,==> amazon-ebs.sindri: E=it's%!(PACKER_COMMA) "x"
1795249370,,ui,error,==> amazon-ebs.sindri: oops
1795249370,,ui,say,==> amazon-ebs.sindri: Provisioning step had errors: Running the cleanup provisioner%!(PACKER_COMMA) if present...
1795249370,,ui,say,==> amazon-ebs.sindri: Terminating the source AWS instance...
1795249371,,error-count,1
1795249371,,ui,error,\n==> Some builds didn't complete successfully and had errors:
1795249371,amazon-ebs.sindri,error,Script exited with non-zero exit status: 3
1795249371,,ui,error,--> amazon-ebs.sindri: Script exited with non-zero exit status: 3
`

test('a line is read with its escapes undone', () => {
  expect(parseLine(String.raw`17,amazon-ebs.x,artifact,0,string,one\ntwo%!(PACKER_COMMA) three`)).toEqual({
    at: 17,
    target: 'amazon-ebs.x',
    type: 'artifact',
    data: ['0', 'string', 'one\ntwo, three'],
  })
  expect(parseLine('panic: runtime error, and more, of it')).toBeUndefined()
})

test('the phases of a build are told in words', () => {
  const phases = new Set<string>()
  succeeded
    .trim()
    .split('\n')
    .reduce((state, line) => {
      const next = follow(state, line)
      phases.add(next.phase)
      return next
    }, notStarted)
  expect([...phases]).toEqual([
    'preparing',
    'launching instance',
    'waiting for SSH',
    'connected',
    'uploading a.txt',
    'provisioning: 10-init.sh',
    'stopping instance',
    'creating image',
    'copying image',
    'tagging',
    'cleaning up',
  ])
})

test.each([
  [
    'azure-arm',
    [
      'Creating resource group ...',
      'Deploying deployment template ...',
      'Powering off machine ...',
      'Capturing image ...',
      '\\nCleanup requested, deleting resource group ...',
    ],
  ],
  [
    'googlecompute',
    [
      'Checking image does not exist...',
      'Creating instance...',
      'Deleting instance...',
      'Creating image...',
      'Deleting disk...',
    ],
  ],
])('%s tells the same phases in its own words', (builder, words) => {
  const states = words.map((_, index) =>
    stateAfter(
      words
        .slice(0, index + 1)
        .map((said) => `1,,ui,say,==> ${builder}.sindri: ${said}`)
        .join('\n'),
    ),
  )
  const phases = ['preparing', 'launching instance', 'stopping instance', 'creating image', 'cleaning up']
  expect(states.map(({ phase }) => phase)).toEqual(phases)
})

test('what fails is what was reached before cleaning up, also where an instance is removed then', () => {
  const said = ['Provisioning with shell script: a.sh', 'Provisioning step had errors: …', 'Deleting instance...']
  const log = said.map((words) => `1,,ui,say,==> googlecompute.sindri: ${words}`).join('\n')
  expect(stateAfter(log)).toMatchObject({ phase: 'cleaning up', reached: 'provisioning: a.sh' })
})

test('an instance that never answered SSH is what failed, said once, and not that it was removed then', () => {
  const state = stateAfter(
    [
      '1,,ui,say,==> googlecompute.sindri: Waiting for SSH to become available...',
      '1,,ui,error,==> googlecompute.sindri: Timeout waiting for SSH.',
      '1,,ui,say,==> googlecompute.sindri: Deleting instance...',
      "1,,ui,error,Build 'googlecompute.sindri' errored after 26 seconds: Timeout waiting for SSH.",
      "1,,ui,error,\\n==> Some builds didn't complete successfully and had errors:",
      '1,googlecompute.sindri,error,Timeout waiting for SSH.',
      '1,,ui,error,--> googlecompute.sindri: Timeout waiting for SSH.',
      '1,,ui,say,\\n==> Builds finished but no artifacts were created.',
    ].join('\n'),
  )
  const { reached, recent, errors } = state
  expect({ reached, recent, errors }).toEqual({
    reached: 'waiting for SSH',
    recent: ['Waiting for SSH to become available...'],
    errors: ['Timeout waiting for SSH.'],
  })
})

test('what Packer says at the end of a build that could not begin is its error alone', () => {
  const state = stateAfter(
    [
      '1,,ui,say,==> amazon-ebs.sindri: Launching a source AWS instance...',
      '1,amazon-ebs.sindri,error,Error launching source instance: no quota',
      '1,,ui,say,\\n==> Wait completed after 449 milliseconds',
      '1,,ui,error,--> amazon-ebs.sindri: Error launching source instance: no quota',
    ].join('\n'),
  )
  expect(state.recent).toEqual(['Launching a source AWS instance...'])
  expect(state.errors).toEqual(['Error launching source instance: no quota'])
})

test('the artifact is what Packer calls so, once, and not the first image named in the log', () => {
  expect(stateAfter(succeeded).artifacts).toEqual([
    { builder: 'amazon-ebs.sindri', id: 'us-east-1:ami-ce0ade7c41ef8bdff,us-west-2:ami-49b9a929bc8f35a8d' },
  ])
  expect(stateAfter(succeeded).errors).toEqual([])
})

test('a failed build tells where it failed, why, and the last output before cleaning up', () => {
  expect(stateAfter(failed)).toEqual({
    phase: 'cleaning up',
    reached: 'provisioning: 10-init.sh',
    artifacts: [],
    errors: ['Script exited with non-zero exit status: 3'],
    recent: ['Provisioning with shell script: ./10-init.sh', `E=it's, "x"`, 'oops'],
  })
})

test('a mistake in the template is an error; what a crash prints is kept as output', () => {
  const state = stateAfter('1,,ui,error,Error: Unset variable "x"\\n\\nMore.\\n\npanic: runtime error')
  expect(state.errors).toEqual(['Error: Unset variable "x"\n\nMore.'])
  expect(state.recent).toEqual(['panic: runtime error'])
})
