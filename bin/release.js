#!/usr/bin/env node
// `npm run release` says what would be published, `npm run release -- --publish` publishes it.
import { release } from './release/release.js'

process.exitCode = release(process.cwd(), process.argv.slice(2))
