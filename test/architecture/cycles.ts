import { type SourceFile, targetOf } from './source-file.ts'

/**
 * Import cycles over all files, each once, from its first file back to it. Type-only imports count: they vanish at run
 * time, but two files that need each other's types are one idea cut in half. Worker URLs do not: nothing is linked.
 */
export function cyclesOf(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const edges = new Map(files.map((file) => [file.path, importsOf(file)]))
  const cycles: string[][] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      cycles.push([...trail.slice(start), path])
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of edges.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of [...edges.keys()].sort()) visit(path)
  return cycles
}

function importsOf(file: SourceFile): readonly string[] {
  const targets = file.references.filter(({ how }) => how !== 'url').map((reference) => targetOf(file, reference))
  return [...new Set(targets)].filter((target) => target !== null)
}
