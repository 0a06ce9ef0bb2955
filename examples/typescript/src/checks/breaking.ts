import { deepStrictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const file = 'schema.graphql';
const root = '../..';

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

function changes(before: string, after: string): Promise<readonly Change[]> {
  return diff(buildSchema(before), buildSchema(after));
}

function breaking(changes: readonly Change[]): string[] {
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

/** Compares two schemas of which it is known what breaks: without that, finding nothing would say nothing. */
async function compareKnown(): Promise<void> {
  const before = readFileSync('src/checks/before.graphql', 'utf8');
  const after = readFileSync('src/checks/after.graphql', 'utf8');
  const found = await changes(before, after);
  deepStrictEqual(breaking(found), ["Field 'weight' was removed from object type 'Product'"]);
  deepStrictEqual(found.length, 2);
  console.log('of the two changes that are known, one was found to be breaking');
}

async function compareWithTag(): Promise<void> {
  const [tag] = git('tag', '--merged', 'HEAD', '--sort=-creatordate').split('\n');
  if (!tag) {
    console.log(`there is no tag to compare ${file} with: nothing was compared`);
    return;
  }
  const found = await changes(git('show', `${tag}:${file}`), readFileSync(`${root}/${file}`, 'utf8'));
  for (const { criticality, message } of found) {
    if (criticality.level !== CriticalityLevel.NonBreaking) {
      console.log(`${criticality.level}: ${message}`);
    }
  }
  const count = breaking(found).length;
  console.log(`${found.length} changes of ${file} since ${tag}, ${count} of them breaking`);
  if (count > 0) {
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  await compareKnown();
  await compareWithTag();
}

void main();
