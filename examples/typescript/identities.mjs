import { parse, print, printSchema, visit } from 'graphql';

/** Prints the schema without the fields named `id` of objects that are no rows: statistics of ids, and keys of groups. */
export function plugin(schema) {
  const document = visit(parse(printSchema(schema)), {
    ObjectTypeDefinition(type) {
      const isRow = type.interfaces.some((one) => one.name.value === 'Node');
      return isRow ? false : { ...type, fields: type.fields.filter((field) => field.name.value !== 'id') };
    },
  });
  return print(document);
}
