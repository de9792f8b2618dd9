/** What the roads say became of a page. */
export type PagingCommands = {
  'page.settle': { page: string; try: number; result: 'delivered' | 'failed'; reason?: string }
  /** `key` is what was pressed; null: only picked up. */
  'page.answer': { page: string; key: string | null }
}
