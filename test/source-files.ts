import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/** One import of a source file, as written. `names` is undefined for `import * as`, `import x` and dynamic imports. */
export interface Import {
  /** The imported file relative to the repository (`src/core/step.ts`), or the package's name as written. */
  readonly target: string
  readonly dynamic: boolean
  /** Erased when it runs. */
  readonly typeOnly: boolean
  readonly names: readonly string[] | undefined
}

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Every name used as a value or a type, and not as a property: `process` in `process.env`, but not in `x.process`. */
  readonly identifiers: ReadonlySet<string>
  readonly classes: readonly string[]
}

/** Every file of our code below src/ that runs; tests and their fixtures may do more, and are left out. */
export function sourceFiles(): readonly SourceFile[] {
  return globSync('src/**/*.{ts,js}', { cwd: root })
    .filter((path) => !/\.(test|fixture)\.ts$/.test(path))
    .sort()
    .map((path) => parse(path, readFileSync(join(root, path), 'utf8')))
}

/** Reads the imports and names of a file. Exported for the test of this reader. */
export function parse(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const identifiers = new Set<string>()
  const classes: string[] = []
  const add = (specifier: ts.Node | undefined, rest: Omit<Import, 'target'>): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const target = specifier.text.startsWith('.') ? relative('.', join(dirname(path), specifier.text)) : specifier.text
    imports.push({ target, ...rest })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, { dynamic: false, ...importedNames(node) })
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, { dynamic: false, typeOnly: node.isTypeOnly, names: undefined })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], { dynamic: true, typeOnly: false, names: undefined })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, { dynamic: false, typeOnly: true, names: undefined })
    } else if (ts.isClassDeclaration(node) || ts.isClassExpression(node)) {
      classes.push(node.name?.text ?? 'an unnamed class')
    } else if (ts.isIdentifier(node) && !isPropertyName(node)) {
      identifiers.add(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { path, text, lines: text.trimEnd().split('\n').length, imports, identifiers, classes }
}

function importedNames(node: ts.ImportDeclaration): Pick<Import, 'typeOnly' | 'names'> {
  const clause = node.importClause
  const bindings = clause?.namedBindings
  if (clause === undefined || bindings === undefined || !ts.isNamedImports(bindings)) {
    return { typeOnly: clause?.phaseModifier === ts.SyntaxKind.TypeKeyword, names: undefined }
  }
  const values = bindings.elements.filter((element) => !element.isTypeOnly)
  return {
    typeOnly: clause.phaseModifier === ts.SyntaxKind.TypeKeyword || values.length === 0,
    names: bindings.elements.map((element) => (element.propertyName ?? element.name).text),
  }
}

function isPropertyName(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name === node
  return ts.isMethodSignature(parent) || ts.isBindingElement(parent) || ts.isParameter(parent)
}
