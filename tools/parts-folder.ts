import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where `npm run parts` keeps what it builds, outside the clone: `$SINDRI_PARTS`, else `sindri/parts` in the user's
 * cache. In it are `packer`, `packer-plugin-amazon`, `plugins` (a PACKER_PLUGIN_PATH) a Python venv for each part with
 * `requirements.txt`, and a folder of npm packages for each with `package.json`.
 */
export function partsFolder(env: NodeJS.ProcessEnv): string {
  return env.SINDRI_PARTS || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri/parts')
}
