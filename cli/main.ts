// Entry of bin/groundcrew.js. The agent stays small: for it, nothing but the agent is loaded.
const [, , first, ...rest] = process.argv;

if (first === 'agent') {
  const { agent } = await import('./agent.ts');
  process.exitCode = await agent(rest);
} else {
  // `groundcrew get … | head`: who reads has had enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2));
}
