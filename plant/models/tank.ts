/** The break tank before the pumps: a float valve opens it to the main when it is low and shuts it when it is full. */
export type Tank = Readonly<{ levelM: number; isFilling: boolean }>

const OPENS_AT_M = 2.3
const SHUTS_AT_M = 3.3
/** In metres of level a minute: what the full flow of the homes takes, and what the main brings. */
const DRAWN_M_MIN = 0.028
const FILLED_M_MIN = 0.045

/** `draw` is a share of the full flow and stands still during the step; the valve moves in between, at its level. */
export function flowThrough(tank: Tank, draw: number, dtMs: number): Tank {
  let { levelM, isFilling } = tank
  for (let leftMin = dtMs / 60_000; leftMin > 0;) {
    const rise = (isFilling ? FILLED_M_MIN : 0) - draw * DRAWN_M_MIN
    const turnsAt = isFilling ? SHUTS_AT_M : OPENS_AT_M
    const untilTurn = rise === 0 ? Infinity : (turnsAt - levelM) / rise
    const turns = rise > 0 === isFilling && untilTurn <= leftMin
    if (!turns) return { levelM: Math.max(0, levelM + rise * leftMin), isFilling }
    leftMin -= Math.max(0, untilTurn)
    levelM = turnsAt
    isFilling = !isFilling
  }
  return { levelM, isFilling }
}
