/* Builds inbox/dist/main.js; installs what the inbox needs if it is missing. */
import { fail, installDependencies, runNpm } from './setup.mjs';

installDependencies('inbox');
if (runNpm('run', '--silent', '--prefix', 'inbox', 'build') !== 0) {
	fail('The inbox was not built: the messages are above.');
}
