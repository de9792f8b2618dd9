/** What happened at one moment of a chart. `at` is in ms. */
export type Mark = Readonly<{ kind: 'alarm' | 'order'; at: number; text: string }>
