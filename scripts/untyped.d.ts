/* What the scripts use of packages that come without types. */

declare module '@n8n/node-cli/eslint' {
	import type { Linter } from 'eslint';

	export const config: Linter.Config[];
}

declare module '@n8n/scan-community-package/scanner/scanner.mjs' {
	export const SOURCE_FILE_PATTERNS: string[];
	export function analyzePackage(
		folder: string,
		patterns: string[],
	): Promise<{ passed: boolean; message?: string; details?: string }>;
}

declare module 'gulp' {
	export function src(
		globs: string,
		options: { base: string; encoding: false },
	): NodeJS.ReadableStream & NodeJS.ReadWriteStream;
	export function dest(folder: string): NodeJS.ReadWriteStream;
}
