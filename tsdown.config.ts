import type { UserConfig } from 'tsdown'
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
    plugins: [licenses()],
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
    outputOptions: { codeSplitting: false },
  },
]

export default config
