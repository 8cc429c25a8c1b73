import { dotted, type Mistake } from '../config/mistake.ts'
import type { Definition } from './definition.ts'

/** What a definition of the right form still gets wrong. `files` are the names in its folder, `folder` is what that is called. */
export function ruleMistakes(definition: Definition, folder: string, files: readonly string[]): readonly Mistake[] {
  const { install, dependencies = [] } = definition
  const mistakes: Mistake[] = []
  const complain = (path: Mistake['path'], message: string, hint: string): void => {
    mistakes.push({ path, message: `${dotted(path)} ${message}`, hint })
  }
  const mustExist = (path: Mistake['path'], file: string): void => {
    if (!files.includes(file)) complain(path, `names ${file}, which is not there`, `put it beside extension.yaml`)
  }

  if (definition.name !== folder) complain(['name'], `is not the name of the folder, ${folder}`, `write ${folder}`)
  for (const key of ['distributions', 'architectures'] as const) {
    if (definition[key].length === 0) complain([key], 'is empty', 'name at least one')
  }
  if (Object.keys(install).length === 0)
    complain(['install'], 'installs nothing', 'write apt, npm, mise or script below it')
  if (install.script !== undefined) mustExist(['install', 'script'], install.script)
  if (install.mise !== undefined) {
    mustExist(['install', 'mise'], install.mise)
    mustExist(['install', 'mise'], 'mise.lock')
    if (!dependencies.includes('mise')) complain(['install', 'mise'], 'needs mise', 'add mise to dependencies')
  }
  if (install.npm !== undefined && !dependencies.some((name) => name === 'node' || name === 'node-lts')) {
    complain(['install', 'npm'], 'needs npm', 'add node or node-lts to dependencies')
  }
  downloadRules(definition, complain)
  return mistakes
}

function downloadRules(
  { install, architectures, dependencies = [] }: Definition,
  complain: (path: Mistake['path'], message: string, hint: string) => void,
): void {
  const { downloads = [] } = install
  if (install.downloads !== undefined && install.script === undefined) {
    complain(['install', 'downloads'], 'is used by nothing', 'add the script that installs the files')
  }
  for (const [index, { name, architecture, url }] of downloads.entries()) {
    const at = ['install', 'downloads', index, 'url']
    if (url.startsWith('npm:') && !dependencies.some((one) => one === 'node' || one === 'node-lts'))
      complain(at, 'needs npm', 'add node or node-lts to dependencies')
    if (url.startsWith('go:') && install.apt?.includes('golang-go') !== true)
      complain(at, 'needs a Go that knows the module proxy', 'add golang-go to apt')
    const same = downloads.findIndex(
      (other) => other.name === name && (other.architecture ?? architecture) === (architecture ?? other.architecture),
    )
    const path = ['install', 'downloads', index]
    if (same < index)
      complain(path, `is called ${name} like another one`, 'give it a name or an architecture of its own')
    const lacking = architectures.filter(
      (wanted) => !downloads.some((other) => other.name === name && (other.architecture ?? wanted) === wanted),
    )
    if (same === index && lacking.length > 0) {
      complain(
        path,
        `is not there for ${lacking.join(' and ')}`,
        'add it for that architecture, or take the architecture off the extension',
      )
    }
  }
}
