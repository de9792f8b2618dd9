import type { Need } from '#rules/plan.ts'
import type { Action } from '#rules/reach/events.ts'

/**
 * What a tag asks of those who tell people: somebody rings up or goes there; what this home cannot do without, by
 * service; what it needs of a lift. The tag itself is shown to nobody.
 */
type Tag = Readonly<{ action: Action; dependsOn: readonly string[]; needs: readonly Need[]; names: readonly string[] }>

const WATER = ['water', 'pump-set', 'tank', 'main']
const POWER = ['power', 'transformer', 'switchboard']

export const TAGS = {
  living_alone: { action: 'call', dependsOn: [], needs: [], names: ['高龄独居', '独居老人', '高龄', 'living alone'] },
  reduced_mobility: {
    action: 'door',
    dependsOn: [],
    needs: ['step-free', 'stretcher'],
    names: ['行动不便', '轮椅', 'reduced mobility', 'wheelchair'],
  },
  dialysis_oxygen: {
    action: 'call',
    dependsOn: [...POWER, ...WATER],
    needs: [],
    names: ['腹透/制氧机', '腹透', '制氧机', 'dialysis', 'oxygen'],
  },
  infant: { action: 'call', dependsOn: WATER, needs: [], names: ['婴幼儿', 'infant'] },
  no_smartphone: { action: 'door', dependsOn: [], needs: [], names: ['无智能手机', 'no smartphone'] },
} as const satisfies Record<string, Tag>

export type TagName = keyof typeof TAGS
const NAMES = Object.entries(TAGS).flatMap(([tag, { names }]) =>
  [tag, tag.replaceAll('_', ' '), ...names].map((name) => [name, tag as TagName] as const),
)

/** The tag that somebody wrote, in either language; undefined when there is none. */
export function tagNamed(written: string): TagName | undefined {
  return NAMES.find(([name]) => name === written.toLowerCase())?.[1]
}

export function isTag(name: string): name is TagName {
  return Object.hasOwn(TAGS, name)
}
