import { parseLauncher } from '../../schemas/launcher.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import { placeAt } from './locate.ts';

/** Why a launcher cannot be used. `place` is where its text begins, as long as the text if it stands there as it is. */
export function launcherFault(launcher: string, place: Place, mostBytes: number): Problem | undefined {
  const bytes = Buffer.byteLength(launcher);
  if (bytes > mostBytes) {
    const finding = {
      what: 'the launcher is too long',
      found: `${bytes} bytes`,
      legal: `${mostBytes} at most`,
    };
    return problem('InvalidLauncher', place, finding);
  }
  const parsed = parseLauncher(launcher);
  if (!('fault' in parsed)) return undefined;
  const { fault, index } = parsed;
  const what = `${fault.charAt(0).toLowerCase()}${fault.slice(1).replace(/\.$/, '')}`;
  const found = quote(launcher.slice(index));
  return problem('InvalidLauncher', placeAt(place, launcher, index), { what, found });
}
