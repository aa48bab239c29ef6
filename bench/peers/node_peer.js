#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The Node peer: node_peer.js WORKLOAD ARGS… Only websocket needs a package, ws,
// which is looked for in build/peers (npm install --prefix build/peers ws).
'use strict';
const http = require('node:http');
const net = require('node:net');

const now = () => Number(process.hrtime.bigint());
const result = (name, value, unit, more = '') =>
  console.log(`RESULT ${name} ${value.toFixed(3)} ${unit}${more && ' ' + more}`);
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) * 1e3; };
const check = (ok, what) => { if (!ok) { console.error(what); process.exit(1); } };

// A microtask turn is Node's cheapest switch between two async functions, but
// no I/O runs in between; a turn of the loop is setImmediate. Both are reported.
async function switches(n) {
  const microtask = async () => { for (let i = 0; i < n; i++) await null; };
  let began = now();
  await Promise.all([microtask(), microtask()]);
  result('switch', (now() - began) / (2 * n), 'ns/switch');
  const turn = () => new Promise(setImmediate);
  const immediate = async () => { for (let i = 0; i < n; i++) await turn(); };
  began = now();
  await Promise.all([immediate(), immediate()]);
  result('switch_turn', (now() - began) / (2 * n), 'ns/switch');
}

async function spawn(n) {
  const nothing = async () => {};
  const began = now();
  for (let first = 0; first < n; first += 1000) {
    const tasks = [];
    for (let i = first; i < n && i < first + 1000; i++) tasks.push(nothing());
    await Promise.all(tasks);
  }
  result('spawn', (now() - began) / n, 'ns/task');
}

async function awaits(n) {
  const child = async (value) => value;
  let total = 0;
  const began = now();
  for (let i = 0; i < n; i++) total += await child(i);
  const took = now() - began;
  check(total === n * (n - 1) / 2, 'wrong sum');
  result('await', took / n, 'ns/await');
}

// A sleep that can be cancelled. Not timers/promises with an AbortSignal: one
// signal with many listeners is quadratic in Node.
class Cancelled extends Error {}
const cancelled = new Cancelled('cancelled'); // one for all: no stack trace each
class Sleep {
  constructor(ms) {
    this.promise = new Promise((resolve, reject) => {
      this.reject = reject;
      this.timer = setTimeout(resolve, ms);
    });
  }
  cancel() {
    clearTimeout(this.timer);
    this.reject(cancelled);
  }
}

async function sleepers(n) {
  const sleeps = new Array(n), tasks = new Array(n);
  const sleeper = async (i) => { await (sleeps[i] = new Sleep(100000)).promise; };
  const before = process.memoryUsage.rss();
  let began = now();
  for (let i = 0; i < n; i++) tasks[i] = sleeper(i);
  const took = now() - began;
  result('sleepers', (process.memoryUsage.rss() - before) / n, 'B/task');
  result('sleepers_start', took / n, 'ns/task');
  began = now();
  const all = Promise.allSettled(tasks);
  for (const sleep of sleeps) sleep.cancel();
  const outcomes = await all;
  result('cancel', (now() - began) / n, 'ns/task');
  check(outcomes.every((o) => o.reason === cancelled), 'a sleeper was not cancelled');
}

async function timers(n) {
  const sleep = async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); };
  const began = cpu();
  const tasks = [];
  for (let i = 0; i < n; i++) tasks.push(sleep(Math.random() * 1000));
  await Promise.all(tasks);
  result('timers', (cpu() - began) / n, 'cpu-ns/timer');
}

function echo(port) {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('data', (data) => {
      if (!socket.write(data)) { // a peer that does not read is not read from
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => console.log('READY'));
}

function serve(port) {
  const server = http.createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 13 });
    response.end('Hello, World!');
  });
  server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => console.log('READY'));
}

function websocket(port) {
  let ws;
  try {
    ws = require(require.resolve('ws', { paths: [`${__dirname}/../../build/peers`] }));
  } catch {
    process.exit(64);
  }
  const server = new ws.WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false }, () => console.log('READY'));
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: true })));
}

async function download(port, n, conc, path) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: conc });
  const options = { agent, host: '127.0.0.1', port, path: '/' + path.replace(/^\//, '') };
  const get = () => new Promise((resolve, reject) => {
    http.get(options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
      response.on('error', reject);
    }).on('error', reject);
  });
  let left = n, total = 0;
  const worker = async () => {
    while (left-- > 0) {
      const body = await get(); // not in one expression: += reads `total` before the await
      total += body.length;
    }
  };
  const spent = cpu(), began = now();
  await Promise.all(Array.from({ length: conc }, worker));
  const took = now() - began, used = cpu() - spent;
  agent.destroy();
  result('download', took / n / 1e3, 'us/get', `bytes=${total}`);
  result('download_cpu', used / n / 1e3, 'us/get', `bytes=${total}`);
}

const [workload, ...args] = process.argv.slice(2);
const table = { switch: switches, spawn, await: awaits, sleepers, timers, echo, http: serve, websocket };
if (workload === 'version') {
  console.log(`VERSION Node ${process.versions.node}`);
} else if (Object.hasOwn(table, workload ?? '') && args.length === 1) {
  Promise.resolve(table[workload](Number(args[0]))).catch((error) => check(false, error));
} else if (workload === 'download' && args.length === 4) {
  download(Number(args[0]), Number(args[1]), Number(args[2]), args[3]).catch((error) => check(false, error));
} else {
  process.exit(64);
}
