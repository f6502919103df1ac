// Debian systems in folders, and an archive that they install from: real packages, real apt and dpkg.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot } from './namespaces.ts';

/** Whether this machine has what builds and installs packages. */
export function hasDebianTools(): boolean {
  return ['apt-get', 'dpkg', 'dpkg-deb'].every((program) => spawnSync(program, ['--version']).status === 0);
}

/** Puts a package into the archive. It has one file, `/usr/share/NAME/version`. */
export function publish(archive: string, name: string, version: string): void {
  const content = join(archive, '.content');
  const files = {
    'DEBIAN/control': `Package: ${name}
Version: ${version}
Architecture: all
Maintainer: An Engineer <engineer@example.org>
Description: A package of a test
`,
    [`usr/share/${name}/version`]: `${version}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(content, path, '..'), { recursive: true });
    writeFileSync(join(content, path), text);
  }
  execFileSync('chmod', ['-R', 'a=rX,u+w', content]);
  execFileSync('dpkg-deb', [
    '--root-owner-group',
    '-b',
    content,
    join(archive, `${name}_${version}_all.deb`),
  ]);
  execFileSync('rm', ['-r', content]);
  index(archive);
}

function index(archive: string): void {
  const packages = readdirSync(archive)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => {
      const bytes = readFileSync(join(archive, file));
      const control = execFileSync('dpkg-deb', ['-f', join(archive, file)], { encoding: 'utf8' });
      return `${control}Filename: ./${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
    })
    .join('\n');
  writeFileSync(join(archive, 'Packages'), packages);
  const release = `Date: ${new Date().toUTCString()}\nSHA256:\n ${sha256(packages)} ${packages.length} Packages\n`;
  writeFileSync(join(archive, 'Release'), release);
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** A system without packages, whose only source is this archive. */
export function makeSystem(root: string, archive: string): void {
  const folders = [
    'etc/apt',
    'var/lib/dpkg',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/log/apt',
  ];
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  writeFileSync(join(root, 'etc/apt/sources.list'), `deb [trusted=yes] file:${archive} ./\n`);
}

/** The package is on this system, as if it had been there before apt. */
export function putOn(root: string, archive: string, name: string, version: string): void {
  const deb = join(archive, `${name}_${version}_all.deb`);
  const [program, ...words] = [...asRoot(), 'dpkg', `--root=${root}`, '-i', deb];
  execFileSync(program, words, { stdio: 'ignore' });
}

/** What apt did to a system, by its own history: one command line for each time. */
export function aptHistory(root: string): string[] {
  const file = join(root, 'var/log/apt/history.log');
  const history = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return [...history.matchAll(/^Commandline: (.*)$/gm)].map(([, line = '']) => line);
}

/** Version of a package, by the file that is in it. */
export function versionOn(root: string, name: string): string | undefined {
  const file = join(root, 'usr/share', name, 'version');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
