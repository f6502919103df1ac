// `node scripts/readme-command.mjs README.md Test`: the first fenced block after the heading `## Test`, so that
// what is checked is what people are told to type.
import { readFileSync } from 'node:fs';

const [file, heading] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').split(/\r?\n/);
const start = lines.findIndex(
  (line) => line.replace(/^#+\s*/, '').trim() === heading && line.startsWith('#'),
);
const open = lines.findIndex((line, at) => at > start && line.startsWith('```'));
const close = lines.findIndex((line, at) => at > open && line.startsWith('```'));
const next = lines.findIndex((line, at) => at > start && /^#+ /.test(line));
const found = start >= 0 && open > start && close > open + 1 && (next < 0 || open < next || next > close);
if (found) {
  console.log(lines.slice(open + 1, close).join('\n'));
} else {
  console.error(`${file} has no fenced block after the heading "${heading}"`);
  process.exitCode = 1;
}
