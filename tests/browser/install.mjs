// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
//     node install.mjs NPM FOLDER
//
// Installs what package-lock.json says below FOLDER, unless that is there already. Exits
// with 77, for "skipped", when the registry cannot be reached.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [npm, folder] = process.argv.slice(2);
const source = dirname(fileURLToPath(import.meta.url));
const lock = readFileSync(join(source, 'package-lock.json'), 'utf8');
const installed = join(folder, 'installed.json');
if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) process.exit(0);

mkdirSync(folder, { recursive: true });
for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(source, name), join(folder, name));
const run = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
  { cwd: folder, encoding: 'utf8' });
const output = `${run.error ?? ''}${run.stdout}${run.stderr}`;
if (run.status === 0) {
  writeFileSync(installed, lock);
} else {
  console.log(output);
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/;
  if (offline.test(output)) console.log('SKIPPED: npm cannot reach its registry: no test with a browser');
  process.exitCode = offline.test(output) ? 77 : 1;
}
