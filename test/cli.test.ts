import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openInProcess } from '../src/rehearsal/in-process.ts'

const program = join(import.meta.dirname, '../src/cli.ts')
const compiled = mkdtempSync(join(tmpdir(), 'sindri-cli-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true }))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-cli-'))
  mkdirSync(join(folder, 'no-programs'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly status: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in an empty folder, with no Packer on PATH, no credentials and no terminal. */
function sindri(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const own = {
    PATH: join(folder, 'no-programs'),
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    NODE_COMPILE_CACHE: compiled,
  }
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...own, ...env } }
    const child = execFile(process.execPath, [program, ...line.split(' ')], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
    )
    child.stdin?.end()
  })
}

/** Writes a sindri.yaml with these lines in its packer section. */
function config(...lines: readonly string[]): void {
  const text = ['version: "1.0"', 'name: golden', 'providers:', '  packer:', ...lines.map((line) => `    ${line}`)]
  writeFileSync(join(folder, 'sindri.yaml'), text.join('\n'))
}

test.each<[string, string, number, RegExp]>([
  ['a command that does not exist', 'vm bild', 2, /unknown command 'bild'/],
  ['a flag that does not exist', 'vm build --clowd aws', 2, /unknown option '--clowd'.*--cloud/s],
  ['a flag without its value', 'vm build --cloud', 2, /--cloud <clouds>' argument missing/],
  ['a cloud that does not exist', 'vm list --cloud awz', 2, /unknown cloud "awz".*did you mean aws/s],
  ['no cloud', 'vm build --dry-run', 2, /no cloud is chosen.*hint: give --cloud/s],
  ['a family where there is none', 'vm deploy family/x --cloud aws', 2, /AWS has no families of images/],
  ['a size that is none', 'vm build --cloud aws --disk-size 0', 2, /whole number/],
  ['an assignment that is none', 'vm build --cloud aws --var region', 2, /name=value/],
  ['a misspelt extension', 'extension info dokcer', 2, /there is no extension dokcer.*did you mean docker/s],
  ['a misspelt extension to install', 'extension install git pyhton', 2, /no extension pyhton.*did you mean python/s],
  ['a misspelt profile', 'profile install fullstak', 2, /there is no profile fullstak.*did you mean fullstack/s],
  ['no extension to install', 'extension install', 2, /missing required argument 'names'/],
  [
    'a catalogue that is none',
    'extension list --catalogue nowhere',
    3,
    /there is no catalogue of extensions in .*nowhere/,
  ],
  [
    'a hostile name',
    'vm build --cloud aws --dry-run --name $(reboot)',
    2,
    /--name: "\$\(reboot\)".*hint: use letters/s,
  ],
  ['a config that is not there', 'vm build --dry-run --config other.yaml', 2, /cannot read other.yaml.*hint:/s],
  ['no Packer for a build', 'vm build --cloud aws', 3, /Packer is not installed.*hint: install Packer/s],
  ['no Packer for a validation', 'vm validate --cloud aws', 3, /Packer is not installed.*hint: install Packer/s],
  ['no credentials', 'vm list --cloud aws', 3, /credentials.*hint: run 'aws configure'/s],
])('%s ends with its exit code and says what to do', async (_what, line, status, said) => {
  const run = await sindri(line)
  expect(run.stderr).toMatch(said)
  expect(run.stderr).not.toMatch(/^\s+at /m)
  expect(run.stdout).toBe('')
  expect(run.status).toBe(status)
})

test('the shell is told what comes next: commands, flags and the names of clouds', async () => {
  const completed = async (line: string): Promise<readonly string[]> =>
    (await sindri(`complete -- ${line}`)).stdout.split('\n').map((one) => one.split('\t')[0] ?? '')
  expect(await completed('vm bu')).toContain('build')
  expect(await completed('vm build --c')).toEqual(expect.arrayContaining(['--cloud', '--config']))
  expect(await completed('vm build --cloud g')).toContain('gcp')
  expect((await sindri('complete zsh')).stdout).toContain('compdef _sindri sindri')
})

test('several clouds are one document; what fails in each is told, and the exit code is theirs in common', async () => {
  const [failing, region, dry] = await Promise.all([
    sindri('vm list --cloud aws,google --json'),
    sindri('vm list --cloud all --region eu-west-1'),
    sindri('vm build --cloud aws,gcp --dry-run'),
  ])
  expect(failing.status).not.toBe(0)
  expect(JSON.parse(failing.stdout)).toMatchObject({ images: {}, failed: [{ cloud: 'aws' }, { cloud: 'gcp' }] })
  expect(region.stderr).toMatch(/--region is another word in every cloud.*hint: give one --cloud/s)
  expect(region.status).toBe(2)
  expect(dry.stderr).toContain('a dry run prints the template of one cloud')
  expect(dry.status).toBe(2)
})

test('extensions and profiles are listed and told as JSON, also without any program on PATH', async () => {
  const json = async (line: string) => JSON.parse((await sindri(`${line} --json`)).stdout)
  expect(await json('extension list')).toContainEqual(
    expect.objectContaining({ name: 'git', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) }),
  )
  const info = await json('extension info kubernetes')
  expect(info.sources).toContainEqual({
    method: 'download',
    what: expect.stringMatching(/^kubectl \d\S+ for arm64$/),
    from: expect.stringMatching(/^https:/),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(await json('profile list')).toContainEqual(expect.objectContaining({ name: 'base', extensions: ['git'] }))
})

test('every mistake in an extension.yaml is told with its place, to people and to programs', async () => {
  mkdirSync(join(folder, 'mine/app'), { recursive: true })
  writeFileSync(join(folder, 'mine/profiles.yaml'), '{}')
  writeFileSync(join(folder, 'mine/app/extension.yaml'), 'name: app\nversion: 1\ntitle: App\ninstal: {}\n')
  const { status, stdout, stderr } = await sindri('extension list --catalogue mine --json')
  expect(status).toBe(2)
  expect(stderr).toContain('app/extension.yaml:2:10: version: YAML reads 1 as a number')
  expect(stderr).toMatch(/app\/extension\.yaml:4:1: instal is not a setting\n +hint: did you mean "install"/)
  expect(stderr).toContain('description is missing')
  const places = JSON.parse(stdout).error.complaints.map(({ where }: { where: { line: number } }) => where.line)
  expect(places).toEqual(expect.arrayContaining([2, 4]))
})

test('every mistake in a config is told at once, with line and column', async () => {
  config('cloud: aws', 'aws:', '  volume_size: big', '  regoin: us-west-2')
  const run = await sindri('vm build --dry-run')
  expect(run.status).toBe(2)
  expect(run.stderr).toMatch(/sindri\.yaml:7:20: .*volume_size/)
  expect(run.stderr).toMatch(/sindri\.yaml:8:7: .*regoin.*region/s)
})

test('a file that is no YAML is told of with line and column', async () => {
  config('cloud: [aws')
  const run = await sindri('vm build --dry-run')
  expect(run.status).toBe(2)
  expect(run.stderr).toMatch(/sindri\.yaml:\d+:\d+: /)
})

test('files that the config names and that are not there are all told before anything is asked of Packer', async () => {
  config('cloud: aws', 'build: { scripts: [missing.sh], ansible_playbook: site.yml }')
  const run = await sindri('vm validate')
  expect(run.status).toBe(2)
  expect(run.stderr).toContain('build.scripts: there is no missing.sh')
  expect(run.stderr).toContain('build.ansible_playbook: there is no site.yml')
})

const packerIsThere = spawnSync('packer', ['version']).error === undefined

test.skipIf(!packerIsThere)('a variable file that is not there is told of by name (needs packer on PATH)', async () => {
  const run = await sindri('vm build --cloud aws --var-file other.pkrvars.hcl', { PATH: process.env.PATH ?? '' })
  expect(run.stderr).toMatch(/other\.pkrvars\.hcl.*hint: check the files given with --var-file/s)
  expect(run.status).toBe(2)
})

test('with --json an error is one document on standard output, and still told on standard error', async () => {
  config('cloud: aws', 'aws: { volume_size: big }')
  const run = await sindri('vm build --dry-run --json')
  expect(run.status).toBe(2)
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { code: 'config', where: { file: 'sindri.yaml', line: 6 }, message: expect.stringContaining('volume_size') },
  })
  expect(run.stderr).toContain('volume_size')
})

