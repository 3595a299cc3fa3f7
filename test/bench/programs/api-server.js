import { createRouter } from '@post-rate/express'
import express from 'express'
import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// A host of the library's as small as one can be: users are named by a header.

const postRate = createPostRate({ database: options.database, redis: options.redis })
if (options.roles) await postRate.start(options.roles)
const app = express()
app.use(createRouter({ postRate, getUser: (req) => req.get('x-user') ?? null }))
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

answering({ port: () => server.address().port })
