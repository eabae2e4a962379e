import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagedSystems } from './directories.js';
import { systemJsonSchemaText } from './jsonSchema.js';

// Run after a change of schema.ts: node dist/systems/writeJsonSchema.js
writeFileSync(join(packagedSystems(), 'schema.json'), systemJsonSchemaText());
