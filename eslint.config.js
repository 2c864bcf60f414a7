// biome formats and does the quick checks; eslint is here for what needs types: forgotten promises and incomplete switches.
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'release/**', 'node_modules/**', '.tap/**', 'coverage/**'] },
  {
    files: [
      'src/**/*.ts',
      'test/**/*.ts',
      'fuzz/**/*.ts',
      'bench/**/*.ts',
      'bundle/**/*.ts',
      'deploy/**/*.ts',
      'examples/**/*.ts',
    ],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        // tap itself waits for its subtests
        {
          allowForKnownSafePromises: [{ from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' }],
          // as does Node's own test runner
          allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }],
        },
      ],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // What is exported says what it promises: shapes, units, errors, source.
    files: ['src/**/*.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: { ancestorsOnly: true, esm: true, cjs: false, window: false },
          require: {
            FunctionDeclaration: true,
            ClassDeclaration: true,
            ArrowFunctionExpression: true,
            FunctionExpression: true,
          },
          enableFixer: false,
        },
      ],
    },
  },
);
