/** What the played staff write down after a repair, by the fault that they found. */
const FINDINGS: Readonly<Record<string, Readonly<{ 'zh-CN': string; en: string }>>> = {
  pump_trip: { 'zh-CN': '变频器已复位，泵组恢复运行', en: 'Drive reset, pumps running again' },
  burst_pipe: { 'zh-CN': '爆裂管段已关阀更换', en: 'Burst pipe section shut off and replaced' },
  one_pump_failed: { 'zh-CN': '更换机械密封，泵恢复备用', en: 'Shaft seal replaced, pump ready again' },
  sensor_absent: { 'zh-CN': '压力变送器接线已重接', en: 'Pressure transmitter rewired' },
  entrapment: { 'zh-CN': '乘客已救出，门锁已更换', en: 'Passenger released, door lock replaced' },
  stopped: { 'zh-CN': '门机已调整，电梯恢复运行', en: 'Door drive adjusted, lift back in service' },
  overflow: { 'zh-CN': '已清运', en: 'Emptied' },
  silent: { 'zh-CN': '通信模块已重启', en: 'Communication module restarted' },
  power_dip: { 'zh-CN': '供电已恢复，设备自检正常', en: 'Power is back, self-test passed' },
}
const NOTHING_FOUND = { 'zh-CN': '现场检查正常', en: 'Checked on site, all in order' } as const

export type Language = 'zh-CN' | 'en'

/** In the languages of the site, for a finding is one text that everybody reads. */
export function findingOf(fault: string | null, languages: readonly Language[]): string {
  const text = (fault === null ? undefined : FINDINGS[fault]) ?? NOTHING_FOUND
  return languages.map((language) => text[language]).join(' / ')
}
