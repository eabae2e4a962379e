export { endsOf } from './failure.js';
export { compress, decompress, decrypt, encrypt, writeIdentity } from './filters.js';
export { findProgram } from './programs.js';
export { runCommand } from './run.js';
export { startPipeline } from './start.js';
export type { Command, CommandEnd, Pipeline, RunCommand, StartPipeline } from './types.js';
