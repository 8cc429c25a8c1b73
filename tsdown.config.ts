import type { Rolldown, UserConfig } from 'tsdown'
import { licenses } from './tools/licenses.ts'

const common: UserConfig = {
  platform: 'node',
  target: 'node24',
  outDir: 'dist',
  clean: false,
  dts: false,
  // The package has no dependencies of its own at run time: what it needs of npm is in these files.
  deps: { alwaysBundle: () => true, onlyBundle: false },
  logLevel: 'warn',
}

/** What showing help and rendering a template need, and the libraries they use. */
const everyday =
  /node_modules\/(commander|zod|fastest-levenshtein)\/|src\/(app\.ts|commands\/|config\/(?!yaml|load|json-schema|docs)|core\/(clock|error)\.ts|clouds\/(cloud|index|[a-z]+\/index|aws\/(bases|settings|tags|template))\.ts|packer\/(builders|dialect|extra|hcl|hcl-text|plugins|template|version)|release\/(cost|name|prices|provision)|report\/(cost-text|failure|terminal)|actions\/(configure|context|dry-run|each-cloud|extensions|flags|prices|build\/(archive|template))\b)/

/** commander loads `child_process` (a tenth of a start) for subcommands that are programs of their own; there are none here. */
function withoutProcesses(): Rolldown.Plugin {
  return {
    name: 'without-processes',
    resolveId: (id, importer) =>
      id === 'node:child_process' && importer?.includes('/node_modules/commander/') ? '\0no-processes' : null,
    load: (id) => (id === '\0no-processes' ? 'export {}' : null),
  }
}

/** oci-common brings an HTTP client of its own, older than Node's; Node's does what it is used for. */
function withoutSecondFetch(): Rolldown.Plugin {
  return {
    name: 'without-second-fetch',
    resolveId: (id) => (id === 'node-fetch' || id === 'isomorphic-fetch' ? '\0fetch' : null),
    load: (id) => (id === '\0fetch' ? 'export default fetch' : null),
  }
}

/**
 * Takes Node's own modules as they are instead of by `import`, which reads every export of them, and some of those load
 * more of Node when read: a tenth of a start. Chunks of the package only; they are written one import a line.
 */
function builtinsUnread(): Rolldown.Plugin {
  const statement = /^import (?:\{(?<names>[^}]*)\}|(?:\* as )?(?<all>[\w$]+)) from "(?<module>node:[\w/]+)";$/gm
  return {
    name: 'builtins-unread',
    renderChunk: (code) =>
      code.replace(statement, (_, names: string | undefined, all: string, module: string) => {
        const target = names === undefined ? all : `{${names.replaceAll(' as ', ': ')}}`
        return `const ${target} = process.getBuiltinModule("${module}");`
      }),
  }
}

const libraries = {
  index: 'src/index.ts',
  'core/index': 'src/core/index.ts',
  'rehearsal/index': 'src/rehearsal/index.ts',
}

// Nothing here empties dist/, since the three builds run side by side: tools/build.ts does.
const config: UserConfig[] = [
  {
    ...common,
    name: 'package',
    entry: { cli: 'src/cli.ts', ...libraries },
    format: 'esm',
    fixedExtension: false,
    plugins: [licenses(), withoutProcesses(), withoutSecondFetch(), builtinsUnread()],
    // A file costs a millisecond to find and link: what every command needs is one, what few need stays apart.
    outputOptions: {
      // Comments are a sixth of what Node would read at every start; they are in src/.
      comments: { legal: false, annotation: false, jsdoc: false },
      codeSplitting: {
        groups: [{ name: 'sindri', test: everyday }],
      },
    },
    // What other programs run is not bundled; src/rehearsal/instances/resource.ts looks for it here.
    copy: [{ from: 'src/rehearsal/instances/{*.sh,gate.js}', to: 'dist/rehearsal', flatten: true }],
  },
  {
    ...common,
    name: 'declarations',
    entry: libraries,
    format: 'esm',
    fixedExtension: false,
    dts: { emitDtsOnly: true },
  },
  {
    ...common,
    name: 'one file for the self-contained executable',
    entry: { sindri: 'src/cli.ts' },
    format: 'cjs',
    fixedExtension: true,
    shims: true,
    plugins: [withoutSecondFetch()],
    outputOptions: { codeSplitting: false },
  },
]

export default config
