// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
//     node browser_test.mjs SERVER CHROMIUM FOLDER
//
// A page in Chromium uses all that the server of tests/clients has: over HTTP, and over
// HTTPS. FOLDER has node_modules/playwright-core. Nothing but the test of pings waits for
// time to pass.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const [program, executablePath, modules] = process.argv.slice(2);
let chromium;
try {
  chromium = createRequire(resolve(modules, 'node_modules/_'))('playwright-core').chromium;
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  console.log(`SKIPPED: no playwright-core in ${modules}: no test with a browser`);
  process.exit(77);
}

const limit = 20_000; // milliseconds, after which something hangs
const soon = 8_000; // for what must come at once, on a busy machine
const source = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rondo-browser-'));
const site = join(folder, 'site');
let server, browser, ports, errors = '';

/** A certificate for 127.0.0.1 and localhost from a CA of its own; the hash of its key. */
function makeCertificate() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-days', '2', '-extfile', 'names', '-out', 'server.pem');
  const spki = new X509Certificate(readFileSync(join(folder, 'server.pem'))).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}

/** 8 MiB of silence, 17 minutes. */
function wav() {
  const length = 8 << 20, rate = 8000;
  const file = Buffer.alloc(44 + length, 0x80);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + length, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // mono
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write('data', 36);
  file.writeUInt32LE(length, 40);
  return file;
}

const seen = async () => (await fetch(`http://127.0.0.1:${ports.http}/seen`)).json();

