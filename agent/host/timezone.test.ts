import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { timezone } from './timezone.ts';

let folder: string;
let files: { localtime: string; timezone: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-zone-'));
  files = { localtime: join(folder, 'localtime'), timezone: join(folder, 'timezone') };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const intl = Intl.DateTimeFormat().resolvedOptions().timeZone;

test('on this machine it is what Intl says', () => {
  expect(timezone(process.env.TZ).replace('Etc/', '')).toBe(intl.replace('Etc/', ''));
});

test.each([
  ['Asia/Tokyo', 'Asia/Tokyo'],
  [':America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
  ['/usr/share/zoneinfo/Etc/GMT+8', 'Etc/GMT+8'],
  ['UTC', 'UTC'],
  // A rule has no name: what Intl makes of it is taken.
  ['JST-9', intl],
])('TZ=%s', (tz, name) => expect(timezone(tz, files)).toBe(name));

test('without TZ the link of the machine says it, else its text, else it is UTC', () => {
  expect(timezone(undefined, files)).toBe('UTC');
  writeFileSync(files.localtime, 'TZif2');
  writeFileSync(files.timezone, 'Europe/Berlin\n');
  expect(timezone('', files)).toBe('Europe/Berlin');
  rmSync(files.localtime);
  const zone = join(folder, 'zoneinfo/Pacific/Auckland');
  symlinkSync(zone, files.localtime);
  // No clock goes by a link to nothing.
  expect(timezone(undefined, files)).toBe('UTC');
  mkdirSync(join(folder, 'zoneinfo/Pacific'), { recursive: true });
  writeFileSync(zone, 'TZif2');
  expect(timezone(undefined, files)).toBe('Pacific/Auckland');
});

test('a machine that has a clock and no name for it is asked through Intl', () => {
  writeFileSync(files.localtime, 'TZif2');
  expect(timezone(undefined, files)).toBe(intl);
});
