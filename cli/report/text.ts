import type { Surroundings } from '../sub-command.ts';
import { type Paint, painter } from '../terminal.ts';
import { framed } from './framed.ts';
import { counted, type Report } from './report.ts';

/** For people: each problem with the line that it is about. */
export function textReport(report: Report, { stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): string {
  const paint = painter(stdout, env);
  const problems = report.problems.map((each) => framed(each, report.sourceLine, paint));
  return `${problems.join('')}${summary(report, paint)}\n`;
}

function summary({ files, problems }: Report, paint: Paint): string {
  if (problems.length === 0)
    return `${paint('green', 'valid')}: ${counted(files.length, 'file')}, no problems`;
  const broken = new Set(problems.map(({ file }) => file)).size;
  return `${counted(problems.length, 'problem')} in ${counted(broken, 'file')}; ${counted(files.length, 'file')} checked`;
}
