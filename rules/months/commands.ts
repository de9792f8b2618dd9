export type MonthCommands = {
  /** A resident said a good word about somebody, of an order or in general. `text`: for what, in short. */
  'praise.record': { by: string; person: string; forOrder?: string; text?: string }
}
