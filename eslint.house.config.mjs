import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * This project's own rules, for all of it. n8n's rules for what is shipped are in eslint.config.mjs, which has to be
 * n8n's own two lines: `strict: true` in package.json claims that.
 */
export default defineConfig(
	globalIgnores(['**/dist/', '**/node_modules/', '.dev/']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	{
		files: ['**/*.{ts,mjs,js}'],
		extends: [tseslint.configs.strictTypeChecked],
		languageOptions: { parserOptions: { projectService: true } },
		rules: {
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			// n8n's interfaces ask for a promise where there is nothing to wait for.
			'@typescript-eslint/require-await': 'off',
		},
	},
	{
		files: ['**/*.{mjs,js}'],
		// It does not see the type that a comment gives to what JSON.parse() returns.
		rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
	},
	{
		files: ['gulpfile.js'],
		// Gulp is CommonJS, and so is what it loads.
		rules: { '@typescript-eslint/no-require-imports': 'off' },
	},
);
