#!/usr/bin/env node
// `npm run set-repository -- URL` writes the repository's address into every file that names it.
import { setRepository } from './release/repository.js'

process.exitCode = setRepository(process.cwd(), process.argv.slice(2))
