/**
 * Everything that can be wrong with what a person asked or wrote, in one table:
 * code → HTTP status and whether the same request may succeed later. The sentences stand in `texts/`.
 */
export const FAULTS = {
  // configuration: found before any network, listed all at once
  yaml_syntax: { status: 400, retry: false },
  unknown_key: { status: 400, retry: false },
  missing_key: { status: 400, retry: false },
  wrong_type: { status: 400, retry: false },
  wrong_value: { status: 400, retry: false },
  not_allowed_value: { status: 400, retry: false },
  duplicate_id: { status: 400, retry: false },
  unknown_reference: { status: 400, retry: false },
  unknown_unit: { status: 400, retry: false },
  bad_duration: { status: 400, retry: false },
  bad_time_zone: { status: 400, retry: false },
  bad_expression: { status: 400, retry: false },
  bad_template: { status: 400, retry: false },
  bad_example: { status: 400, retry: false },
  rule_failed: { status: 400, retry: false },
  type_conflict: { status: 400, retry: false },
  safety_read_only: { status: 400, retry: false },
  private_address: { status: 400, retry: false },
  secret_missing: { status: 400, retry: false },
  secret_weak: { status: 400, retry: false },
  file_missing: { status: 400, retry: false },
  file_exists: { status: 409, retry: false },
  file_damaged: { status: 400, retry: false },
  // requests
  unauthenticated: { status: 401, retry: false },
  wrong_credentials: { status: 401, retry: false },
  totp_required: { status: 401, retry: false },
  wrong_code: { status: 403, retry: false },
  wrong_password: { status: 403, retry: false },
  totp_enrolled: { status: 409, retry: false },
  totp_not_begun: { status: 409, retry: false },
  totp_not_enrolled: { status: 409, retry: false },
  no_account: { status: 403, retry: false },
  account_disabled: { status: 409, retry: false },
  reset_expired: { status: 403, retry: false },
  task_link_over: { status: 403, retry: false },
  too_many_attempts: { status: 429, retry: true },
  wrong_setup_secret: { status: 403, retry: false },
  already_set_up: { status: 409, retry: false },
  weak_password: { status: 400, retry: false },
  name_taken: { status: 409, retry: false },
  unknown_account: { status: 404, retry: false },
  last_admin: { status: 409, retry: false },
  forbidden: { status: 403, retry: false },
  not_found: { status: 404, retry: false },
  invalid_request: { status: 400, retry: false },
  too_large: { status: 413, retry: false },
  wrong_media_type: { status: 415, retry: false },
  internal: { status: 500, retry: true },
  stopping: { status: 503, retry: true },
  busy: { status: 503, retry: true },
  // refusals: the command was understood and the state does not allow it
  command_reused: { status: 409, retry: false },
  unknown_alarm: { status: 404, retry: false },
  unknown_order: { status: 404, retry: false },
  second_person: { status: 409, retry: false },
  unknown_task: { status: 404, retry: false },
  not_certified: { status: 403, retry: false },
  still_latched: { status: 409, retry: false },
  order_ended: { status: 409, retry: false },
  proof_too_weak: { status: 409, retry: false },
  needs_supervisor: { status: 403, retry: false },
  never_grouped: { status: 409, retry: false },
  unknown_step: { status: 404, retry: false },
  scan_needed: { status: 409, retry: false },
  unknown_tag: { status: 403, retry: false },
  wrong_tag: { status: 409, retry: false },
  bad_picture: { status: 415, retry: false },
  too_many_photos: { status: 409, retry: false },
  unknown_upload: { status: 404, retry: false },
  wrong_offset: { status: 409, retry: false },
  wrong_hash: { status: 409, retry: true },
  photo_missing: { status: 409, retry: false },
  call_back_owed: { status: 409, retry: false },
  waits_for_objection: { status: 409, retry: false },
  too_late: { status: 409, retry: false },
  unknown_notice: { status: 404, retry: false },
  unknown_handover: { status: 404, retry: false },
  already_signed: { status: 409, retry: false },
  not_on_shift: { status: 403, retry: false },
  unknown_case: { status: 404, retry: false },
  not_quality: { status: 403, retry: false },
  wrong_points: { status: 400, retry: false },
  unknown_page: { status: 404, retry: false },
  unknown_home: { status: 404, retry: false },
  unknown_person: { status: 404, retry: false },
  unknown_asset: { status: 404, retry: false },
  unknown_rule: { status: 404, retry: false },
  unknown_shelf: { status: 404, retry: false },
  unknown_service: { status: 404, retry: false },
  unknown_window: { status: 404, retry: false },
  already_acknowledged: { status: 409, retry: false },
  already_shelved: { status: 409, retry: false },
  already_out_of_service: { status: 409, retry: false },
  shelf_too_long: { status: 409, retry: false },
  safety_alarm: { status: 409, retry: false },
  second_person_needed: { status: 409, retry: false },
  other_person_needed: { status: 403, retry: false },
  bad_window: { status: 400, retry: false },
  already_on_leave: { status: 409, retry: false },
  person_left: { status: 409, retry: false },
  unknown_leave: { status: 404, retry: false },
  unknown_duty: { status: 404, retry: false },
  unknown_certificate: { status: 404, retry: false },
  bad_rows: { status: 400, retry: false },
  already_accepted: { status: 409, retry: false },
  wrong_state: { status: 409, retry: false },
  not_qualified: { status: 403, retry: false },
  not_assignee: { status: 403, retry: false },
  never_pauses: { status: 409, retry: false },
  pause_too_long: { status: 400, retry: false },
  source_still_active: { status: 409, retry: false },
  source_unknown: { status: 409, retry: false },
  sensor_still_tells: { status: 409, retry: false },
  nobody_concerned: { status: 409, retry: false },
  too_late_to_tell: { status: 409, retry: false },
  quality_missing: { status: 409, retry: false },
  // control from afar
  not_writable: { status: 404, retry: false },
  not_yourself: { status: 403, retry: false },
  role_not_allowed: { status: 403, retry: false },
  value_not_allowed: { status: 400, retry: false },
  at_work: { status: 409, retry: false },
  locked_out: { status: 409, retry: false },
  permit_needed: { status: 409, retry: false },
  lockout_needed: { status: 409, retry: false },
  air_unfit: { status: 409, retry: false },
  permit_open: { status: 409, retry: false },
  somebody_there: { status: 409, retry: false },
  lease_needed: { status: 409, retry: false },
  lease_held: { status: 409, retry: false },
  write_pending: { status: 409, retry: true },
  too_many_writes: { status: 429, retry: true },
  precondition_false: { status: 409, retry: false },
  precondition_unknown: { status: 409, retry: false },
  unknown_room: { status: 404, retry: false },
  unknown_lockout: { status: 404, retry: false },
  unknown_permit: { status: 404, retry: false },
  unknown_request: { status: 404, retry: false },
  not_lockout_owner: { status: 403, retry: false },
  already_there: { status: 409, retry: false },
  not_there: { status: 409, retry: false },
  // servers that the gateway is a client of
  certificate_not_waiting: { status: 404, retry: false },
  certificate_expired: { status: 409, retry: false },
  server_away: { status: 503, retry: true },
  server_refused: { status: 409, retry: false },
  // messages to people
  address_needed: { status: 400, retry: false },
  unknown_message: { status: 404, retry: false },
  // the simulated plant of a demonstration: what it does not know
  unknown_device: { status: 400, retry: false },
  unknown_plant_fault: { status: 400, retry: false },
  // the running program
  not_running: { status: 409, retry: true },
  no_demo: { status: 409, retry: true },
  already_running: { status: 409, retry: true },
  no_store: { status: 404, retry: false },
  store_corrupt: { status: 500, retry: false },
  store_newer: { status: 500, retry: false },
  store_failed: { status: 503, retry: true },
  private_key_missing: { status: 503, retry: false },
  private_key_torn: { status: 503, retry: false },
  private_key_wrong: { status: 503, retry: false },
  private_damaged: { status: 503, retry: false },
  private_restored: { status: 500, retry: false },
  too_many_events: { status: 500, retry: false },
} as const satisfies Record<string, { status: number; retry: boolean }>

export type FaultCode = keyof typeof FAULTS
export type Params = Readonly<Record<string, string | number | boolean>>

/** A reason as data: `{code, params}`. Its sentence is made where a person reads it. */
export type Said = Readonly<{ code: FaultCode; params: Params }>

/** A fault of a file a person wrote. `line` and `column` count from 1. */
export type ConfigFault = Said &
  Readonly<{ file: string; line: number; column: number; device?: string; rule?: string }>

/** A fault that ends one operation. World faults are caught once, at the edge. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly params: Params
  readonly status: number
  readonly retry: boolean
  constructor(code: FaultCode, params: Params = {}, options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(params)}`, options)
    this.name = 'Fault'
    this.code = code
    this.params = params
    this.status = FAULTS[code].status
    this.retry = FAULTS[code].retry
  }
}
