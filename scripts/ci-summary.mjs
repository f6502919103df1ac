// `node scripts/ci-summary.mjs REPORT`: the JSON report of the test runner -> a last line `N passed, N failed`
// (before it `N skipped`, if there are any), and exit code 1 if anything failed or nothing ran.
import { readFileSync } from 'node:fs';

const counts = countTests(process.argv[2]);
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** A test file that broke before its first test counts as one that failed. No report: nothing ran. */
function countTests(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`no report of the test runner: ${error.message}`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  for (const { name, message } of broken) console.error(`${name}: ${message}`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