test('with --json a dry run and a mistake in the command line are one document too', async () => {
  const [dry, wrong] = await Promise.all([
    sindri('vm build --cloud aws --dry-run --json'),
    sindri('vm build --clowd aws --json'),
  ])
  expect(JSON.parse(dry.stdout)).toEqual({
    cloud: 'aws',
    template: expect.stringContaining('amazon-ebs'),
    cost: { build_usd: 0.0208, storage_usd_per_month: 4, prices_as_of: '2026-01' },
  })
  expect(JSON.parse(wrong.stdout)).toMatchObject({
    error: { code: 'usage', message: expect.stringContaining("unknown option '--clowd'") },
  })
})

test('the prices of an estimate can be replaced; a file that is no list of them is refused', async () => {
  const dry = 'vm build --cloud aws --dry-run'
  writeFileSync(
    join(folder, 'own.json'),
    '{"as_of": "2027-05", "build_minutes": 60, "usd_per_hour": {"aws": {"t3.large": 2}}, "usd_per_gib_month": {}}',
  )
  const [listed, own, wrong] = await Promise.all([
    sindri(dry),
    sindri(dry, { SINDRI_PRICES: 'own.json' }),
    sindri(dry, { SINDRI_PRICES: 'none.json' }),
  ])
  expect(listed.stderr).toContain(
    'Cost: $0.02 for the build, at most $4.00 a month in each region (list prices of 2026-01)',
  )
  expect(own.stderr).toContain(
    '$2.00 for the build, at most an unknown price a month in each region (list prices of 2027-05)',
  )
  expect(wrong.stderr).toMatch(/SINDRI_PRICES names none\.json.*hint: docs\/commands\.md shows the form/s)
  expect(wrong.status).toBe(2)
})

