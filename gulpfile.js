const { rmSync } = require('node:fs');
const { dest, src } = require('gulp');

/**
 * Empties dist/, so that nothing of an earlier build is ever packed.
 *
 * @param {() => void} done
 */
function clean(done) {
	rmSync('dist', { recursive: true, force: true });
	done();
}

/** Copies what TypeScript does not compile: icons, codex and schema files. */
function assets() {
	return src('nodes/**/*.{svg,json}', { base: '.', encoding: false }).pipe(dest('dist'));
}

module.exports = { clean, assets };