/** Waits for what must come. */
async function comesTrue(what, condition) {
  for (const end = Date.now() + soon; ;) {
    const now = await seen();
    if (condition(now)) return now;
    assert.ok(Date.now() < end, `${what} did not come true: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

before(async () => {
  mkdirSync(site);
  copyFileSync(join(source, 'index.html'), join(site, 'index.html'));
  writeFileSync(join(site, 'style.css'), 'h1 { color: rgb(1, 2, 3) }\n' + '/* to be compressed */\n'.repeat(200));
  writeFileSync(join(site, 'script.js'), "document.body.dataset.script = 'ran';\n");
  writeFileSync(join(site, 'sound.wav'), wav());
  writeFileSync(join(site, 'bytes'), Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251)));
  const hash = makeCertificate();

  server = spawn(program, [site, join(folder, 'server.pem'), join(folder, 'server.key')], { stdio: ['ignore', 'pipe', 'pipe'] });
  server.stderr.on('data', (text) => { errors += text; });
  server.ended = once(server, 'close');
  ports = {};
  for await (const line of createInterface({ input: server.stdout })) {
    if (line === 'ready') break;
    const [scheme, port] = line.split(' ');
    ports[scheme] = Number(port);
  }
  assert.ok(ports.http && ports.https, `the server did not start: ${errors}`);

  browser = await chromium.launch({
    executablePath,
    timeout: limit,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', `--ignore-certificate-errors-spki-list=${hash}`],
  });
}, { timeout: 2 * limit });

/** Ends the server by a signal: its exit code. */
async function endServer() {
  server.kill('SIGTERM');
  const kill = setTimeout(() => server.kill('SIGKILL'), limit);
  const [code, signal] = await server.ended;
  clearTimeout(kill);
  return code ?? signal;
}

after(async () => {
  if (server) await endServer();
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}, { timeout: 2 * limit });

for (const scheme of ['http', 'https']) {
  describe(scheme, () => {
    let page, calm, opened, origin, webSockets;

    before(async () => {
      origin = `${scheme}://127.0.0.1:${ports[scheme]}`;
      webSockets = origin.replace('http', 'ws');
      const context = await browser.newContext();
      context.setDefaultTimeout(limit);
      page = await context.newPage();
      const failures = [];
      page.on('pageerror', (error) => failures.push(`${error}`));
      page.on('requestfailed', (request) => failures.push(`${request.url()}: ${request.failure().errorText}`));
      await page.goto(`${origin}/`);
      assert.deepEqual(failures, []);
      page.removeAllListeners();
      // Another page's, which the last test looks at again.
      calm = await context.newPage();
      await calm.goto(`${origin}/`);
      await calm.evaluate((url) => new Promise((resolve, reject) => {
        window.socket = new WebSocket(url);
        window.socket.onopen = resolve;
        window.socket.onerror = () => reject(new Error('no WebSocket'));
      }), `${webSockets}/ws/pinged`);
      opened = Date.now();
    }, { timeout: limit });

    after(() => page?.context().close());

    /** A test that runs a function in the page, and compares what it returns. */
    const inPage = (name, expected, run, argument = () => undefined) => test(name, { timeout: limit }, async () => {
      const found = await page.evaluate(run, argument());
      if (typeof expected === 'function') await expected(found);
      else assert.deepEqual(found, expected);
    });

    inPage('a page with its style, script and text', ['Rondo and a browser', 'rgb(1, 2, 3)', 'ran', 'Größe'], () => {
      const h1 = document.querySelector('h1');
      return [document.title, getComputedStyle(h1).color, document.body.dataset.script, h1.textContent];
    });

    inPage('fetch of JSON both ways', {
      get: { greeting: 'Grüße, Ørjan & Zoë', page: 7, id: 'browser-1' },
      post: [201, { method: 'POST', received: { list: [1, 2.5, null, 'ß 世界 😀'] } }],
      put: [200, { method: 'PUT', received: [] }],
    }, async () => {
      const get = await fetch('/greeting?page=7&name=' + encodeURIComponent('Ørjan & Zoë'), { headers: { 'X-Request-Id': 'browser-1' } });
      const send = async (method, value) => {
        const r = await fetch('/json', { method, body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' } });
        return [r.status, await r.json()];
      };
      return { get: await get.json(), post: await send('POST', { list: [1, 2.5, null, 'ß 世界 😀'] }), put: await send('PUT', []) };
    });

    inPage('a stream that is read as it comes, compressed', {
      encoding: 'gzip', type: 'text/plain; charset=utf-8', pieces: ['piece 0 ü\n', 'piece 1 ü\n', 'piece 2 ü\n'], done: true,
    }, async () => {
      const response = await fetch('/relay/one');
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const pieces = [];
      for (let i = 0; i < 3; ++i) { // each is made only when the one before it was read
        await fetch('/relay/one', { method: 'POST', body: `piece ${i} ü\n` });
        pieces.push((await reader.read()).value);
      }
      await fetch('/relay/one', { method: 'DELETE' });
      const { done } = await reader.read();
      return { encoding: response.headers.get('Content-Encoding'), type: response.headers.get('Content-Type'), pieces, done };
    });

    inPage('compressed files', ['gzip', 26 + 1 + 23 * 200, 'Accept-Encoding'], async () => {
      const r = await fetch('/static/style.css', { cache: 'no-store' });
      return [r.headers.get('Content-Encoding'), (await r.text()).length, r.headers.get('Vary')];
    });

    inPage('EventSource: names, ids, lines, and coming back until the end', {
      events: [1, 2, 3, 4, 5, 6].map((i) => [i % 2 ? 'odd' : 'message', `${i}`, `event ${i}\nof six`]),
      breaks: 1,
    }, () => new Promise((resolve) => {
      const source = new EventSource('/events');
      const events = [];
      let breaks = 0;
      const take = (e) => events.push([e.type, e.lastEventId, e.data]);
      source.onmessage = take;
      source.addEventListener('odd', take);
      source.onerror = () => {
        if (events.length === 3) ++breaks;
        if (source.readyState === EventSource.CLOSED) resolve({ events, breaks });
      };
    }));

    inPage('WebSocket: text, bytes, large messages, many at a time', {
      protocol: 'chat.v1', text: 'ß 世界 😀', bytes: [0, 1, 254, 255], large: true, many: true, clean: [1000, '', true],
    }, async (url) => {
      const socket = new WebSocket(`${url}/ws/echo`, ['chat.v0', 'chat.v1']);
      socket.binaryType = 'arraybuffer';
      const waiting = [], arrived = [];
      socket.onmessage = ({ data }) => (waiting.length ? waiting.shift()(data) : arrived.push(data));
      const message = () => new Promise((resolve) => (arrived.length ? resolve(arrived.shift()) : waiting.push(resolve)));
      const ask = (data) => { socket.send(data); return message(); };
      await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
      const text = await ask('ß 世界 😀');
      const bytes = [...new Uint8Array(await ask(new Uint8Array([0, 1, 254, 255])))];
      const letters = 'x'.repeat(1 << 20);
      const large = await ask(letters) === letters;
      for (let i = 0; i < 1000; ++i) socket.send(`${i}`);
      let many = true;
      for (let i = 0; i < 1000; ++i) many = await message() === `${i}` && many;
      const closed = new Promise((resolve) => { socket.onclose = (e) => resolve([e.code, e.reason, e.wasClean]); });
      socket.close(1000);
      return { protocol: socket.protocol, text, bytes, large, many, clean: await closed };
    }, () => webSockets);

    inPage('WebSocket: closed by the page with a code of its own', async (found) => {
      assert.deepEqual(found, [4001, true]);
      await comesTrue('the code at the server', (s) => s.close_code === 4001 && s.close_reason === 'bye ü');
    }, (url) => new Promise((resolve) => {
      const socket = new WebSocket(`${url}/ws/echo`);
      socket.onopen = () => socket.close(4001, 'bye ü');
      socket.onclose = (e) => resolve([e.code, e.wasClean]);
    }), () => webSockets);

    inPage('WebSocket: closed by the server', {
      close: ['closing', 3001, "the server's reason", true],
      fail: ['failing', 1011, '', true],
      small: ['', 1009, true],
      plain: [1006, false],
    }, async (url) => {
      const ended = (path, sent) => new Promise((resolve) => {
        const socket = new WebSocket(`${url}${path}`);
        let text = '';
        socket.onopen = () => sent && socket.send(sent);
        socket.onmessage = ({ data }) => { text += data; };
        socket.onclose = (e) => resolve([text, e.code, e.reason, e.wasClean]);
      });
      const [text, code, , clean] = await ended('/ws/small', 'x'.repeat(1001));
      const [, refused, , refusedClean] = await ended('/greeting');
      return { close: await ended('/ws/close'), fail: await ended('/ws/fail'), small: [text, code, clean], plain: [refused, refusedClean] };
    }, () => webSockets);

    inPage('WebSocket: not for a page of another origin', [1006, false], (url) => new Promise((resolve) => {
      const socket = new WebSocket(`${url}/ws/echo`);
      socket.onclose = (e) => resolve([e.code, e.wasClean]);
    }), () => webSockets.replace('127.0.0.1', 'localhost'));

    inPage('a range of a file', [206, 'bytes 1000-1009/100000', Array.from({ length: 10 }, (_, i) => ((1000 + i) ** 2) % 251)], async () => {
      const r = await fetch('/static/bytes', { headers: { Range: 'bytes=1000-1009' } });
      return [r.status, r.headers.get('Content-Range'), [...new Uint8Array(await r.arrayBuffer())]];
    });

    test('sound that is played from its end', { timeout: limit }, async () => {
      const starts = [];
      page.on('response', (response) => starts.push(/^bytes (\d+)-/.exec(response.headers()['content-range'])?.[1]));
      const found = await page.evaluate(async () => {
        const sound = new Audio('/static/sound.wav');
        const comes = (name) => new Promise((resolve, reject) => {
          sound.addEventListener(name, resolve, { once: true });
          sound.onerror = () => reject(new Error(sound.error.message));
        });
        await comes('loadedmetadata');
        sound.currentTime = 1000;
        await comes('seeked');
        return [Math.round(sound.duration), sound.currentTime];
      });
      page.removeAllListeners('response');
      assert.deepEqual(found, [1049, 1000]);
      assert.ok(starts.some((start) => start > 4_000_000), `the browser asked for the ranges from ${starts}`);
    });

    inPage('a cache that asks again', async (found) => {
      assert.deepEqual(found, [200, 200, 100_000]);
      assert.ok((await seen()).not_modified > 0, 'no 304 was sent');
    }, async () => {
      const first = await fetch('/static/bytes');
      await first.arrayBuffer();
      const again = await fetch('/static/bytes', { cache: 'no-cache' });
      return [first.status, again.status, (await again.arrayBuffer()).byteLength];
    });

    inPage('uploads', {
      whole: { length: 8 << 20, sum: (8 << 20) / 256 * 32640, chunked: false, type: 'application/octet-stream' },
      empty: { length: 0, sum: 0, chunked: false, type: '' },
    }, async () => {
      const bytes = new Uint8Array(8 << 20).map((_, i) => i & 255);
      const whole = await fetch('/upload', { method: 'POST', body: new Blob([bytes], { type: 'application/octet-stream' }) });
      const empty = await fetch('/upload', { method: 'POST' });
      return { whole: await whole.json(), empty: await empty.json() };
    });

    inPage('an upload that is refused while it comes', [413, 413, 403], async () => {
      const send = async (path, size) => (await fetch(path, { method: 'POST', body: new Blob([new Uint8Array(size)]) })).status;
      return [await send('/upload', 11 << 20), await send('/upload', 40 << 20), await send('/refuse', 9 << 20)];
    });

    inPage('a beacon, which the browser sends when it likes', async (found) => {
      assert.equal(found, true);
      await comesTrue('what it said', (s) => s.said === 'from a beacon');
    }, () => navigator.sendBeacon('/form', new URLSearchParams({ text: 'from a beacon' })));

    test('a form, and the page that it leads to', { timeout: limit }, async () => {
      await page.fill('input', 'a+b & ü=😀');
      const [response] = await Promise.all([page.waitForNavigation(), page.click('button')]);
      assert.equal(response.url(), `${origin}/said`);
      assert.equal(response.request().redirectedFrom().method(), 'POST');
      assert.equal(await page.textContent('body'), 'a+b & ü=😀');
      await page.goBack();
    });

    inPage('cookies', ['theme=dark', 'session=s3cret; theme=dark'], async () => {
      await fetch('/log_in');
      return [document.cookie, await (await fetch('/cookies')).text()];
    });

    inPage('connections that are kept and shared', (found) => {
      assert.ok(found.inARow <= 2, `30 requests in a row took ${found.inARow} connections`);
      assert.ok(found.atATime <= 6, `60 requests at a time took ${found.atATime} connections`);
    }, async () => {
      const connection = async () => (await fetch('/connection', { cache: 'no-store' })).text();
      const row = new Set();
      for (let i = 0; i < 30; ++i) row.add(await connection());
      return { inARow: row.size, atATime: new Set(await Promise.all(Array.from({ length: 60 }, connection))).size };
    });

    inPage('errors', {
      none: [404, 'Not Found'], method: [405, 'Method Not Allowed'], allow: 'GET, HEAD, OPTIONS', number: 404, query: 400, json: 400,
      type: 415, fail: [500, false], head: [200, ''], range: 416,
    }, async () => {
      const get = (path, options) => fetch(path, options);
      const none = await get('/none'), method = await get('/greeting', { method: 'DELETE' }), fail = await get('/fail');
      const json = (type) => get('/json', { method: 'POST', body: '{"half":', headers: { 'Content-Type': type } });
      const head = await get('/greeting', { method: 'HEAD' });
      return {
        none: [none.status, none.statusText], method: [method.status, method.statusText], allow: method.headers.get('Allow'),
        number: (await get('/numbers/x')).status, query: (await get('/greeting?page=x')).status,
        json: (await json('application/json')).status, type: (await json('text/plain')).status,
        fail: [fail.status, (await fail.text()).includes('secret')], head: [head.status, await head.text()],
        range: (await get('/static/bytes', { headers: { Range: 'bytes=100000-' } })).status,
      };
    });

    test('a fetch that is aborted, and a page that is closed, cancel what they asked for', { timeout: limit }, async () => {
      const begin = await comesTrue('calm', (s) => s.unending === 0);
      const other = await page.context().newPage();
      await other.goto(`${origin}/`);
      await other.evaluate(async () => {
        window.abort = new AbortController();
        const reader = (await fetch('/endless', { signal: window.abort.signal })).body.getReader();
        for (let length = 0; length < 1 << 20;) length += (await reader.read()).value.length;
        window.kept = reader;
      });
      await comesTrue('a stream that runs', (s) => s.unending === 1);
      await other.evaluate(() => window.abort.abort());
      await comesTrue('the end of the aborted one', (s) => s.unending === 0 && s.cancelled === begin.cancelled + 1);

      await other.evaluate(async (url) => {
        window.readers = [];
        for (const path of ['/endless', '/silent']) {
          const reader = (await fetch(path)).body.getReader();
          await reader.read();
          window.readers.push(reader);
        }
        fetch('/wait').catch(() => {});
        window.source = new EventSource('/events/silent');
        await new Promise((resolve) => { window.source.onmessage = resolve; });
        window.socket = new WebSocket(`${url}/ws/echo`);
        await new Promise((resolve) => { window.socket.onopen = resolve; });
      }, webSockets);
      await comesTrue('four that run', (s) => s.unending === 4 && s.websockets === begin.websockets + 1);
      await other.close();
      await comesTrue('the end of all', (s) => s.unending === 0 && s.cancelled === begin.cancelled + 5 && s.websockets === begin.websockets);
    });

    test('a WebSocket that answers the pings of the server stays open', { timeout: limit }, async () => {
      // It would have been closed after 1.1 s.
      await new Promise((resolve) => setTimeout(resolve, opened + 2500 - Date.now()));
      const answer = await calm.evaluate(() => new Promise((resolve) => {
        window.socket.onmessage = ({ data }) => resolve(data);
        window.socket.onclose = ({ code }) => resolve(code);
        window.socket.send('still there');
        if (window.socket.readyState !== WebSocket.OPEN) resolve('closed before');
      }));
      assert.equal(answer, 'still there');
    });
  });
}

test('the server ends: the browser is told, and nothing is left', { timeout: limit }, async () => {
  const page = await browser.newPage();
  await page.goto(`https://127.0.0.1:${ports.https}/`);
  await page.evaluate(async () => {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws/echo');
    const source = new EventSource('/events/silent');
    window.ended = Promise.all([
      new Promise((resolve) => { socket.onclose = (e) => resolve([e.code, e.wasClean]); }),
      new Promise((resolve) => { source.onerror = () => resolve(source.readyState); }),
    ]);
    await Promise.all([
      new Promise((resolve) => { socket.onopen = resolve; }),
      new Promise((resolve) => { source.onmessage = resolve; }),
    ]);
  });
  const code = await endServer();
  assert.equal(code, 0, errors);
  assert.deepEqual(await page.evaluate(() => window.ended), [[1001, true], 0]); // 0: it tries to come back
  // Handlers that throw are reported, in debug builds with their traces, and nothing else
  // is; that a step took long only says that the machine is busy.
  const expected = /^rondo: the handler of .* a secret of the server$|^  (thrown in|called from) | held the loop for over /;
  const unexpected = errors.split('\n').filter((line) => line && !expected.test(line));
  assert.deepEqual(unexpected, []);
});
