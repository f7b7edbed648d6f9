/** For jest: a file as the text that it holds, as esbuild's loader `text` has it. */
module.exports = {
	/** @param {string} text */
	process: (text) => ({ code: `module.exports = ${JSON.stringify(text)};` }),
};
