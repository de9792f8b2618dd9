/** The group chats whose bots we know. */
export type BotType = 'wecom-bot' | 'dingtalk-bot' | 'feishu-bot'
