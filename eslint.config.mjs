import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The rules of n8n's official package scan, on what is shipped; typescript-eslint's strict ones on all. */
export default defineConfig(
	globalIgnores([
		'**/dist/',
		'**/node_modules/',
		'.dev/',
		'mutation/.tmp/',
		'mutation/report.json',
	]),
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
	{
		files: ['package.json', '{nodes,credentials}/**/*.{ts,json}'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		rules: { 'no-console': 'error' },
	},
	{
		files: ['**/*.json'],
		languageOptions: { parser: tseslint.parser },
	},
	{
		plugins: { 'n8n-nodes-base': n8nNodesBase },
	},
	{ files: ['package.json'], rules: n8nNodesBase.configs.community.rules },
	{
		files: ['credentials/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// The scan turns these off too: they are for n8n's own repository.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
);
