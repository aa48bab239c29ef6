// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What Node.js, which has the WHATWG's URL parser of a browser, makes of URLs.
//
//     node peer.js CASES
//
// CASES is JSON: [[text, base or null], ...]. Prints a line for each: null where it is no URL,
// else its parts.
'use strict';
const lines = [];
for (const [text, base] of JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'))) {
  try {
    const u = base === null ? new URL(text) : new URL(text, base);
    lines.push(JSON.stringify({ href: u.href, scheme: u.protocol.slice(0, -1), user: u.username,
      password: u.password, host: u.hostname, port: u.port, path: u.pathname,
      query: u.search.slice(1), fragment: u.hash.slice(1), origin: u.origin }));
  } catch (e) {
    lines.push('null');
  }
}
process.stdout.write(lines.join('\n') + '\n');
