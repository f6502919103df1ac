import { execFileSync } from 'node:child_process';

/** Tests that start real processes start the built programs, so every test run builds first. */
export default function buildOnce(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
