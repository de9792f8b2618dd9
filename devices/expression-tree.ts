/** The tree that the CEL library parses a text into: as much of it as a condition may use. */
export type Tree = Readonly<{ op: string; args: unknown; start: number; end: number }>

/** The functions and macros that are called anywhere in it. */
export function callsIn(tree: unknown): { name: string; at: number }[] {
  if (Array.isArray(tree)) return tree.flatMap(callsIn)
  if (!isTree(tree)) return []
  const { op, args, start } = tree
  const isCall = (op === 'call' || op === 'rcall') && Array.isArray(args)
  return [...(isCall ? [{ name: String(args[0]), at: start }] : []), ...callsIn(args)]
}

export function isTree(node: unknown): node is Tree {
  return typeof node === 'object' && node !== null && 'op' in node
}

/** The operands of an operator that has two or more. */
export function operandsOf(tree: Tree): readonly Tree[] {
  return (tree.args as readonly unknown[]).filter(isTree)
}
