import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join, relative, sep } from 'node:path';
import { packageFolder } from '../package.ts';
import type { Place } from './place.ts';

/** Where to look and how to change something: commands that work as they stand in this folder. */
export function guide(place: Place, port: number, invocation: string | undefined): string {
  const command = commandText();
  const fleet = shell(shown(place.fleet));
  const origin = shell(shown(place.origin));
  const name = invocation === undefined ? 'INVOCATION' : shell(invocation);
  return `
Look, in another terminal:
  export GROUNDCREW_CONTROLLER=http://127.0.0.1:${port}
  export GROUNDCREW_TOKEN_FILE=${shell(place.tokenFile)}
  ${command} get invocations
  ${command} describe invocation ${name}
  ${command} logs ${name}
What the controller wrote to Git:
  git -C ${origin} log --oneline groundcrew-status
  git -C ${origin} ls-tree -r --name-only groundcrew-status
Change something:
  ${editLine(place)}
  git -C ${fleet} commit -am 'Try a change'
  git -C ${fleet} push
Logs of the programs:
  ${shell(shown(place.root))}${sep}*.log

Ctrl-C ends the controller and the agents. Start again and it goes on; delete ${shell(shown(place.root))} to begin anew.
`;
}

/** Changes the sample's greeting while it is there to be changed, else opens the first manifest. */
function editLine(place: Place): string {
  const folder = join(place.fleet, 'manifests');
  const files = existsSync(folder) ? filesOf(folder).filter((file) => /\.ya?ml$/.test(file)) : [];
  const greeting = files.find((file) => readFileSync(file, 'utf8').includes(sampleText));
  if (greeting !== undefined) return `sed -i.old 's/${sampleText}/${otherText}/' ${shell(shown(greeting))}`;
  return `"\${EDITOR:-vi}" ${shell(shown(files[0] ?? join(folder, 'first.yaml')))}`;
}

const sampleText = 'Good morning';
const otherText = 'Good evening';

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : entry.isFile() ? [path] : [];
  });
}

/** As it can be typed here: from the package's own folder, from PATH, or by its full path. */
function commandText(): string {
  const binary = join(packageFolder(), 'bin', 'groundcrew.js');
  const near = relative(process.cwd(), binary);
  if (!near.startsWith('..') && !near.includes('node_modules')) return shell(`.${sep}${near}`);
  return onPath() ? 'groundcrew' : shell(binary);
}

function onPath(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      const file = join(folder, 'groundcrew');
      accessSync(file, constants.X_OK);
      // npm puts the folders of a project's own programs on the PATH of what it starts, and on no other.
      return statSync(file).isFile() && !folder.includes('node_modules');
    } catch {
      return false;
    }
  });
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

function shell(text: string): string {
  return /^[A-Za-z0-9_./:@,+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
