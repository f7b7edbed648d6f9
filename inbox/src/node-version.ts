/* Imported before anything else: what follows needs Node's own SQLite. */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
	process.stderr.write(
		`The inbox needs Node 24 or later, and this is Node ${process.versions.node}.\n`,
	);
	process.exit(1);
}
