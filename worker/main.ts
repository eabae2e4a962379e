import * as nodeModule from 'node:module';

// From Node 22 on compiled code is kept between starts; on Node 20 there is no such function. Before anything else is loaded.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

const { workerProcess } = await import('./process.js');
await workerProcess();
