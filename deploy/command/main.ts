#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { frontDoor } from './front-door.ts';

/** From `deploy/command` or `deploy/dist/command`. */
const PACKAGE = new URL(import.meta.url.endsWith('.js') ? '../../package.json' : '../package.json', import.meta.url);

const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };

// Not awaited: a command that becomes another program never returns, and Node would complain of that.
void frontDoor(process.argv.slice(2), process, { version }).then((code) => process.exit(code));
