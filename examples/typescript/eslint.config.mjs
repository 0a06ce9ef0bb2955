import graphql from '@graphql-eslint/eslint-plugin';

const here = 'examples/typescript';
const operations = `${here}/src/operations/*.graphql`;
const { configs, parser } = graphql;
const plugins = { '@graphql-eslint': graphql };
const languageOptions = {
  parser,
  parserOptions: {
    graphQLConfig: {
      projects: {
        schema: { schema: 'schema.graphql' },
        operations: { schema: 'schema.graphql', documents: operations },
      },
    },
  },
};

export default [
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['schema.graphql'],
    plugins,
    languageOptions,
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            types: ['PageInfo'],
            // Only rows have an identity. The other types are pages, statistics, groups, and outcomes of mutations.
            suffixes: [
              'Aggregate',
              'Connection',
              'Edge',
              'Error',
              'Facet',
              'Facets',
              'Group',
              'GroupKey',
              'Payload',
              'Share',
              'Summary',
            ],
          },
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ObjectTypeDefinition[interfaces.length=0] > FieldDefinition[name.value=id]',
          message: 'Caches take a field `id` for the identity of a row.',
        },
      ],
      '@graphql-eslint/relay-edge-types': [
        'error',
        {
          // Lists have `nodes` beside `edges`; `userErrors`, facets and ids are lists without pages.
          listTypeCanWrapOnlyEdgeType: false,
          // Groups are paged like rows, and have no id to be read again by.
          shouldImplementNode: false,
        },
      ],
    },
  },
  // Relay's documents are validated by its compiler, which has rules of its own for names, ids and directives.
  {
    files: [operations],
    plugins,
    languageOptions,
    rules: configs['flat/operations-recommended'].rules,
  },
];
