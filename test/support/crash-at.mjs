// Loaded into an agent by --import. Counts the calls that matter and kills the process (SIGKILL) at one of them:
// CRASH_AT = `spawn before 2` is before the second spawn. Each call is also noted in CRASH_NOTES.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const [wanted, moment, number] = (process.env.CRASH_AT ?? '').split(' ');
const counts = new Map();

function die() {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function patch(object, name, label = name) {
  const real = object[name];
  object[name] = function patched(...args) {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    if (process.env.CRASH_NOTES) fs.appendFileSync(process.env.CRASH_NOTES, `${label} ${count}\n`);
    const here = label === wanted && count === Number(number);
    if (here && moment === 'before') die();
    const last = args.at(-1);
    if (here && moment === 'after' && typeof last === 'function' && name !== 'request') {
      args[args.length - 1] = () => die();
      return real.apply(this, args);
    }
    try {
      return real.apply(this, args);
    } finally {
      // A call that fails has been made too.
      if (here && moment === 'after') die();
    }
  };
}

patch(fs, 'write');
patch(fs, 'fdatasync');
patch(fs, 'openSync');
for (const step of ['mkdirSync', 'linkSync', 'renameSync', 'rmSync', 'unlinkSync', 'rmdirSync'])
  patch(fs, step);
patch(childProcess, 'spawn');
patch(http, 'request');
syncBuiltinESMExports();
