const { rmSync } = require('node:fs');
const { dest, src } = require('gulp');

/** Where scripts/build.mjs compiles to. */
const FOLDER = process.env.BUILD_FOLDER ?? 'dist';

/**
 * Empties the folder, so that nothing of an earlier build is ever packed.
 *
 * @param {() => void} done
 */
function clean(done) {
	rmSync(FOLDER, { recursive: true, force: true });
	done();
}

/** Copies what TypeScript does not compile: icons, codex and schema files. */
function assets() {
	return src('nodes/**/*.{svg,json}', { base: '.', encoding: false }).pipe(dest(FOLDER));
}

module.exports = { clean, assets };