test('sindri packer is another name of sindri vm', async () => {
  const [vm, packer] = await Promise.all(['vm', 'packer'].map((word) => sindri(`${word} permissions --cloud aws`)))
  expect(vm?.status).toBe(0)
  expect(JSON.parse(vm?.stdout ?? '')).toHaveProperty('Statement')
  expect(packer?.stdout).toBe(vm?.stdout)
})

test('a secret of the environment is in no dry run, only the name it comes from', async () => {
  writeFileSync(join(folder, 'setup.sh'), 'echo')
  config('cloud: aws', 'build:', '  scripts: [setup.sh]', '  environment: { TOKEN: "${env:LICENCE}" }')
  const run = await sindri('vm build --dry-run --debug', { LICENCE: 'very-secret-value' })
  expect(run.status).toBe(0)
  expect(run.stdout).toContain('LICENCE')
  expect(run.stdout + run.stderr).not.toContain('very-secret-value')
})

test('an image is not deleted when nobody can be asked; the error names the flag', async () => {
  const { rehearsal, close } = await openInProcess({ home: join(folder, 'home'), cache: join(folder, 'cache') })
  for (const [name, value] of Object.entries(rehearsal.environment)) vi.stubEnv(name, value)
  try {
    const found = await new EC2Client().send(new DescribeImagesCommand({ Owners: ['136693071363'] }))
    const run = await sindri(`vm delete ${found.Images?.[0]?.ImageId} --cloud aws`, rehearsal.environment)
    expect(run.stderr).toMatch(/no terminal.*hint: give --force/s)
    expect(run.status).toBe(2)
  } finally {
    vi.unstubAllEnvs()
    await close()
  }
})
