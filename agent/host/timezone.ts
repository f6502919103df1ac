import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** Where a machine says which zone its clock is in. */
const usual = { localtime: '/etc/localtime', timezone: '/etc/timezone' };

/**
 * The IANA name of the zone of the machine's clock. Intl knows it too, but costs an agent two megabytes for as long as
 * it lives: it is asked only where neither TZ nor a file gives a name.
 */
export function timezone(tz: string | undefined, files = usual): string {
  if (tz !== undefined && tz !== '') return nameIn(tz.replace(/^:/, '')) ?? asked();
  if (!existsSync(files.localtime)) return 'UTC';
  return nameIn(attempt(() => readlinkSync(files.localtime))) ?? nameOf(files.timezone) ?? asked();
}

function nameOf(file: string): string | undefined {
  return nameIn(attempt(() => readFileSync(file, 'utf8').trim()));
}

/** A name, or a path into the folder of zones; not a rule like JST-9. */
function nameIn(text: string | undefined): string | undefined {
  return text === undefined
    ? undefined
    : /^(?:.*\/zoneinfo\/)?([A-Z][A-Za-z_]*(?:\/[\w+-]+)*)$/.exec(text)?.[1];
}

function asked(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
