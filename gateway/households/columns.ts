/** What a column of a list of households may be called; the first is what we call it ourselves. */
export const COLUMNS = {
  home: ['home', '房屋', '房屋编号', '房产'],
  building: ['building', '楼栋', '楼号', '栋'],
  entrance: ['entrance', '单元'],
  number: ['number', '房号', '室号', '门牌'],
  name: ['name', '姓名', '住户姓名', '联系人'],
  relation: ['role', 'relation', '身份', '关系', '类型'],
  phone: ['phone', 'mobile', '电话', '手机', '手机号', '联系电话'],
  email: ['email', 'e-mail', '邮箱', '电子邮箱'],
  language: ['language', '语言'],
  from: ['from', 'since', '起', '起始日期', '入住日期', '开始日期'],
  to: ['to', 'until', '止', '截止日期', '搬离日期', '结束日期'],
  livesHere: ['lives_here', 'resident', '居住', '是否居住', '自住'],
  roads: ['channels', '通知方式', '联系方式顺序'],
  consent: ['consent', '同意', '同意接收通知', '知情同意'],
  tags: ['tags', '标签', '关怀标签'],
  tagsConsent: ['tags_consent', '标签同意', '敏感信息同意'],
  ref: ['ref', 'id', '编号', '业主编号', '系统编号'],
} as const
export type Column = keyof typeof COLUMNS

export type Cells = Readonly<Partial<Record<Column, string>>>

/** Which column each cell of the header is; those that we do not know are left unread. */
export function columnsOf(header: readonly string[]): { columns: (Column | null)[]; unknown: string[] } {
  const columns = header.map((written) => {
    const word = written.trim().toLowerCase()
    const found = Object.entries(COLUMNS).find(([, names]) => (names as readonly string[]).includes(word))
    return (found?.[0] as Column | undefined) ?? null
  })
  return { columns, unknown: header.filter((word, i) => columns[i] === null && word.trim() !== '') }
}

/** `number` may say the home where no building is said: 房号 is B2-1803 in one list and 1803 in another. */
export function isEnough(columns: readonly (Column | null)[]): boolean {
  const has = (column: Column) => columns.includes(column)
  return (has('home') || has('number')) && has('name') && has('relation') && has('consent')
}
