import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type OpenPage, openBrowser } from '../browser/open-browser.ts'
import { openTerminal } from '../cli/tui/terminal.ts'
import { privatePgBouncer } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testTopic, withKafkaAdmin } from '../helpers/test-topic.ts'
import { openCamera } from './open-camera.ts'

const withAll = needs('postgres', 'kafka', 'pgbouncer', 'tmux', 'chromium').serial
const doctor = `clear; node ${fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))} doctor`
/** Loaded into a process, puts its clock an hour ahead. */
const ahead = '--import=data:text/javascript,const{now}=Date;Date.now=()=>now()+3600000'

let openPage: OpenPage

test.before(async (t) => {
  openPage = await openBrowser(t)
})

withAll('doctor, with many faults at once', async (t) => {
  const take = await openCamera(t, openPage)
  const database = await testDatabase(t)
  const { url } = await privatePgBouncer(t, database)
  const { brokers, topic } = testTopic(t)
  await withKafkaAdmin(brokers, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }),
  )
  await runSql(database, 'alter table post_rate.ratings disable trigger all')
  const env = {
    DATABASE_URL: url,
    REDIS_URL: 'redis://127.0.0.1:1',
    KAFKA_BROKERS: brokers.join(),
    POST_RATE_TOPIC: topic,
  }
  const terminal = await openTerminal(t, doctor, { ...env, POST_RATE_WINDOW_SECONDS: '60', NODE_OPTIONS: ahead })
  await terminal.resize(120, 40)
  await terminal.shows('exit code 4')
  await take('doctor-faults', terminal)
  await terminal.resize(80, 40)
  await terminal.run(`${doctor}; echo narrow`)
  await terminal.shows(/^narrow$/m)
  await take('doctor-faults-narrow', terminal)

  await runSql(
    database,
    'delete from post_rate.migrations where version = (select max(version) from post_rate.migrations)',
  )
  await terminal.run(`${doctor}; echo again`)
  await terminal.shows(/^again$/m)
  await take('doctor-schema-behind', terminal)
})
