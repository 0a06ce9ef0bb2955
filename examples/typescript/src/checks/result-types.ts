import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const generated = 'src/generated';
const relay = join(generated, 'relay');
const dashboards = ['DashboardQuery', 'relayDashboardQuery$data'];

/** What a type comes to: the paths to its leaves, and to those that say nothing. */
interface Walk {
  readonly leaves: string[];
  readonly vague: string[];
}

function walk(checker: ts.TypeChecker, type: ts.Type, path: string, seen: Set<ts.Type>, found: Walk): void {
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) {
    found.vague.push(`${path}: ${checker.typeToString(type)}`);
    return;
  }
  if (type.isUnionOrIntersection()) {
    type.types.forEach((member) => walk(checker, member, path, seen, found));
    return;
  }
  if (!(type.flags & ts.TypeFlags.Object)) {
    found.leaves.push(path);
    return;
  }
  if (seen.has(type)) {
    return;
  }
  seen.add(type);
  if (checker.isArrayType(type) || checker.isTupleType(type)) {
    checker
      .getTypeArguments(type as ts.TypeReference)
      .forEach((element) => walk(checker, element, `${path}[]`, seen, found));
    return;
  }
  for (const { keyType, type: value } of checker.getIndexInfosOfType(type)) {
    walk(checker, value, `${path}[${checker.typeToString(keyType)}]`, seen, found);
  }
  for (const property of checker.getPropertiesOfType(type)) {
    walk(checker, checker.getTypeOfSymbol(property), `${path}.${property.name}`, seen, found);
  }
}

/** The types that a generated module exports, with what they come to. */
function typesOf(program: ts.Program, file: string): Map<string, Walk> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) {
    throw new Error(`${file} is no module of this project`);
  }
  const types = checker
    .getExportsOfModule(module)
    .filter((symbol) => symbol.flags & ts.SymbolFlags.TypeAlias)
    .map((symbol): [string, Walk] => {
      const found = { leaves: [], vague: [] };
      walk(checker, checker.getDeclaredTypeOfSymbol(symbol), symbol.name, new Set(), found);
      return [symbol.name, found];
    });
  return new Map(types);
}

function project(): ts.Program {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  return ts.createProgram(fileNames, options);
}

const program = project();
const files = [join(generated, 'graphql.ts'), ...readdirSync(relay).map((name) => join(relay, name))];
const types = new Map(files.flatMap((file) => [...typesOf(program, file)]));
for (const name of dashboards) {
  const leaves = types.get(name)?.leaves.length ?? 0;
  console.log(`${name} has ${leaves} leaves`);
  if (leaves === 0) {
    process.exitCode = 1;
  }
}
const vague = [...types.values()].flatMap((found) => found.vague);
console.log(`${types.size} generated types have ${vague.length} places of type any or unknown`);
if (vague.length > 0) {
  console.error(vague.join('\n'));
  process.exitCode = 1;
}
