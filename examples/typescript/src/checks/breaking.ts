import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const file = 'schema.graphql';
const root = '../..';

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

async function main(): Promise<void> {
  const [tag] = git('tag', '--merged', 'HEAD', '--sort=-creatordate').split('\n');
  if (!tag) {
    console.log(`there is no tag to compare ${file} with: nothing was compared`);
    return;
  }
  const tagged = git('show', `${tag}:${file}`);
  const changes = await diff(buildSchema(tagged), buildSchema(readFileSync(`${root}/${file}`, 'utf8')));
  for (const { criticality, message } of changes) {
    if (criticality.level !== CriticalityLevel.NonBreaking) {
      console.log(`${criticality.level}: ${message}`);
    }
  }
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking).length;
  console.log(`${changes.length} changes of ${file} since ${tag}, ${breaking} of them breaking`);
  if (breaking > 0) {
    process.exitCode = 1;
  }
}

void main();
