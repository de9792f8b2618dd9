import type { InfluxTarget } from './config.ts'
import { influx1 } from './influx1.ts'
import { influx2 } from './influx2.ts'
import type { Target } from './target.ts'

/** One line per kind of database. Touches no network. */
export function targetOf(config: InfluxTarget): Target {
  switch (config.type) {
    case 'influx1':
      return influx1(config)
    case 'influx2':
      return influx2(config)
  }
}
