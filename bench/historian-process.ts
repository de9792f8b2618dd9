import { ingest, reopen, settle } from './historian/ingest.ts'
import { query } from './historian/queries.ts'

/**
 * One job of the bench of the historian in a process of its own, so that what it costs is its own. Jobs and answers are
 * JSON: the job is the argument, the answer the message to the parent.
 */
export type Job =
  | Readonly<{ do: 'ingest'; folder: string; series: number; seconds: number }>
  | Readonly<{ do: 'settle' | 'reopen' | 'query'; folder: string }>

const job = JSON.parse(process.argv[2]!) as Job
if (job.do === 'ingest') {
  const { goOn, ...ingested } = await ingest(job.folder, job.series, job.seconds)
  process.send!(ingested)
  goOn()
} else {
  const jobs = { settle, reopen, query }
  process.send!(await jobs[job.do](job.folder))
  process.disconnect()
}
