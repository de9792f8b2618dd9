/** What people do about notices, and what became of messages. */
export type NoticeCommands = {
  'notice.confirm': { notice: string; by: string }
  'notice.end': { notice: string; by: string }
  'message.settle': {
    notice: string
    trace: string
    message: string
    channel: string
    result: 'delivered' | 'failed'
    reason?: string
  }
}
