import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { loginOf, type OpenStackCloud } from './login.ts'
import { isSettings, merged, readSettings, type Settings } from './written.ts'

/** Where a cloud is looked for. */
export interface Search {
  readonly environment: Environment
  /** The working folder, whose clouds.yaml comes before the user's. */
  readonly folder: string
  /** Which cloud of the file; without it `OS_CLOUD`, then the `OS_*` variables, then the only one of the file. */
  readonly cloud?: string
}

interface SettingsFile {
  readonly path: string
  readonly settings: Settings
}

/**
 * The cloud that OpenStack's own clients take here: clouds.yaml with secure.yaml over it and a profile of
 * clouds-public.yaml under it, or the `OS_*` variables. `OS_REGION_NAME` chooses a region of whichever it is.
 * https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html (2026-11)
 * @throws SindriError `credentials` when there is none, or it says too little
 */
export async function findCloud({ environment, folder, cloud }: Search): Promise<OpenStackCloud> {
  const file = await settingsFile('clouds', environment.OS_CLIENT_CONFIG_FILE, environment, folder)
  const secure = await settingsFile('secure', environment.OS_CLIENT_SECURE_FILE, environment, folder)
  const clouds = merged(section(file, 'clouds'), section(secure, 'clouds'))
  const names = Object.keys(clouds)

  const ofEnvironment = environment.OS_CLOUD_NAME || 'envvars'
  const wanted = cloud ?? (environment.OS_CLOUD || undefined)
  const isSet = (environment.OS_AUTH_URL ?? '') !== ''
  if (wanted === undefined ? isSet : wanted === ofEnvironment && isSet)
    return loginOf(environmentSettings(environment), 'the OS_* variables of the environment', environment)

  const name = wanted ?? (names.length === 1 ? names[0] : undefined)
  const own = name === undefined ? undefined : clouds[name]
  if (name === undefined || !isSettings(own)) throw noCloud(wanted, file?.path, names)
  const source = `cloud "${name}" of ${file?.path ?? secure?.path}`
  const region = environment.OS_REGION_NAME ? { region_name: environment.OS_REGION_NAME, regions: undefined } : {}
  const profile = await profileOf(own, source, environment, folder)
  return loginOf({ ...merged(profile, own), ...region }, source, environment)
}

function noCloud(wanted: string | undefined, file: string | undefined, names: readonly string[]): SindriError {
  if (file === undefined)
    return new SindriError(
      'credentials',
      wanted === undefined ? 'there is no clouds.yaml' : `there is no clouds.yaml to find cloud "${wanted}" in`,
      {
        hint: 'put clouds.yaml into ~/.config/openstack, or set OS_CLIENT_CONFIG_FILE, or OS_AUTH_URL and its companions',
      },
    )
  const list = names.length === 0 ? 'no clouds' : names.join(', ')
  return new SindriError(
    'credentials',
    wanted === undefined ? `${file} has ${list}, and none is chosen` : `${file} has no cloud "${wanted}"`,
    { hint: wanted === undefined ? 'set OS_CLOUD to one of them' : `it has ${list}`, where: { file } },
  )
}

/** What the profile a cloud names says of it. Those that are built into OpenStack's own clients are not known here. */
async function profileOf(own: Settings, source: string, environment: Environment, folder: string): Promise<Settings> {
  const name = own.profile ?? own.cloud
  if (typeof name !== 'string') return {}
  const file = await settingsFile('clouds-public', environment.OS_CLIENT_VENDOR_FILE, environment, folder)
  const profile = section(file, 'public-clouds')[name]
  if (isSettings(profile)) return profile
  // The cloud itself may say all that is needed.
  if (isSettings(own.auth) && own.auth.auth_url !== undefined) return {}
  throw new SindriError('credentials', `${source} names the profile "${name}", which no clouds-public.yaml has`, {
    hint: 'write auth_url and regions into the cloud itself',
  })
}

async function settingsFile(
  name: string,
  chosen: string | undefined,
  environment: Environment,
  folder: string,
): Promise<SettingsFile | undefined> {
  if (chosen) {
    const path = isAbsolute(chosen) ? chosen : join(folder, chosen)
    const settings = await readSettings(path)
    if (settings !== undefined) return { path, settings }
    throw new SindriError('credentials', `${chosen} cannot be read`, {
      hint: 'it was named by an OS_CLIENT_* variable',
    })
  }
  const home = environment.HOME || homedir()
  const own = join(home, '.config')
  const places = [environment.XDG_CONFIG_HOME || own, own, '/etc/xdg', '/etc'].map((place) => join(place, 'openstack'))
  for (const place of new Set([folder, ...places])) {
    for (const ending of ['yaml', 'yml', 'json']) {
      const path = join(place, `${name}.${ending}`)
      const settings = await readSettings(path)
      if (settings !== undefined) return { path, settings }
    }
  }
  return undefined
}

function section(file: SettingsFile | undefined, name: string): Settings {
  const found = file?.settings[name]
  return isSettings(found) ? found : {}
}

/** `OS_USER_DOMAIN_NAME` as `user_domain_name`. https://docs.openstack.org/python-openstackclient/latest/cli/man/openstack.html (2026-11) */
function environmentSettings(environment: Environment): Settings {
  const ours = Object.entries(environment).filter(([name, value]) => name.startsWith('OS_') && value !== '')
  return Object.fromEntries(ours.map(([name, value]) => [name.slice(3).toLowerCase(), value]))
}
